"""The benchmark cache: times of a job that was validated before."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from amorsize.cache.identity import identify
from amorsize.cache.public import load_benchmark_cache_entry, save_benchmark_cache_entry
from amorsize.vocab.trials import Runner

if TYPE_CHECKING:
    from collections.abc import Callable

    from amorsize.cache.entries import BenchmarkCacheEntry
    from amorsize.vocab.trials import Setup

LOG: Final = logging.getLogger(__name__)

OTHER_JOB: Final = 2.0
"""A plain loop that is expected to take so many times as long, or as little, has other items."""


class Remembered(NamedTuple):
    """What is stored, or why nothing is that fits."""

    entry: BenchmarkCacheEntry | None
    why_not: str


class Times:
    """One function on so many items, by one way of running."""

    def __init__(self, func: Callable[[Any], Any], items: int, setup: Setup) -> None:
        identity = identify(func)
        self._shared = identity.shared
        self._why_not_shared = identity.why_not
        self._setup = setup
        # as compute_benchmark_cache_key has it; threads have times of their own
        kind = "" if setup.runner in {Runner.PROCESS, Runner.SERIAL} else f".{setup.runner.value}"
        self._key = f"{identity.key}.{items}{kind}"

    def look_up(self, expected_serial_s: float | None) -> Remembered:
        """Times of the same pool, for a plain loop about as long as the one expected now."""
        if not self._shared:
            return Remembered(None, f"the function cannot be identified: {self._why_not_shared}")
        try:
            entry, why_not = load_benchmark_cache_entry(self._key)
        except Exception as error:  # a broken cache costs speed, never the answer
            LOG.debug("cannot look up %s", self._key, exc_info=True)
            return Remembered(None, f"Failed to load cache: {type(error).__name__}")
        if entry is None:
            return Remembered(None, why_not)
        if (entry.n_jobs, entry.chunksize) != (self._setup.n_jobs, self._setup.chunksize):
            return Remembered(None, "other n_jobs or chunksize than the stored times are for")
        if expected_serial_s and not (
            1 / OTHER_JOB <= entry.serial_time / expected_serial_s <= OTHER_JOB
        ):
            return Remembered(None, "the plain loop took another time before than is expected now")
        return Remembered(entry, "")

    def keep(self, serial_s: float, parallel_s: float, speedup: float) -> None:
        """Keep what was measured."""
        if not self._shared:
            return
        try:
            save_benchmark_cache_entry(
                self._key, serial_s, parallel_s, speedup, self._setup.n_jobs, self._setup.chunksize
            )
        except Exception:
            LOG.debug("cannot keep %s", self._key, exc_info=True)
