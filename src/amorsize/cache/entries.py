"""What the two caches hold, in the fields that users know."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from amorsize.cache.clock import wall_clock
from amorsize.cache.comparing import age_s, foreign
from amorsize.cache.system import here
from amorsize.cache.wording import in_words
from amorsize.vocab.learned import Learned


class _Dated:
    """What both kinds of entry can tell about themselves."""

    __slots__ = ()

    MEMORY_TOLERANCE: ClassVar[float]
    """By which share the memory limit may differ."""

    timestamp: float
    system_info: dict[str, Any]

    def is_expired(self, ttl_seconds: float) -> bool:
        """Whether it is older than this; a fresh one has age 0."""
        return age_s(self.timestamp, wall_clock()) > ttl_seconds

    def is_system_compatible(self) -> tuple[bool, str]:
        """Whether it was taken on a machine like this one, and what differs."""
        differs = foreign(self.system_info, here(), self.MEMORY_TOLERANCE)
        return differs is None, "" if differs is None else in_words(differs, "")


@dataclass(frozen=True, slots=True)
class CacheEntry(_Dated):
    """What to do with a function, and, where it was measured, what was learned about it."""

    MEMORY_TOLERANCE: ClassVar[float] = 0.2

    n_jobs: int
    chunksize: int
    executor_type: str
    estimated_speedup: float
    reason: str
    warnings: list[str]
    timestamp: float
    """Seconds since the epoch."""
    system_info: dict[str, Any]
    cache_version: int
    _: KW_ONLY
    learned: Learned | None = None
    """A decision without it, from a public save or a prewarm, is served as it stands."""


@dataclass(frozen=True, slots=True)
class BenchmarkCacheEntry(_Dated):
    """Measured times of the plain loop and of a pool, in seconds."""

    MEMORY_TOLERANCE: ClassVar[float] = 0.1
    """Times depend on memory more than choices do."""

    serial_time: float
    parallel_time: float
    actual_speedup: float
    n_jobs: int
    chunksize: int
    timestamp: float
    """Seconds since the epoch."""
    system_info: dict[str, Any]
    cache_version: int
