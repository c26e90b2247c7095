"""What to hand to the standard pools: kind, jobs and chunk size, searched, for all items."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING, Final

from amorsize.plan import tunables
from amorsize.plan.facts import Case
from amorsize.plan.pool_search import Tried, all_items_s, sizes_of, time_s
from amorsize.plan.wording import refusal
from amorsize.vocab.advice import Advice, PoolCandidate, PoolKind, PricedPool
from amorsize.vocab.plan import GainTooSmall, Makespan, Rejection, Slower

if TYPE_CHECKING:
    from amorsize.vocab.options import Options
    from amorsize.vocab.profile import Profile
    from amorsize.vocab.situation import Situation

_LOOP: Final = PoolCandidate(kind=PoolKind.PROCESSES, n_jobs=1, chunksize=1)


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
    pools = [pool for kind in PoolKind for pool in sizes_of(kind, case, longest_chunk_s)]
    if options.forces_parallel and all(pool.expected is None for pool in pools):
        raise refusal(options, [pool.reason for pool in pools if pool.reason is not None])
    return _advice(case, pools)


def _advice(case: Case, pools: list[PricedPool]) -> Advice:
    fastest_s = min(map(time_s, pools))
    near = [pool for pool in pools if time_s(pool) <= fastest_s * tunables.SAME_TIME < inf]
    if not near:
        return _chosen(_LOOP, pools, case)
    best = min(near, key=lambda pool: pool.candidate.n_jobs)
    others = [pool for pool in pools if pool is not best]
    reason = _does_not_pay(best, case)
    if reason is not None:
        return _chosen(_LOOP, [replace(best, reason=reason), *others], case)
    loop = _expected(_LOOP, case, case.profile.remaining.median_s)
    return _chosen(best.candidate, [PricedPool(candidate=_LOOP, expected=loop), *others], case)


def _does_not_pay(pool: PricedPool, case: Case) -> Rejection | None:
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
