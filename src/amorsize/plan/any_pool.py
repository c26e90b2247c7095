"""The best use of one named pool, whatever would be best altogether."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from amorsize.model.makespan import NO_TIME_S
from amorsize.plan import rules, tunables
from amorsize.plan.pool_prices import JOBLIB_ALONE, pool_price_of
from amorsize.plan.pool_search import ENGINES, Tried, all_items_s, job_counts
from amorsize.vocab.advice import PoolKind, PoolName, PoolUse
from amorsize.vocab.estimate import Assumed
from amorsize.vocab.plan import Rejection
from amorsize.vocab.profile import CannotTravel, NotMeasured, Transfer
from amorsize.vocab.situation import Price

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amorsize.plan.facts import Case
    from amorsize.plan.pool_search import Sized
    from amorsize.vocab.advice import PricedPool
    from amorsize.vocab.profile import Profile

BY_VALUE: Final = {PoolName.JOBLIB, PoolName.LOKY}
"""They send functions by cloudpickle: one that has no name to be found under travels, too."""

KINDS: Final = {
    PoolName.MULTIPROCESSING: (PoolKind.PROCESSES,),
    PoolName.FUTURES: (PoolKind.PROCESSES,),
    PoolName.JOBLIB: (PoolKind.PROCESSES, PoolKind.THREADS),
    PoolName.LOKY: (PoolKind.PROCESSES,),
    PoolName.THREADS: (PoolKind.THREADS,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """One pool with processes or with threads."""

    pool: PoolName
    kind: PoolKind
    price: Price
    impossible: Rejection | None
    unwise: Rejection | None


def best_use(pool: PoolName, case: Case, *, longest_chunk_s: float) -> PoolUse:
    """Number of workers and chunk size for ``pool``, and the time that its use takes.

    A number of workers and a chunk size that the caller asked for stay; a backend that
    they asked for does not count, since the pool is named. ``case.profile.function`` tells how this
    pool sends the function.
    """
    ways = [_way(pool, kind, case) for kind in KINDS[pool]]
    possible = [way for way in ways if way.impossible is None]
    wise = [way for way in possible if way.unwise is None] or possible
    if not wise:
        return _no_use(ways[0], case)
    found = [(way, _best(way, case, longest_chunk_s)) for way in wise]
    way, sized = min(found, key=lambda each: each[1].likely_s)
    return _use(way, sized.pool, case)


def as_sent_by(pool: PoolName, profile: Profile, *, by_name: bool) -> Profile:
    """The profile for ``pool``, where the function was measured ``by_name``, or by value.

    What pickle can send, cloudpickle sends the same way; what cloudpickle cannot send, pickle
    cannot either. The rest is not known.
    """
    unknown = CannotTravel if by_name else Transfer
    if by_name != (pool in BY_VALUE) or not isinstance(profile.function, unknown):
        return profile
    return replace(profile, function=NotMeasured())


def _way(pool: PoolName, kind: PoolKind, case: Case) -> _Way:
    engine = ENGINES[kind]
    return _Way(
        pool=pool,
        kind=kind,
        price=pool_price_of(pool, kind, case.situation),
        impossible=rules.impossible(engine, case),
        unwise=rules.unwise(engine, case),
    )


def _best(way: _Way, case: Case, longest_chunk_s: float) -> Sized:
    """Of equals within noise, the fewest workers."""
    tried = _tried(way, case, jobs=2)
    items, item_s = tried.work.items, max(tried.work.item_s, NO_TIME_S)
    most = max(1, int(min(items, longest_chunk_s / item_s)))
    counts = job_counts(way.kind, case, items)
    jobs = counts if case.options.n_jobs is not None else range(1, counts.stop)
    sizes = [_tried(way, case, jobs=count).best_of(count, most) for count in jobs]
    fastest_s = min(size.likely_s for size in sizes)
    return next(size for size in sizes if size.likely_s <= fastest_s * tunables.SAME_TIME)


def _tried(way: _Way, case: Case, *, jobs: int) -> Tried:
    """For one job joblib makes no pool."""
    joblib = way.pool is PoolName.JOBLIB
    price = JOBLIB_ALONE if joblib and jobs == 1 else way.price
    return Tried(way.kind, case, price=price, chunked=joblib)


def _use(way: _Way, priced: PricedPool, case: Case) -> PoolUse:
    candidate, remaining = priced.candidate, case.profile.remaining
    tried = _tried(way, case, jobs=candidate.n_jobs)
    return PoolUse(
        pool=way.pool,
        kind=way.kind,
        n_jobs=candidate.n_jobs,
        chunksize=candidate.chunksize,
        expected=priced.expected,
        low_s=tried.makespan(candidate, tried.work_if(remaining.low_s)).total_s,
        high_s=tried.makespan(candidate, tried.work_if(remaining.high_s)).total_s,
        serial_s=all_items_s(case.profile, remaining.median_s),
        reason=way.unwise,
        typical=_is_typical(way.price),
        unseen=tuple(_unseen(way.kind, case.profile)),
    )


def _no_use(way: _Way, case: Case) -> PoolUse:
    return PoolUse(
        pool=way.pool,
        kind=way.kind,
        n_jobs=case.options.n_jobs or 1,
        chunksize=case.options.chunksize or 1,
        serial_s=all_items_s(case.profile, case.profile.remaining.median_s),
        reason=way.impossible,
    )


def _is_typical(price: Price) -> bool:
    return any(isinstance(part, Assumed) for part in (price.blocking, price.per_chunk))


def _unseen(kind: PoolKind, profile: Profile) -> Iterable[str]:
    """What goes to another process and nobody has looked at."""
    if kind is PoolKind.THREADS:
        return
    travels = {"function": profile.function, "items": profile.argument, "results": profile.result}
    for name, travel in travels.items():
        if isinstance(travel, NotMeasured):
            yield name
