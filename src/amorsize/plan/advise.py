"""What to hand to the standard pools: kind, jobs and chunk size, searched, for all items."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING, Final

from amorsize.plan import tunables
from amorsize.plan.facts import Case
from amorsize.plan.pool_search import Tried, all_items_s, sizes_of
from amorsize.plan.wording import refusal
from amorsize.vocab.advice import Advice, PoolCandidate, PoolKind, PricedPool
from amorsize.vocab.plan import GainTooSmall, Makespan, Rejection, Slower

if TYPE_CHECKING:
    from amorsize.plan.pool_search import Sized
    from amorsize.vocab.options import Options
    from amorsize.vocab.profile import Profile
    from amorsize.vocab.situation import Situation

LOOP: Final = PoolCandidate(kind=PoolKind.PROCESSES, n_jobs=1, chunksize=1)


def advise(
    profile: Profile,
    situation: Situation,
    options: Options,
    *,
    longest_chunk_s: float = inf,
) -> Advice:
    """Choose for all items, those already run included: the pool starts from the beginning.

    What was not measured is taken to cost nothing; see ``needs_for_pools``.

    Raises:
        BackendRefusedError: what the caller forces cannot be done, and why.
    """
    case = Case(profile=profile, situation=situation, options=options)
    sized = [one for kind in PoolKind for one in sizes_of(kind, case, longest_chunk_s)]
    if options.forces_parallel and all(pool.expected is None for pool, _ in sized):
        raise refusal(options, [pool.reason for pool, _ in sized if pool.reason is not None])
    return _advice(case, sized)


def _advice(case: Case, sized: list[Sized]) -> Advice:
    pools = [pool for pool, _ in sized]
    fastest_s = min(likely_s for _, likely_s in sized)
    near = [pool for pool, likely_s in sized if likely_s <= fastest_s * tunables.SAME_TIME < inf]
    if not near:
        return _chosen(LOOP, pools, case)
    best = min(near, key=lambda pool: pool.candidate.n_jobs)
    reason = pool_does_not_pay(best, case)
    if reason is not None:
        smaller = _that_pays(sized, case)
        if smaller is None:
            others = [pool for pool in pools if pool is not best]
            return _chosen(LOOP, [replace(best, reason=reason), *others], case)
        best = smaller
    others = [pool for pool in pools if pool is not best]
    loop = _expected(LOOP, case, case.profile.remaining.median_s)
    return _chosen(best.candidate, [PricedPool(candidate=LOOP, expected=loop), *others], case)


def _that_pays(sized: list[Sized], case: Case) -> PricedPool | None:
    """The fastest that surely gains: fewer workers may, where the best number stakes too much."""
    by_time = sorted(sized, key=lambda one: one.likely_s)
    paying = (pool for pool, _ in by_time if pool.expected and not pool_does_not_pay(pool, case))
    return next(paying, None)


def pool_does_not_pay(pool: PricedPool, case: Case) -> Rejection | None:
    """Why the plain loop is advised although this pool may be faster, or is not."""
    if case.options.forces_parallel:
        return None
    remaining = case.profile.remaining
    serial_s = all_items_s(case.profile, remaining.median_s)
    gain_s = _gain_s(pool.candidate, case, remaining.median_s)
    if gain_s < 0:
        return Slower(-gain_s)
    low_gain_s = _gain_s(pool.candidate, case, remaining.low_s)
    needed_s = serial_s * (1 - 1 / tunables.MIN_ADVISED)
    if gain_s < needed_s or low_gain_s < 0:
        return GainTooSmall(min(gain_s, low_gain_s), needed_s)
    return None


def _gain_s(candidate: PoolCandidate, case: Case, left_s: float) -> float:
    expected = _expected(candidate, case, left_s)
    return all_items_s(case.profile, left_s) - expected.total_s


def _expected(candidate: PoolCandidate, case: Case, left_s: float) -> Makespan:
    """The candidate's time if the items left take ``left_s`` in the plain loop."""
    if candidate.n_jobs > 1:
        tried = Tried(candidate.kind, case)
        return tried.makespan(candidate, tried.work_if(left_s))
    serial_s = all_items_s(case.profile, left_s)
    return Makespan(startup_s=0.0, compute_s=serial_s, dispatch_s=0.0, transfer_s=0.0, tail_s=0.0)


def _chosen(candidate: PoolCandidate, others: list[PricedPool], case: Case) -> Advice:
    profile, remaining = case.profile, case.profile.remaining
    expected = _expected(candidate, case, remaining.median_s)
    low_s = _expected(candidate, case, remaining.low_s).total_s
    high_s = _expected(candidate, case, remaining.high_s).total_s
    serial_s = all_items_s(profile, remaining.median_s)
    return Advice(
        chosen=candidate,
        expected=expected,
        items=profile.sampled + case.items,
        serial_s=serial_s,
        low_s=low_s,
        high_s=high_s,
        speedup_low=_ratio(all_items_s(profile, remaining.low_s), low_s),
        speedup=_ratio(serial_s, expected.total_s),
        speedup_high=_ratio(all_items_s(profile, remaining.high_s), high_s),
        considered=(
            PricedPool(candidate=candidate, expected=expected),
            *(_with_reason(pool, expected.total_s) for pool in others),
        ),
    )


def _with_reason(pool: PricedPool, chosen_s: float) -> PricedPool:
    if pool.reason is not None or pool.expected is None:
        return pool
    return replace(pool, reason=Slower(pool.expected.total_s - chosen_s))


def _ratio(serial_s: float, pool_s: float) -> float:
    return serial_s / pool_s if pool_s > 0 else 1.0
