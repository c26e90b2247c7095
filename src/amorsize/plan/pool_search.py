"""Each standard pool at every size, with its best chunk: brute force, the spaces are small."""

from __future__ import annotations

from dataclasses import replace
from math import ceil, inf
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from amorsize.model.makespan import NO_TIME_S
from amorsize.model.pools import fixed_chunk, pool_makespan
from amorsize.plan import facts, rules, tunables
from amorsize.plan.hindsight import correction_of
from amorsize.plan.prices import dearer, gigabyte_here, pool_price
from amorsize.plan.wording import wanted
from amorsize.vocab.advice import PoolCandidate, PoolKind, PricedPool
from amorsize.vocab.options import Backend
from amorsize.vocab.plan import EngineKind, Makespan, NotForced, Rejection

if TYPE_CHECKING:
    from amorsize.model.makespan import Work
    from amorsize.plan.facts import Case
    from amorsize.vocab.profile import Profile
    from amorsize.vocab.situation import Price

ENGINES: Final = {PoolKind.PROCESSES: EngineKind.LOKY, PoolKind.THREADS: EngineKind.THREADS}
"""Whose rules hold: a process pool must be sent everything, as spawned workers must."""

_SAME_KIND: Final = {
    PoolKind.PROCESSES: {EngineKind.TEAM, EngineKind.LOKY},
    PoolKind.THREADS: {EngineKind.THREADS},
}
"""Engines whose runs tell how far off the model is for such pools, too."""

MOST_HALVINGS: Final = 7
"""Chunks are compared from one to 64 for each worker: all of them end in step."""

_BACKENDS: Final = {PoolKind.PROCESSES: Backend.PROCESSES, PoolKind.THREADS: Backend.THREADS}


def all_items_s(profile: Profile, left_s: float) -> float:
    """The plain loop over all items, warmed up, if those left take ``left_s``."""
    first_excess_s = max(0.0, profile.first_s - profile.mean_s)
    return max(0.0, profile.wall_s - first_excess_s) + left_s


class Sized(NamedTuple):
    """A pool at one size, and what it will take if transfers are as cheap as they were seen."""

    pool: PricedPool
    likely_s: float


def sizes_of(kind: PoolKind, case: Case, longest_chunk_s: float) -> list[Sized]:
    """For each number of jobs the best chunk, or why this pool is ruled out."""
    reason = _ruled_out(kind, case)
    if reason is not None:
        jobs = case.options.n_jobs or max(2, case.situation.cores)
        candidate = PoolCandidate(kind=kind, n_jobs=jobs, chunksize=1)
        return [Sized(PricedPool(candidate=candidate, reason=reason), inf)]
    tried = Tried(kind, case)
    most = max(1, int(min(tried.work.items, longest_chunk_s / max(tried.work.item_s, NO_TIME_S))))
    return [tried.best_of(jobs, most) for jobs in job_counts(kind, case, tried.work.items)]


class Tried:
    """One kind of pool, ready to be priced at any size."""

    __slots__ = (
        *("_case", "_chunked", "_correction", "_kind", "_likely"),
        *("capacity", "price", "work"),
    )

    def __init__(
        self, kind: PoolKind, case: Case, *, price: Price | None = None, chunked: bool = False
    ) -> None:
        self._kind = kind
        self._case = case
        self._chunked = chunked or kind is PoolKind.PROCESSES
        self.price = _price(kind, case, price or pool_price(kind, case.situation))
        self._correction = correction_of(case.profile, _SAME_KIND[kind], case.situation)
        self.capacity = facts.capacity_of(case, ENGINES[kind])
        self.work = self.work_if(case.profile.remaining.median_s)
        away_s, caller_s = facts.transfers_of(
            case.profile, ENGINES[kind], gigabyte_here(case.situation), cautious=False
        )
        remaining = case.profile.remaining
        self._likely = facts.between(
            replace(self.work, away_s=away_s, caller_s=caller_s),
            sure_s=all_items_s(case.profile, max(remaining.low_s, case.profile.wall_s)),
            likely_s=all_items_s(case.profile, remaining.median_s),
        )

    def work_if(self, left_s: float) -> Work:
        """All items, if those left take ``left_s`` in the plain loop."""
        profile = self._case.profile
        items = max(1, profile.sampled + self._case.items)
        total_s = all_items_s(profile, left_s)
        return replace(
            facts.work_of(self._case, ENGINES[self._kind]),
            items=items,
            item_s=total_s / items,
            longest_s=min(profile.longest_s, total_s),
        )

    def makespan(self, candidate: PoolCandidate, work: Work) -> Makespan:
        plain = pool_makespan(work, candidate, price=self.price, capacity=self.capacity)
        return plain if self._correction == 1 else plain.times(self._correction)

    def best_of(self, jobs: int, most: int) -> Sized:
        """This number of jobs with its best chunk, of at most ``most`` items."""
        candidates = [
            PoolCandidate(kind=self._kind, n_jobs=jobs, chunksize=chunk)
            for chunk in self._chunks(jobs, most)
        ]
        likely_s, best = min(
            ((self.makespan(one, self._likely).total_s, one) for one in candidates),
            key=itemgetter(0),
        )
        expected = self.makespan(best, self.work)
        return Sized(PricedPool(candidate=best, expected=expected), likely_s)

    def _chunks(self, jobs: int, most: int) -> set[int]:
        """Sizes worth comparing; the standard threads are always handed single items."""
        if not self._chunked:
            return {1}
        if self._case.options.chunksize is not None:
            return {self._case.options.chunksize}
        best = fixed_chunk(self.work, jobs, self.price)
        even = ceil(self.work.items / jobs)
        rounds = (ceil(even / 2**halvings) for halvings in range(MOST_HALVINGS))
        return {max(1, min(size, even, most)) for size in (best // 2, best, 2 * best, *rounds)}


def _ruled_out(kind: PoolKind, case: Case) -> Rejection | None:
    options = case.options
    if options.forces_serial or options.backend not in {Backend.AUTO, _BACKENDS[kind]}:
        return NotForced(wanted(options))
    engine = ENGINES[kind]
    reason = rules.impossible(engine, case)
    if reason is None and not options.forces_parallel:
        reason = rules.unwise(engine, case)
    return reason


def job_counts(kind: PoolKind, case: Case, items: int) -> range:
    """Numbers of jobs worth comparing: what was asked for, or from two up."""
    if case.options.n_jobs is not None:
        return range(case.options.n_jobs, case.options.n_jobs + 1)
    most = facts.useful_workers(case, ENGINES[kind])
    if kind is PoolKind.THREADS and facts.waits(case.profile):
        most = tunables.MAX_IO_WORKERS
    return range(2, 1 + max(2, min(most, tunables.MAX_JOBS, items)))


def _price(kind: PoolKind, case: Case, price: Price) -> Price:
    """A process pool sends the function along with every chunk."""
    if kind is PoolKind.THREADS:
        return price
    shipping_s = facts.shipping_s(case.profile, gigabyte_here(case.situation))
    half_s = shipping_s / 2  # in the caller, the other half in the worker
    return replace(price, per_chunk=dearer(price.per_chunk, half_s))
