"""How much memory a run may take: before it, how many workers fit; during it, when to give way."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from amorsize.plan import tunables
from amorsize.plan.units import size
from amorsize.vocab.profile import Transfer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amorsize.vocab.profile import Profile
    from amorsize.vocab.situation import Situation

RESERVE_SHARE: Final = 0.1
"""Of the limit is left free: memory is looked at four times a second, and filled in between."""

RESERVE_MOST_BYTES: Final = 1e9
"""Of a large limit, so much is enough."""

AHEAD: Final = 2
"""Looks for which memory must last, at the rate at which it went since the last one."""

WORKER_BYTES: Final = 8e6
"""What a forked worker writes of what it has inherited, and its results on their way."""


THREAD_BYTES: Final = 144e6
"""Of addresses that a thread reserves, few of which it uses: a stack of 8 MB, and an arena of
malloc, of which glibc reserves 128 MB to find 64 that are aligned. Counts below ``ulimit -v``."""

HUNGRY_BYTES: Final = 64e6
"""Where calls at once, or results together, take less, it is not worth asking what is free."""


class Pressure(StrEnum):
    """What is to be done."""

    NONE = "none"
    NEAR = "near"
    """Have fewer workers."""
    LAST = "last"
    """The caller's own memory is what grows: fewer workers would not help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Memory at one moment, in bytes."""

    free: float
    fell: float
    """How much less was free than at the look before."""
    limit: float
    grown: float
    """How much the caller has grown since the run began."""


def pressure(look: Look) -> Pressure:
    """Whether memory will last; what others take counts, as it does for the kernel."""
    reserve = reserve_bytes(look.limit)
    after = look.free - AHEAD * max(0.0, look.fell)
    if after >= reserve:
        return Pressure.NONE
    if look.grown > look.free and (after <= 0 or look.free < reserve / 2):
        return Pressure.LAST
    return Pressure.NEAR


def reserve_bytes(limit: float) -> float:
    """What is to stay free."""
    return min(RESERVE_SHARE * limit, RESERVE_MOST_BYTES)


def is_hungry(profile: Profile) -> bool:
    """Whether it matters how much memory is free."""
    peaks = profile.peak_bytes * tunables.PROCESSES_PER_CORE
    return max(peaks, _results_bytes(profile)) > HUNGRY_BYTES


def workers_that_fit(profile: Profile, situation: Situation) -> int | None:
    """The caller included; ``None`` where it does not matter, or nobody knows what is free."""
    room = situation.room
    if room is None:
        return None
    free = room.free_bytes - reserve_bytes(room.limit_bytes)
    return max(1, int(free / (profile.peak_bytes + WORKER_BYTES)))


def warnings_of(profile: Profile, situation: Situation) -> Iterator[str]:
    """What the user should know before memory is short."""
    room, fit = situation.room, workers_that_fit(profile, situation)
    if room is None:
        return
    if fit is not None and fit < situation.cores:
        workers = "1 worker has" if fit == 1 else f"{fit} workers have"
        yield (
            f"a call takes up to {size(profile.peak_bytes)} of memory, and "
            f"{size(room.free_bytes)} are free: {workers} room"
        )
    results = _results_bytes(profile)
    if results > room.free_bytes:
        yield (
            f"the results left will take about {size(results)}, and {size(room.free_bytes)} are "
            "free: amorsize.stream() hands them out one by one"
        )


def _results_bytes(profile: Profile) -> float:
    """Of all items left."""
    sent = profile.result.size_bytes if isinstance(profile.result, Transfer) else 0.0
    return max(sent, profile.result_bytes) * (profile.items_left or 0)
