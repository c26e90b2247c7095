"""``tune_parameters``: the best numbers of jobs and chunk for a pool, found by running it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from amorsize.api.announce import Announcer
from amorsize.api.checks import (
    check_call,
    check_flags,
    ends_of,
    positive_integer,
    positive_integers,
    positive_number,
)
from amorsize.api.optimize import optimize
from amorsize.api.tuning_result import TuningResult
from amorsize.bench.advised import setup_for
from amorsize.bench.kept import keep
from amorsize.bench.tune import Search
from amorsize.errors import AmorsizeError
from amorsize.machine.facts import usable_cpus
from amorsize.plan import halving, tunables
from amorsize.plan.facts import waits
from amorsize.plan.halving import Guess
from amorsize.plan.repricing import repriced
from amorsize.report.trials import setup_name
from amorsize.vocab.advice import PoolCandidate, PoolKind
from amorsize.vocab.trials import Runner, Setup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from amorsize.api.result import OptimizationResult
    from amorsize.bench.kept import Kept
    from amorsize.bench.tune import Tuned

READING_S: Final = 60.0
"""Reading the input may take so long: one that never ends is found out."""

MOST: Final = 12
QUICK: Final = 4
"""Candidates that are really run, at most."""

STEPS: Final = 6
"""Numbers of jobs and of chunks that ``bayesian_tune_parameters`` takes from its ranges."""


def tune_parameters(
    func: Callable[[Any], Any],
    data: Iterable[Any],
    n_jobs_range: Sequence[int] | None = None,
    chunksize_range: Sequence[int] | None = None,
    use_optimizer_hint: bool = True,
    verbose: bool = False,
    timeout_per_config: float | None = None,
    prefer_threads_for_io: bool = False,
) -> TuningResult:
    """Find the best ``n_jobs`` and ``chunksize`` of a pool by really running it.

    A sample of ``func`` is taken, as ``optimize`` takes it; the model ranks all configurations by
    it, the promising ones run on a share of the items, and the best of those on all of them. A run
    that falls far behind the best is stopped. ``func`` is called on every item several times.

    Args:
        func: Called with one item; a plain function, not an ``async`` one.
        data: Any iterable. ``result.data`` still yields every item, whatever it was.
        n_jobs_range: Numbers of jobs to choose from; by default up to the usable CPUs, and more
            threads for a function that waits. 1 is the plain loop.
        chunksize_range: Chunk sizes to choose from; by default one to 64 chunks for each job.
            Threads are handed single items whatever it says.
        use_optimizer_hint: Try what ``optimize`` advises, too.
        verbose: Print each run as it ends to stdout.
        timeout_per_config: Seconds for any single run; what runs then is stopped.
        prefer_threads_for_io: Tune ``ThreadPoolExecutor``, not ``multiprocessing.Pool``.

    Raises:
        UsageError: a ``ValueError``: an argument is wrong, or ``data`` is empty.
        AmorsizeError: not one configuration came to its end.
        BaseException: what ``func`` raises, as itself, with a note that names the configuration.
            Ctrl-C is raised only if nothing was found so far.
    """
    check_flags(use_optimizer_hint=use_optimizer_hint)
    wanted = _Wanted(
        jobs=positive_integers("n_jobs_range", n_jobs_range),
        chunks=positive_integers("chunksize_range", chunksize_range),
        most=MOST,
        hint=bool(use_optimizer_hint),
    )
    return _tuned(
        func,
        data,
        wanted,
        verbose=verbose,
        timeout_per_config=timeout_per_config,
        threads=prefer_threads_for_io,
    )


def quick_tune(
    func: Callable[[Any], Any],
    data: Iterable[Any],
    verbose: bool = False,
    prefer_threads_for_io: bool = False,
) -> TuningResult:
    """Do the same with the few most promising configurations, each run once on all items.

    Raises:
        UsageError: a ``ValueError``: an argument is wrong, or ``data`` is empty.
        AmorsizeError: not one configuration came to its end.
        BaseException: what ``func`` raises, as itself.
    """
    wanted = _Wanted(most=QUICK, again=False)
    return _tuned(func, data, wanted, verbose=verbose, threads=prefer_threads_for_io)


def bayesian_tune_parameters(
    func: Callable[[Any], Any],
    data: Iterable[Any],
    n_iterations: int = 20,
    n_jobs_min: int = 1,
    n_jobs_max: int | None = None,
    chunksize_min: int = 1,
    chunksize_max: int | None = None,
    use_optimizer_hint: bool = True,
    verbose: bool = False,
    timeout_per_config: float | None = None,
    prefer_threads_for_io: bool = False,
    random_state: int | None = None,
) -> TuningResult:
    """Do the same search as ``tune_parameters`` within ranges; nothing is left to chance.

    Args:
        func: As there.
        data: As there.
        n_iterations: Run at most so many configurations.
        n_jobs_min: Smallest number of jobs.
        n_jobs_max: Greatest one; by default the usable CPUs.
        chunksize_min: Smallest chunk.
        chunksize_max: Greatest one; by default as many items as each job gets.
        use_optimizer_hint: As there.
        verbose: As there.
        timeout_per_config: As there.
        prefer_threads_for_io: As there.
        random_state: Kept for callers of 0.1; has no effect.

    Raises:
        UsageError: a ``ValueError``: an argument is wrong, or ``data`` is empty.
        AmorsizeError: not one configuration came to its end.
        BaseException: what ``func`` raises, as itself.
    """
    del random_state
    check_flags(use_optimizer_hint=use_optimizer_hint)
    wanted = _Wanted(
        jobs=halving.geometric(
            *ends_of("n_jobs", n_jobs_min, usable_cpus() if n_jobs_max is None else n_jobs_max),
            STEPS,
        ),
        chunks=None
        if chunksize_max is None
        else halving.geometric(*ends_of("chunksize", chunksize_min, chunksize_max), STEPS),
        least_chunk=positive_integer("chunksize_min", chunksize_min),
        most=positive_integer("n_iterations", n_iterations),
        hint=bool(use_optimizer_hint),
    )
    return _tuned(
        func,
        data,
        wanted,
        verbose=verbose,
        timeout_per_config=timeout_per_config,
        threads=prefer_threads_for_io,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """Where to look, and how much to try."""

    jobs: list[int] | None = None
    chunks: list[int] | None = None
    least_chunk: int = 1
    most: int
    hint: bool = True
    again: bool = True


def _tuned(
    func: Any,
    data: Any,
    wanted: _Wanted,
    *,
    verbose: Any,
    threads: Any,
    timeout_per_config: Any = None,
) -> TuningResult:
    check_call(func, data)
    check_flags(verbose=verbose, prefer_threads_for_io=threads)
    allowed_s = math.inf
    if timeout_per_config is not None:
        allowed_s = positive_number("timeout_per_config", timeout_per_config)
    kept = keep(data, None, limit_s=READING_S)
    announcer = Announcer(verbose=bool(verbose))
    advice = optimize(func, kept.items)
    kind = PoolKind.THREADS if threads else PoolKind.PROCESSES
    ground = _Ground(advice, kind, len(kept.items))
    guesses = halving.worth_a_try(ground.guesses(wanted), wanted.most)
    announcer.tell(f"{len(guesses)} configurations are worth a try")
    search = Search(
        func=func,
        items=kept.items,
        price=ground.price,
        allowed_s=allowed_s,
        say=announcer.tell,
        again=wanted.again,
    )
    result = _result_of(search.run(guesses), ground, kept, hint=wanted.hint)
    announcer.tell("", str(result))
    return result


class _Ground:
    """Where the search is made: the configurations, and what the model expects of each."""

    def __init__(self, advice: OptimizationResult, kind: PoolKind, items: int) -> None:
        self.advice = advice
        self.kind = kind
        self.items = items

    def guesses(self, wanted: _Wanted) -> list[Guess]:
        numbers = halving.grid(wanted.jobs or self._jobs(), wanted.chunks, self.items)
        least = wanted.least_chunk
        setups = {self._setup(jobs, max(least, chunk)) for jobs, chunk in numbers}
        if wanted.hint and self.advice.executor_type == self.kind.value:
            setups.add(self._setup(self.advice.n_jobs, self.advice.chunksize))
        return [
            Guess(setup=setup, expected_s=self.price(setup, self.items))
            for setup in sorted(setups, key=lambda setup: (setup.n_jobs, setup.chunksize))
        ]

    def price(self, setup: Setup, items: int) -> float:
        """Seconds by the model; 0 where nothing was measured that it could go by."""
        profile, situation = self.advice.profile, self.advice.machine
        if profile is None or situation is None:
            return 0.0
        candidate = PoolCandidate(kind=self.kind, n_jobs=setup.n_jobs, chunksize=setup.chunksize)
        return repriced(profile, situation, candidate, items=items).pool_s

    def _setup(self, jobs: int, chunk: int) -> Setup:
        chunk = 1 if self.kind is PoolKind.THREADS else chunk
        return setup_for(self.kind.value, min(jobs, tunables.MAX_JOBS), chunk)

    def _jobs(self) -> list[int]:
        waiting = self.advice.profile is not None and waits(self.advice.profile)
        threads = self.kind is PoolKind.THREADS
        most = tunables.MAX_IO_WORKERS if threads else tunables.PROCESSES_PER_CORE * usable_cpus()
        return halving.jobs_for(usable_cpus(), waits=waiting, items=self.items, most=most)


def _result_of(tuned: Tuned, ground: _Ground, kept: Kept, *, hint: bool) -> TuningResult:
    best, loop = tuned.best, Setup(runner=Runner.SERIAL)
    if best is None:
        why = "; ".join(f"{setup_name(setup)}: {why}" for setup, why in tuned.failed.items())
        msg = f"no configuration came to its end{': ' if why else ''}{why}"
        raise AmorsizeError(msg, hint="give more time, or fewer items")
    best_s, serial_s = tuned.times[best], tuned.times.get(loop, math.inf)
    measured = loop in tuned.whole
    if math.isinf(serial_s):
        serial_s = ground.price(loop, ground.items) or math.nan
    remarks = [f"{setup_name(setup)} did not work: {why}" for setup, why in tuned.failed.items()]
    if tuned.interrupted:
        remarks.append("interrupted: this is what was found so far")
    if hint and ground.advice.executor_type != ground.kind.value:
        remarks.append(f"optimize advises another kind of pool: {ground.advice.reason}")
    return TuningResult(
        best.n_jobs,
        best.chunksize,
        best_s,
        serial_s / best_s,
        serial_s,
        len(tuned.times),
        {_numbers_of(setup): taken for setup, taken in tuned.times.items()},
        ground.advice if hint else None,
        executor_type=ground.kind.value,
        serial_measured=measured,
        whole=frozenset(map(_numbers_of, tuned.whole)),
        recommendations=remarks,
        interrupted=tuned.interrupted,
        items=ground.items,
        data=kept.data,
    )


def _numbers_of(setup: Setup) -> tuple[int, int]:
    return setup.n_jobs, setup.chunksize
