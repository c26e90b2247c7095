"""Offers compared, and put into words of the vocabulary: the decision with its reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amorsize.plan import tunables
from amorsize.vocab.plan import (
    Candidate,
    Decision,
    EngineKind,
    Makespan,
    NotForced,
    Rejected,
    Slower,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amorsize.plan.search import Offer
    from amorsize.vocab.profile import Profile


def fastest_of(
    offers: Sequence[Offer],
    rejected: Sequence[Rejected],
    profile: Profile,
    *,
    forced: str | None = None,
) -> Decision:
    """The decision for the fastest offer, where there is one."""
    best = min(offers, key=_weighted_s)
    total_s, remaining = best.expected.total_s, profile.remaining
    loop = Rejected(
        candidate=_loop(profile),
        reason=NotForced(forced) if forced else Slower(remaining.median_s - total_s),
        expected=_loop_time(profile),
    )
    slower = [
        Rejected(
            candidate=offer.candidate,
            reason=Slower(offer.expected.total_s - total_s),
            expected=offer.expected,
        )
        for offer in offers
        if offer is not best
    ]
    return Decision(
        chosen=best.candidate,
        expected=best.expected,
        serial_s=remaining.median_s,
        speedup_low=_speedup(remaining.low_s, best),
        speedup=remaining.median_s / total_s if total_s > 0 else 1.0,
        speedup_high=_speedup(remaining.high_s, best),
        rejected=(loop, *slower, *rejected),
        forced=forced,
    )


def _weighted_s(offer: Offer) -> float:
    by_threads = offer.candidate.engine is EngineKind.THREADS
    return offer.expected.total_s / (tunables.THREADS_BONUS if by_threads else 1.0)


def _speedup(serial_s: float, offer: Offer) -> float:
    total_s = offer.if_work_takes(serial_s).total_s
    return serial_s / total_s if total_s > 0 else 1.0


def serial(
    profile: Profile, rejected: tuple[Rejected, ...] = (), *, forced: str | None = None
) -> Decision:
    """The decision for the plain loop."""
    return Decision(
        chosen=_loop(profile),
        expected=_loop_time(profile),
        serial_s=profile.remaining.median_s,
        speedup_low=1.0,
        speedup=1.0,
        speedup_high=1.0,
        rejected=rejected,
        forced=forced,
    )


def _loop(profile: Profile) -> Candidate:
    items = profile.sampled if profile.items_left is None else profile.items_left
    return Candidate(engine=EngineKind.SERIAL, workers=1, chunk=max(1, items))


def _loop_time(profile: Profile) -> Makespan:
    return Makespan(
        startup_s=0.0,
        compute_s=profile.remaining.median_s,
        dispatch_s=0.0,
        transfer_s=0.0,
        tail_s=0.0,
    )
