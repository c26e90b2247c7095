"""Why a lookup missed, in the words users know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from amorsize.cache.clock import DAY_S
from amorsize.vocab.lookup import (
    Absent,
    Expired,
    OtherCores,
    OtherFormat,
    OtherMachine,
    OtherMemory,
    OtherStartMethod,
    Unreadable,
)

if TYPE_CHECKING:
    from amorsize.vocab.lookup import Why

GIB: Final = 1024**3


def in_words(why: Why, absent: str) -> str:  # noqa: PLR0911 - one case for each reason
    """The reason; ``absent`` is what this cache says of an entry that was never stored."""
    match why:
        case Absent():
            return absent
        case OtherFormat(cached, current):
            return f"Cache format version mismatch (cached: v{cached}, current: v{current})"
        case Expired(age_s, ttl_s):
            age, ttl = age_s / DAY_S, ttl_s / DAY_S
            return f"Cache entry expired (age: {age:.1f} days, TTL: {ttl:z.1f} days)"
        case OtherCores(cached, current):
            return f"Physical core count changed (cached: {cached}, current: {current})"
        case OtherStartMethod(cached, current):
            return f"Multiprocessing start method changed (cached: {cached}, current: {current})"
        case OtherMemory(cached, current):
            sizes = f"cached: {cached / GIB:.2f}GB, current: {current / GIB:.2f}GB"
            return f"Available memory changed significantly ({sizes})"
        case OtherMachine(what, cached, current):
            return f"{what} changed (cached: {cached}, current: {current})"
        case Unreadable(error):
            return f"Failed to load cache: {error}"
        case _:
            assert_never(why)
