"""Whether an offer is worth its start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amorsize.model.makespan import NO_TIME_S, blocking_s
from amorsize.plan import tunables
from amorsize.vocab.plan import (
    CostlyReading,
    CostlyTransfer,
    Decision,
    GainTooSmall,
    Rejection,
    StartTooDear,
    Untried,
)

if TYPE_CHECKING:
    from amorsize.model.makespan import Work
    from amorsize.plan.search import Offer
    from amorsize.vocab.profile import Profile

TOO_SOON: Final = Untried("too little has been run to stake the start of workers on it")
NOT_YET: Final = Untried("a little later it will be known how many workers pay")


def does_not_pay(offer: Offer, profile: Profile) -> Rejection | None:
    """The lower end of the gain must exceed what starting costs, and that be a small share.

    Nothing is staked before as much has been spent. Once the run has lasted long enough for
    the start to be a small share of it already, the expected gain is enough.
    """
    work, low_s = offer.work, profile.remaining.low_s
    if offer.candidate.engine.crosses_process and knows_only_the_first(profile):
        return TOO_SOON
    if offer.rate < tunables.MIN_RATE and work.caller_s + work.read_s > 0:
        return _costly(work)
    start_s, stake_s = offer.blocking_s, _stake_s(offer, profile)
    if start_s <= stake_s:
        gain_s = profile.remaining.median_s - offer.expected.total_s
    else:
        gain_s = low_s - offer.if_work_takes(low_s).total_s
    if gain_s <= start_s:
        return GainTooSmall(gain_s, start_s)
    first_s = blocking_s(offer.price, 2)
    allowed_s = max(stake_s, _promised_s(offer, profile))
    if first_s > allowed_s:
        return StartTooDear(first_s, allowed_s)
    if profile.wall_s < first_s:
        return TOO_SOON
    return NOT_YET if offer.missed_s > tunables.WAITING_GROWTH * profile.wall_s else None


def _promised_s(offer: Offer, profile: Profile) -> float:
    """What the first worker may cost, by what all of them gain at the least."""
    low_s = profile.remaining.low_s
    total_s = max(offer.if_work_takes(low_s).total_s, NO_TIME_S)
    gain = max(1.0, low_s / total_s - 1)
    return tunables.BLOCKING_SHARE * gain * (profile.wall_s + low_s)


def knows_only_the_first(profile: Profile) -> bool:
    """Whether one call is all there is to go by, and so many are left that a second is cheap."""
    left = profile.items_left
    return profile.sampled == 1 and (left is None or left > tunables.FEW_ITEMS)


def _stake_s(offer: Offer, profile: Profile) -> float:
    """What may be lost on an expectation that is not sure."""
    if offer.candidate.engine.crosses_process:
        return tunables.BLOCKING_SHARE * profile.wall_s
    return max(tunables.THREADS_STAKE_S, tunables.THREADS_STAKE * profile.wall_s)


def is_firm(decision: Decision) -> bool:
    """Whether the plain loop was chosen because nothing else could be faster, not for doubt."""
    return all(
        lost.expected is None or lost.expected.total_s >= decision.serial_s
        for lost in decision.rejected
    )


def _costly(work: Work) -> Rejection:
    transfer_s = work.caller_s + work.away_s
    if work.read_s > transfer_s:
        return CostlyReading(work.read_s, work.item_s)
    return CostlyTransfer(transfer_s, work.item_s)
