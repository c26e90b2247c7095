"""A machine that is not here: cores and prices as given, and runs that take simulated time.

What is true on it the simulator of ``amorsize.model`` knows; the planner is only told what a
sample shows. Calls in processes are not in each other's way, those on threads share the
interpreter lock.
"""

from __future__ import annotations

from functools import cached_property
from math import ceil, fsum
from statistics import fmean
from typing import TYPE_CHECKING, Final, NamedTuple

from amorsize.model.makespan import Capacity, blocking_s, joint_rate, makespan
from amorsize.model.pools import pool_makespan
from amorsize.model.replay import replay
from amorsize.model.replay_pools import replay_pool
from amorsize.model.rules import first_chunk
from amorsize.model.sharing import Calls
from amorsize.plan import facts, tunables
from amorsize.plan.concurrency import Width, starting_threads
from amorsize.plan.finder import WidthFinder
from amorsize.plan.prices import pool_price, price_of
from amorsize.testing.sampling import travels_as
from amorsize.vocab.advice import PoolCandidate, PoolKind
from amorsize.vocab.plan import Candidate, EngineKind
from amorsize.vocab.situation import Situation

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from amorsize.model.makespan import Work
    from amorsize.testing.workloads import Workload
    from amorsize.vocab.plan import Makespan
    from amorsize.vocab.situation import Price

WORKERS: Final = (
    *range(1, 9),
    *range(10, 17, 2),
    *range(20, 33, 4),
    *range(40, 65, 8),
    80,
    96,
    112,
)
"""Numbers of workers in the grid, up to the cores; their number itself comes on top."""

ROUNDS: Final = (1, 2, 4, 8, 16, 64)
"""Chunks for each worker, in the grid; single items come on top."""

LUCKY_BELOW: Final = 20
"""Items per core below which several outcomes are considered."""

OUTCOMES: Final = 2

CLOSE: Final = 0.998
"""What cannot be better than the best so far by more than this is not played to its end."""

OURS: Final = (EngineKind.THREADS, EngineKind.TEAM, EngineKind.LOKY)

POOL_ENGINES: Final = {PoolKind.PROCESSES: EngineKind.LOKY, PoolKind.THREADS: EngineKind.THREADS}
"""Which of ours sends what they send."""


class Best(NamedTuple):
    """The fastest of the grid."""

    total_s: float
    candidate: Candidate | PoolCandidate


class Terms(NamedTuple):
    """What is true of one engine, or pool, on this machine."""

    calls: list[Calls]
    """For each outcome that is considered."""
    work: Work
    price: Price
    capacity: Capacity


