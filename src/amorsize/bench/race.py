"""Ways to run one job, each in every round, until the figures are good or the time is spent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

from amorsize.bench.agreement import compare
from amorsize.bench.trial import Ran, run_trial
from amorsize.plan.rounds import Goal, base_of, limit_s, next_round
from amorsize.report.trials import trial_line
from amorsize.vocab.trials import Agreement, Compared, Ended, Series, Setup, Trial

if TYPE_CHECKING:
    from collections.abc import Mapping

CHECKED_ROUNDS = 2
"""In so many rounds results are compared: the second one of the base tells if it repeats itself."""


@dataclass(slots=True)
class Raced:
    """What was found, at whatever point it ended."""

    items: int
    setups: dict[str, Setup]
    series: dict[str, Series]
    compared: dict[str, Compared]
    interrupted: bool = False
    """Ctrl-C ended it."""
    spent: bool = False
    """The time was spent before the figures were as good as wanted."""

    @property
    def base(self) -> str | None:
        """The one that all others are held against."""
        return base_of(self.series)

    @property
    def still_running(self) -> int:
        """Calls in threads that could not be stopped: what runs beside them is no measurement."""
        stopped = (series.stopped for series in self.series.values())
        return sum(trial.still_running for trial in stopped if trial is not None)


@dataclass(slots=True, kw_only=True)
class Race:
    """``say`` hears of every run as it ends."""

    func: Callable[[Any], Any]
    items: Sequence[Any]
    goal: Goal
    budget_s: float
    say: Callable[[str], None]
    _expected: list[Any] | None = field(default=None, init=False)
    """Results of the base."""

    def run(self, setups: Mapping[str, Setup]) -> Raced:
        """Run all of them, at least once each.

        Ctrl-C keeps what was found; without a single time it is raised, as is what ``func``
        raises, with a note that names the way of running.
        """
        raced = Raced(
            len(self.items),
            dict(setups),
            {name: Series() for name in setups},
            dict.fromkeys(setups, Compared()),
        )
        ends = monotonic() + self.budget_s
        try:
            self._rounds(raced, ends)
        except KeyboardInterrupt:
            if not any(series.seconds for series in raced.series.values()):
                raise
            raced.interrupted = True
        return raced

    def _rounds(self, raced: Raced, ends: float) -> None:
        for turn in range(self.goal.most_rounds):
            left_s = ends - monotonic()
            names = next_round(raced.series, self.goal, turn=turn, left_s=left_s)
            for at, name in enumerate(names):
                allowed_s = limit_s(names, at, turn=turn, left_s=ends - monotonic())
                self._once(raced, name, turn=turn, limit_s=allowed_s)
            if not names:
                raced.spent = bool(next_round(raced.series, self.goal, turn=turn, left_s=1e9))
                return

    def _once(self, raced: Raced, name: str, *, turn: int, limit_s: float) -> None:
        left = raced.still_running
        if left:
            why = f"not run: calls of another way, {left} in number, still run in threads"
            ran = Ran(Trial(ended=Ended.FAILED, elapsed_s=0.0, why=why))
        else:
            ran = run_trial(self.func, self.items, raced.setups[name], limit_s=max(1e-3, limit_s))
        raced.series[name] = raced.series[name].with_one_more(ran.trial)
        self.say(f"{name}: {trial_line(ran.trial, raced.items)}")
        if ran.results is not None and turn < CHECKED_ROUNDS:
            self._check(raced, name, ran.results)

    def _check(self, raced: Raced, name: str, results: list[Any]) -> None:
        if self._expected is None:
            self._expected = results
            return
        found = compare(self._expected, results)
        if name == raced.base and found.agreement is not Agreement.SAME:
            found = Compared(agreement=Agreement.NOT_REPEATABLE, index=found.index)
        before = raced.compared[name]
        if before.agreement in {Agreement.NOT_COMPARED, Agreement.SAME}:
            raced.compared[name] = found
