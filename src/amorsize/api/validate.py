"""``validate_optimization``: hold an advice against the clock."""

from __future__ import annotations

import math
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from amorsize.api.announce import Announcer
from amorsize.api.benchmark_result import BenchmarkResult
from amorsize.api.checks import check_call, check_flags, positive_integer, positive_number
from amorsize.api.optimize import optimize
from amorsize.api.result import OptimizationResult
from amorsize.bench.advised import runner_up, setup_for, why_none
from amorsize.bench.kept import Kept, keep, spread
from amorsize.bench.race import Race
from amorsize.bench.timed import Times
from amorsize.errors import UsageError
from amorsize.plan.repricing import Prediction, fitting_items, repriced
from amorsize.plan.rounds import LEAST_ROUNDS, Goal
from amorsize.plan.units import seconds
from amorsize.report.trials import disagreements, series_line, setup_name
from amorsize.report.validation import LOOP, Held, accuracy_of, remarks, verdict_line
from amorsize.stats.repeated import Ratio, choice_by, interval_of, ratio_of
from amorsize.vocab.advice import PoolCandidate, PoolKind
from amorsize.vocab.trials import Agreement, Runner, Setup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from amorsize.bench.race import Raced
    from amorsize.cache.entries import BenchmarkCacheEntry

ONE_ROUND: Final = 0.3
"""Each way runs three times at least, so that one round of both may take so much of the time."""

FEW_PER_WORKER: Final = 8
"""However short the time, workers are given so many items each."""


def quick_validate(
    func: Callable[[Any], Any],
    data: Iterable[Any],
    sample_size: int = 100,
    verbose: bool = False,
    use_cache: bool = True,
) -> BenchmarkResult:
    """Do the same on at most ``sample_size`` items, in at most 10 s.

    Raises:
        UsageError: a ``ValueError``: an argument is wrong.
        BaseException: what ``func`` raises, as itself.
    """
    positive_integer("sample_size", sample_size)
    return validate_optimization(
        func, data, max_items=sample_size, timeout=10.0, verbose=verbose, use_cache=use_cache
    )


def validate_optimization(
    func: Callable[[Any], Any],
    data: Iterable[Any],
    optimization: OptimizationResult | None = None,
    max_items: int | None = None,
    timeout: float = 60.0,
    verbose: bool = False,
    use_cache: bool = True,
) -> BenchmarkResult:
    """Run the plain loop and what was advised, side by side, and tell whether the advice is right.

    ``func`` is called on every item several times: both ways run in turn, until the figures are
    good or ``timeout`` is spent. Both results are compared. Where the plain loop was advised, it
    is held against the best pool that was turned down. A job that would take too long is run on
    fewer items, evenly spread, and the prediction is made again for them.

    Args:
        func: Called with one item; a plain function, not an ``async`` one.
        data: Any iterable. ``result.data`` still yields every item, whatever it was.
        optimization: What ``optimize`` or ``execute`` has returned; without it ``optimize`` is
            asked.
        max_items: Run the first so many items only.
        timeout: Seconds for all runs together. What runs when they are over is stopped, and its
            processes are killed; calls in threads cannot be, and the result says so.
        verbose: Print each run as it ends to stdout.
        use_cache: Take times that were measured before, if they fit, and keep those of now.

    Raises:
        UsageError: a ``ValueError``: an argument is wrong, or ``data`` is empty.
        BaseException: what ``func`` raises, as itself, with a note that names the way of running.
            Ctrl-C is raised only if nothing was found so far.
    """
    check_call(func, data)
    check_flags(verbose=verbose, use_cache=use_cache)
    most = None if max_items is None else positive_integer("max_items", max_items)
    limit_s = positive_number("timeout", timeout)
    given: object = optimization
    if not isinstance(given, OptimizationResult | None):
        kind = type(given).__name__
        complaint = f"optimization must be an OptimizationResult, got {kind}"
        raise UsageError.parameter(complaint)
    ends = monotonic() + limit_s
    kept = keep(data, most, limit_s=limit_s)
    advice = optimization or optimize(func, kept.items, use_cache=bool(use_cache))
    check = _Check(func, kept, advice, Announcer(verbose=bool(verbose)))
    return check.result(ends - monotonic(), use_cache=bool(use_cache))