class Simulated:
    """Items of a workload on a machine of so many cores, to be run in any way, again and again.

    Where few items meet many workers it is luck which of them ends when, and nobody can choose
    by that: every time is a mean over several outcomes of the same distribution.
    """

    def __init__(self, load: Workload, cores: int, left: Sequence[int] | None = None) -> None:
        items = len(load.costs_s) if left is None else len(left)
        outcomes = range(1 if items > LUCKY_BELOW * cores else OUTCOMES)
        self._drawn = [load.costs_s if not outcome else load.draw(outcome) for outcome in outcomes]
        if left is not None:
            self._drawn = [[costs_s[index] for index in left] for costs_s in self._drawn]
        self._items = items
        self._load = load
        self._cores = cores
        self._terms: dict[EngineKind | PoolKind, Terms] = {}
        self.situation = Situation(cores=cores, fork_unsafe=load.fork_unsafe)

    @cached_property
    def serial_s(self) -> float:
        return fmean(fsum(costs_s) for costs_s in self._drawn)

    def terms(self, kind: EngineKind | PoolKind) -> Terms:
        """What is true of this engine, or pool."""
        if kind not in self._terms:
            self._terms[kind] = self._found(kind)
        return self._terms[kind]

    def _found(self, kind: EngineKind | PoolKind) -> Terms:
        engine = POOL_ENGINES[kind] if isinstance(kind, PoolKind) else kind
        load, cores = self._load, float(self._cores)
        away_s, caller_s = facts.transfers_of(travels_as(load), engine)
        calls = [
            Calls(costs_s=costs_s, load=load.cpu_share, away_s=away_s, caller_s=caller_s)
            for costs_s in self._drawn
        ]
        if isinstance(kind, PoolKind):
            price = pool_price(kind, self.situation)
        else:
            price = price_of(kind, self.situation)
        locked = load.held if engine is EngineKind.THREADS else 0.0
        return Terms(calls, calls[0].as_work(), price, Capacity(cores=cores, locked=locked))

    # -- runs of ours

    def run(self, chosen: Candidate) -> float:
        """Seconds of a run of the engine with a number of workers that stays as it is."""
        terms = self.terms(chosen.engine)
        price, capacity = terms.price, terms.capacity
        return fmean(
            replay(calls, chosen, price=price, capacity=capacity).total_s for calls in terms.calls
        )

    def run_as_decided(self, chosen: Candidate, *, guess_s: float) -> float:
        """The same, if items are expected to take ``guess_s``; threads that wait are widened."""
        return fmean(
            self._decided(calls, chosen, guess_s) for calls in self.terms(chosen.engine).calls
        )

    def _decided(self, calls: Calls, chosen: Candidate, guess_s: float) -> float:
        _, _, price, capacity = self.terms(chosen.engine)
        finder = WidthFinder(Width(threads=chosen.workers, alone_s=guess_s), 0.0)
        widens = chosen.engine is EngineKind.THREADS and self._load.waits
        run = replay(
            calls,
            chosen,
            price=price,
            capacity=capacity,
            guess_s=guess_s,
            widen=finder.completed if widens else None,
        )
        return run.total_s

    def foretold(self, chosen: Candidate) -> Makespan:
        """What the formula says, told mean, spread and longest of these very items."""
        _, work, price, capacity = self.terms(chosen.engine)
        return makespan(work, chosen, price=price, capacity=capacity)

    def by_the_rule(self, engine: EngineKind, workers: int) -> Candidate:
        """So many workers, and chunks as the engine cuts them."""
        work = self.terms(engine).work
        return Candidate(engine=engine, workers=workers, chunk=_first(engine, work, workers))

    def best(self, among: Collection[EngineKind] = OURS) -> Best:
        """The fastest of every engine, number of workers and chunk."""
        best = Best(self.serial_s, Candidate(engine=EngineKind.SERIAL, workers=1, chunk=1))
        grid = [one for one in self._grid() if one.engine in among]
        for one in sorted(grid, key=lambda one: self.foretold(one).total_s):
            if self._least_s(one) < CLOSE * best.total_s:
                best = min(best, Best(self.run(one), one), key=_seconds)
        return best

    def _grid(self) -> Iterator[Candidate]:
        items = self._items
        for engine in OURS:
            if engine is EngineKind.TEAM and self._load.fork_unsafe is not None:
                continue
            for workers in self._numbers(threads=engine is EngineKind.THREADS):
                if 1 < workers <= items:
                    yield from _chunked(engine, workers, self.terms(engine).work)

    def _numbers(self, *, threads: bool) -> list[int]:
        """Numbers worth comparing.

        Nobody knows how many calls the other side of a wait can serve at once: of threads that
        wait there are no more than the planner may politely start with.
        """
        most = self._cores
        if threads and self._load.waits:
            work = self.terms(EngineKind.THREADS).work
            most = starting_threads(work.items, work.item_s)
        return [number for number in WORKERS if number < most] + [most]

    def _least_s(self, one: Candidate) -> float:
        """No run of it can be shorter: starting blocks, and then work and span are left."""
        _, work, price, capacity = self.terms(one.engine)
        rate = joint_rate(work, capacity.of(one.workers, work.load))
        start_s = blocking_s(price, one.workers)
        if one.engine is EngineKind.THREADS:
            start_s = price.blocking.median_s + price.delay.median_s
        return start_s + work.serial_s / max(1.0, rate)

    # -- runs of the standard pools

    def pool(self, chosen: PoolCandidate) -> float:
        """Seconds of the pool's run."""
        terms = self.terms(chosen.kind)
        price, capacity = terms.price, terms.capacity
        return fmean(
            replay_pool(calls, chosen, price=price, capacity=capacity).total_s
            for calls in terms.calls
        )

    def pool_foretold(self, chosen: PoolCandidate) -> Makespan:
        """What the formula says, told mean, spread and longest of these very items."""
        _, work, price, capacity = self.terms(chosen.kind)
        return pool_makespan(work, chosen, price=price, capacity=capacity)

    def best_pool(self) -> Best:
        """The fastest of both pools, every number of jobs, and every chunk size."""
        loop = PoolCandidate(kind=PoolKind.PROCESSES, n_jobs=1, chunksize=1)
        best = Best(self.serial_s, loop)
        for one in sorted(self._pool_grid(), key=lambda one: self.pool_foretold(one).total_s):
            foretold = self.pool_foretold(one)
            least_s = foretold.total_s - foretold.tail_s
            if least_s < CLOSE * best.total_s:
                best = min(best, Best(self.pool(one), one), key=_seconds)
        return best

    def _pool_grid(self) -> Iterator[PoolCandidate]:
        items = self._items
        for jobs in self._numbers(threads=False):
            if 1 < jobs <= items:
                for chunk in _chunks(items, jobs):
                    yield PoolCandidate(kind=PoolKind.PROCESSES, n_jobs=jobs, chunksize=chunk)
        for jobs in self._numbers(threads=True):
            if 1 < jobs <= min(items, tunables.MAX_IO_WORKERS if self._load.waits else items):
                yield PoolCandidate(kind=PoolKind.THREADS, n_jobs=jobs, chunksize=1)


def _chunked(engine: EngineKind, workers: int, work: Work) -> Iterator[Candidate]:
    """By the engine's rule, and fixed ones."""
    yield Candidate(engine=engine, workers=workers, chunk=_first(engine, work, workers))
    for chunk in _chunks(work.items, workers):
        yield Candidate(engine=engine, workers=workers, chunk=chunk, fixed=True)


def _chunks(items: int, workers: int) -> set[int]:
    return {1, *(ceil(items / (workers * rounds)) for rounds in ROUNDS)}


def _seconds(best: Best) -> float:
    return best.total_s


def _first(engine: EngineKind, work: Work, workers: int) -> int:
    return first_chunk(engine, work.items, work.item_s, workers=workers)
