"""Find the best numbers for a pool: the model ranks, real runs decide, on more and more items."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import ceil, inf
from statistics import median
from typing import TYPE_CHECKING, Any

from amorsize.bench.kept import spread
from amorsize.bench.trial import run_trial
from amorsize.plan import halving
from amorsize.report.trials import setup_name, trial_line
from amorsize.vocab.trials import Ended, Runner, Setup

if TYPE_CHECKING:
    from amorsize.plan.halving import Guess
    from amorsize.vocab.trials import Trial


@dataclass(slots=True)
class Tuned:
    """What was found, at whatever point it ended. Times are for all items, in seconds."""

    times: dict[Setup, float] = field(default_factory=dict)
    """Infinite where a run failed or was stopped; scaled where only a share of items was run."""
    whole: dict[Setup, list[float]] = field(default_factory=dict)
    """Times of those that were run on all items."""
    failed: dict[Setup, str] = field(default_factory=dict)
    interrupted: bool = False

    @property
    def best(self) -> Setup | None:
        """The fastest on all items; on a share of them, where none came so far."""
        known = {setup: median(taken) for setup, taken in self.whole.items()} or self.times
        finished = {setup: taken for setup, taken in known.items() if taken < inf}
        return min(finished, key=finished.__getitem__, default=None)


@dataclass(slots=True, kw_only=True)
class Search:
    """One search; ``price`` is what the model expects of a setup for so many items."""

    func: Callable[[Any], Any]
    items: Sequence[Any]
    price: Callable[[Setup, int], float]
    allowed_s: float
    """Seconds for any single run."""
    say: Callable[[str], None]
    again: bool = True
    """Run the best two once more: one run of equals chooses by chance."""
    tuned: Tuned = field(default_factory=Tuned)

    def run(self, guesses: Sequence[Guess]) -> Tuned:
        """Try them, the most promising first.

        Ctrl-C keeps what was found, or is raised if that is nothing. Raises what ``func`` raises.
        """
        try:
            self._rounds(guesses)
        except KeyboardInterrupt:
            if self.tuned.best is None:
                raise
            self.tuned.interrupted = True
        return self.tuned

    def _rounds(self, guesses: Sequence[Guess]) -> None:
        setups = [guess.setup for guess in guesses]
        share = halving.first_share(len(self.items), guesses[0].expected_s)
        if share is not None and len(setups) > 1:
            setups = self._on_a_share(setups, share)
        finalists = self._on_all(setups)
        if self.again and len(finalists) > 1:
            self._on_all(finalists[: halving.FINALISTS])
        self._doubt()

    def _on_a_share(self, setups: Sequence[Setup], share: int) -> list[Setup]:
        items = spread(self.items, share)
        taken: dict[Setup, float] = {}
        for setup in setups:
            here = _on_fewer(setup, len(items), len(self.items))
            limit_s = halving.limit_s(taken.values(), self.allowed_s)
            taken[setup] = self._once(here, items, limit_s=limit_s, of=setup)
            self.tuned.times[setup] = taken[setup] * self._scale(setup, here, share)
        scaled = {setup: self.tuned.times[setup] for setup in setups}
        return halving.survivors(scaled, max(halving.FINALISTS, ceil(len(setups) / 2)))

    def _on_all(self, setups: Sequence[Setup]) -> list[Setup]:
        taken: dict[Setup, float] = {}
        for setup in setups:
            limit_s = halving.limit_s(self._whole_times(), self.allowed_s)
            taken[setup] = self._once(setup, self.items, limit_s=limit_s, of=setup)
            if taken[setup] < inf:
                self.tuned.whole.setdefault(setup, []).append(taken[setup])
                self.tuned.times[setup] = median(self.tuned.whole[setup])
            else:
                self.tuned.times.setdefault(setup, inf)
        return halving.survivors(taken, len(taken))

    def _doubt(self) -> None:
        """A pool that is no faster than the plain loop should be is held against it."""
        loop, best = Setup(runner=Runner.SERIAL), self.tuned.best
        doubtful_s = halving.DOUBT * self.price(loop, len(self.items))
        if loop not in self.tuned.whole and (best is None or self.tuned.times[best] > doubtful_s):
            self._on_all([loop])

    def _whole_times(self) -> list[float]:
        return [min(taken) for taken in self.tuned.whole.values()]

    def _scale(self, setup: Setup, here: Setup, share: int) -> float:
        """From a share of the items to all of them."""
        expected_s = self.price(here, share)
        if expected_s <= 0:
            return len(self.items) / share
        return self.price(setup, len(self.items)) / expected_s

    def _once(self, setup: Setup, items: Sequence[Any], *, limit_s: float, of: Setup) -> float:
        trial = run_trial(self.func, items, setup, limit_s=limit_s).trial
        self.say(f"{setup_name(of)}: {_of_items(trial, len(items), len(self.items))}")
        if trial.ended is Ended.FAILED:
            self.tuned.failed[of] = trial.why
        return trial.elapsed_s if trial.ended is Ended.FINISHED else inf


def _on_fewer(setup: Setup, share: int, items: int) -> Setup:
    """As many chunks for each worker as with all items, where there are few of them."""
    even = ceil(share / setup.n_jobs)
    if setup.chunksize <= max(1, even // 4):
        return setup
    return replace(setup, chunksize=max(1, min(even, ceil(setup.chunksize * share / items))))


def _of_items(trial: Trial, run: int, items: int) -> str:
    told = trial_line(trial, run)
    return told if run == items else f"{told}, for {run:,} of {items:,} items"