class _Check:
    """One advice, on its way to a verdict."""

    def __init__(
        self,
        func: Callable[[Any], Any],
        kept: Kept,
        advice: OptimizationResult,
        announcer: Announcer,
    ) -> None:
        self._func = func
        self._kept = kept
        self._advice = advice
        self._announcer = announcer
        self._setup = _advised(advice)
        self._items: Sequence[Any] = kept.items
        self._other = self._setup
        if self._setup.runner is Runner.SERIAL:
            self._other = runner_up(advice.candidates) or self._setup

    def result(self, left_s: float, *, use_cache: bool) -> BenchmarkResult:
        fitting = fitting_items(
            self._predicted(self._other),
            ONE_ROUND * left_s,
            least=FEW_PER_WORKER * max(2, self._setup.n_jobs),
        )
        self._items = spread(self._kept.items, fitting)
        cached = self._look_up() if use_cache else None
        if cached is not None:
            return self._from_cache(cached)
        race = Race(
            func=self._func,
            items=self._items,
            goal=Goal(precise=self._setup.runner is not Runner.SERIAL),
            budget_s=left_s,
            say=self._announcer.tell,
        )
        raced = race.run({LOOP: Setup(runner=Runner.SERIAL), setup_name(self._other): self._other})
        result = self._from_race(raced)
        if use_cache and self._is_worth_keeping(raced):
            self._times().keep(result.serial_time, result.parallel_time, result.actual_speedup)
        self._announcer.tell("", str(result))
        return result

    # -- the prediction

    def _predicted(self, setup: Setup) -> Prediction:
        """For the items that are run: as it was made where that is how many it was made for."""
        advice, items = self._advice, len(self._items)
        if setup.runner in {Runner.PROCESS, Runner.THREAD} and advice.profile and advice.machine:
            kind = PoolKind(setup.runner.value)
            candidate = PoolCandidate(kind=kind, n_jobs=setup.n_jobs, chunksize=setup.chunksize)
            return repriced(advice.profile, advice.machine, candidate, items=items)
        serial_s = advice.serial_s.median_s if advice.serial_s else 0.0
        return Prediction(items=items, serial_s=serial_s, pool_s=serial_s)

    def _speedup(self) -> float:
        """As promised; made again where fewer items are run than it was promised for."""
        promised_for = getattr(self._advice.decision, "items", len(self._items))
        if promised_for == len(self._items) or self._setup.runner is Runner.SERIAL:
            return self._advice.estimated_speedup
        prediction = self._predicted(self._setup)
        known = prediction.serial_s > 0 and prediction.pool_s > 0
        return prediction.speedup if known else self._advice.estimated_speedup

    # -- the cache

    def _times(self) -> Times:
        return Times(self._func, len(self._items), self._setup)

    def _look_up(self) -> BenchmarkCacheEntry | None:
        if self._setup.runner not in {Runner.PROCESS, Runner.THREAD}:
            return None
        found = self._times().look_up(self._predicted(self._setup).serial_s or None)
        hit = found.entry is not None
        self._announcer.tell("✓ Cache hit!" if hit else f"✗ Cache miss - {found.why_not}")
        return found.entry

    def _from_cache(self, entry: BenchmarkCacheEntry) -> BenchmarkResult:
        result = self._judged(
            Ratio.kept(entry.actual_speedup), (entry.serial_time, entry.parallel_time)
        )
        result.cache_hit = True
        result.recommendations.append("results were not compared: use_cache=False runs both again")
        self._announcer.tell("", str(result))
        return result

    def _is_worth_keeping(self, raced: Raced) -> bool:
        """A figure of one of the standard pools that another day would not change."""
        base, other = raced.series[LOOP], raced.series[setup_name(self._other)]
        ratio = ratio_of(base.seconds, other.seconds)
        if self._setup.runner not in {Runner.PROCESS, Runner.THREAD} or ratio is None:
            return False
        return ratio.runs >= LEAST_ROUNDS and ratio.is_precise

    # -- the verdict

    def _from_race(self, raced: Raced) -> BenchmarkResult:
        base, other = raced.series[LOOP], raced.series[setup_name(self._other)]
        ratio = None if base is other else ratio_of(base.seconds, other.seconds)
        serial, pool = interval_of(base.seconds), interval_of(other.seconds)
        advised = serial if self._setup.runner is Runner.SERIAL else pool
        times = [math.nan if one is None else one.median_s for one in (serial, advised)]
        result = self._judged(ratio, (times[0], times[1]))
        result.serial_interval, result.parallel_interval = serial, advised
        result.speedup_interval = None if ratio is None else (ratio.low, ratio.high)
        result.interrupted = raced.interrupted
        result.lines = tuple(
            (name, series_line(one, interval_of(one.seconds), raced.items))
            for name, one in raced.series.items()
        )
        wrong = disagreements(raced.compared, raced.base or LOOP)
        result.agreement = next(
            (one.agreement for one in raced.compared.values() if wrong and one.index is not None),
            raced.compared[setup_name(self._other)].agreement,
        )
        result.recommendations[:0] = [*wrong, *self._limits(raced)]
        if result.agreement in {Agreement.DIFFERENT, Agreement.UNORDERED}:
            result.verdict = f"the results differ; {result.verdict}"
        return result

    def _judged(self, ratio: Ratio | None, times: tuple[float, float]) -> BenchmarkResult:
        is_serial = self._setup.runner is Runner.SERIAL
        predicted = self._speedup()
        actual = 1.0 if is_serial else math.nan if ratio is None else ratio.middle
        accuracy, error = accuracy_of(predicted, actual)
        held = Held(
            advised=setup_name(self._setup),
            other=None if self._other.runner is Runner.SERIAL else setup_name(self._other),
            predicted=predicted,
            speedup=ratio,
            choice=choice_by(ratio),
            why_no_other=why_none(self._advice.candidates),
        )
        prediction = self._predicted(self._setup)
        return BenchmarkResult(
            self._advice,
            *times,
            actual,
            predicted,
            accuracy,
            error,
            list(remarks(held, accuracy)),
            verdict=verdict_line(held),
            choice=held.choice,
            items=len(self._items),
            predicted_time=prediction.pool_s or None,
            data=self._kept.data,
        )

    def _limits(self, raced: Raced) -> list[str]:
        """What kept the measurement from being better."""
        told = []
        if len(self._items) < len(self._kept.items):
            all_s = self._predicted(self._setup).serial_s / len(self._items) * len(self._kept.items)
            told.append(
                f"{len(self._items):,} of {len(self._kept.items):,} items were run, evenly "
                f"spread: the plain loop over all of them would take about {seconds(all_s)}"
            )
        if raced.interrupted:
            told.append("interrupted: this is what was found so far")
        elif raced.spent:
            told.append("the time was spent before the figures were as good as wanted")
        return told


def _advised(advice: OptimizationResult) -> Setup:
    """What ``execute`` has decided is run by ``execute`` again."""
    if advice.run is not None:
        return Setup(runner=Runner.ADAPTIVE)
    return setup_for(advice.executor_type, advice.n_jobs, advice.chunksize)
