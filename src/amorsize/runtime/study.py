"""Sample a function within a budget, for advice: the same serial loop, stopped early."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from amorsize.plan.needs import Need, needs_for_pools
from amorsize.runtime.ledger import Hooks, Ledger
from amorsize.runtime.opening import Opening
from amorsize.runtime.sampler import Sampler
from amorsize.runtime.surroundings import Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable

    from amorsize.engines.source import Source
    from amorsize.stats.remaining import Forecast
    from amorsize.vocab.options import Options
    from amorsize.vocab.profile import Profile
    from amorsize.vocab.situation import Situation

BUDGET_S: Final = 50e-3
"""Advice may cost so much, ..."""

BUDGET_SHARE: Final = 0.02
"""... or this share of the predicted serial time, by its lower end, whichever is more."""

BUDGET_MOST_S: Final = 2.0
"""... and never more than this: where the machine is too busy for a sure answer, in days of work
there is always a share left to go on with."""

SAMPLE_PART: Final = 0.4
"""Of the budget, for plain sampling; the rest is for questions that need items to run."""

ENOUGH_S: Final = 5e-3
"""Shorter samples are at the mercy of one interrupt."""

NARROW: Final = 0.1
"""An interval of this width, relative to the middle, is good enough to stop at."""

RUNS_ITEMS: Final = {Need.READING, Need.GIL_USE, Need.THREADS_TRIAL}


class Study:
    """What sampling found; ``profile`` is ``None`` for an empty input."""

    def __init__(
        self,
        func: Callable[[Any], Any],
        source: Source,
        *,
        options: Options,
        sample_size: int,
        spawns: bool = False,
    ) -> None:
        """``spawns``: what spawned workers import may be measured."""
        self._options = options
        self._spawns = spawns
        self._sample_size = sample_size
        self._ledger = Ledger(Hooks(), source.length)
        self._around = Surroundings(now=False)
        self._opening = Opening(
            func,
            source,
            self._ledger,
            options=options,
            surroundings=self._around,
            sampler=Sampler(func, source, self._ledger, by_name=True),
        )
        self.profile: Profile | None = None

    @property
    def situation(self) -> Situation:
        return self._around.situation(may_read=True)

    def run(self) -> None:
        """Run a few items, each once. Raises what ``func`` raises."""
        goes_on = self._sample()
        self._ledger.raise_failure()
        if self._opening.items:
            self._ask(can_run=goes_on)
            self._ledger.raise_failure()
            if self._spawns:
                spent_s = self._opening.spent_s
                allowed_s = budget_s(spent_s, self._opening.forecast())
                self._around.measure_imports(allowed_s - spent_s)

    def _sample(self) -> bool:
        opening = self._opening
        while opening.block():
            opening.probe()
            forecast = opening.forecast()
            part = SAMPLE_PART if opening.items >= self._sample_size else 1.0
            if opening.spent_s >= part * budget_s(opening.spent_s, forecast):
                return True
            if self._is_enough(forecast):
                return True
        return False

    def _is_enough(self, forecast: Forecast) -> bool:
        remaining = forecast.remaining
        width_s = remaining.high_s - remaining.low_s
        return (
            self._opening.spent_s >= ENOUGH_S
            and self._opening.items >= self._sample_size
            and width_s <= NARROW * remaining.median_s
        )

    def _ask(self, *, can_run: bool) -> None:
        """Measure what the advice hangs on, as long as the budget lasts."""
        opening = self._opening
        for _ in Need:
            self.profile = opening.look()
            missing = needs_for_pools(self.profile, self.situation, self._options)
            spent = opening.spent_s >= budget_s(opening.spent_s, opening.forecast())
            if not can_run or spent:
                missing = tuple(need for need in missing if need not in RUNS_ITEMS)
            if not missing:
                return
            for need in missing:
                can_run = opening.supply(need) and can_run
        self.profile = opening.look()


def budget_s(spent_s: float, forecast: Forecast) -> float:
    """What advice may cost, after so much was spent; in seconds."""
    share_s = BUDGET_SHARE * (spent_s + forecast.remaining.low_s)
    return min(max(BUDGET_S, share_s), BUDGET_MOST_S)
