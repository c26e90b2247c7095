"""What limits the speed-up: the predicted time of one candidate, by cause.

The parts of the makespan tell most of it. Two of them are split further, by asking the same
formula what they would be if nothing were read, and if all calls were equal.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from amorsize.model.makespan import NO_TIME_S
from amorsize.plan import tunables
from amorsize.plan.facts import waits
from amorsize.plan.pool_search import Tried
from amorsize.plan.search import offer_of
from amorsize.vocab.limits import Cause, Limit, Limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from amorsize.model.makespan import Capacity, Work
    from amorsize.plan.facts import Case
    from amorsize.vocab.advice import Advice
    from amorsize.vocab.plan import Decision, Makespan


def limits_of_advice(advice: Advice, case: Case) -> Limits | None:
    """Of the chosen pool, or of the nearest one; ``None`` where no pool is possible."""
    priced = [(pool.candidate, pool.expected) for pool in advice.considered if pool.expected]
    pools = [(candidate, expected) for candidate, expected in priced if candidate.n_jobs > 1]
    if not pools:
        return None
    is_serial = advice.chosen.n_jobs == 1
    candidate, expected = min(pools, key=_total_s) if is_serial else pools[0]
    tried = Tried(candidate.kind, case)
    joint = _Joint(tried.work, tried.capacity, candidate.n_jobs, waiting=waits(case.profile))

    def again(work: Work) -> Makespan:
        return tried.makespan(candidate, work)

    return Limits(candidate=candidate, parts=_parts(expected, joint, again))


def limits_of_decision(decision: Decision, case: Case) -> Limits | None:
    """The same for ``execute``, for the items that were left."""
    others = [(lost.candidate, lost.expected) for lost in decision.rejected if lost.expected]
    engines = [(decision.chosen, decision.expected), *others]
    engines = [(candidate, expected) for candidate, expected in engines if candidate.workers > 1]
    if not engines:
        return None
    candidate, expected = engines[0] if decision.is_parallel else min(engines, key=_total_s)
    offer = offer_of(candidate, case)
    joint = _Joint(offer.work, offer.capacity, candidate.workers, waiting=waits(case.profile))
    return Limits(candidate=candidate, parts=_parts(expected, joint, offer.makespan))


def _total_s(pair: tuple[object, Makespan]) -> float:
    return pair[1].total_s


class _Joint:
    """How many calls run at once, and what keeps it from being more."""

    __slots__ = ("at_once", "cause", "work")

    def __init__(self, work: Work, capacity: Capacity, workers: int, *, waiting: bool) -> None:
        self.work = work
        workers = max(1, min(workers, work.items))
        self.at_once = capacity.of(workers, work.load)
        self.cause = self._cause(capacity, workers, waiting=waiting)

    def _cause(self, capacity: Capacity, workers: int, *, waiting: bool) -> Cause:
        full = capacity.cores / max(self.work.load, NO_TIME_S)
        if workers == 1:
            return Cause.ALONE
        if self.at_once >= full:
            return Cause.CORES
        if self.at_once < workers:
            return Cause.LOCK
        return Cause.SERVICE if waiting else Cause.WORKERS


def _parts(
    expected: Makespan, joint: _Joint, again: Callable[[Work], Makespan]
) -> tuple[Limit, ...]:
    work = joint.work
    full = again(work)
    equal = replace(work, spread=tunables.LEAST_SPREAD, longest_s=min(work.longest_s, work.item_s))
    reading_s = _share(
        expected.transfer_s, full.transfer_s, again(replace(work, read_s=0.0)).transfer_s
    )
    skew_s = _share(expected.tail_s, full.tail_s, again(equal).tail_s)
    parts = (
        Limit(cause=joint.cause, time_s=expected.compute_s, at_once=joint.at_once),
        Limit(cause=Cause.START_UP, time_s=expected.startup_s),
        Limit(cause=Cause.HAND_OUT, time_s=expected.dispatch_s),
        Limit(cause=Cause.TRANSFER, time_s=expected.transfer_s - reading_s),
        Limit(cause=Cause.READING, time_s=reading_s),
        Limit(cause=Cause.SKEW, time_s=skew_s),
        Limit(cause=Cause.UNEVEN, time_s=expected.tail_s - skew_s),
    )
    return tuple(part for part in parts if part.time_s > 0)


def _share(part_s: float, full_s: float, without_s: float) -> float:
    """How much of a part goes with what was left out the second time."""
    if full_s <= 0:
        return 0.0
    return part_s * min(1.0, max(0.0, 1 - without_s / full_s))
