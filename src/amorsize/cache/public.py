"""Saving and loading by the names of 0.1.0. A lookup gives an entry, or the reason in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from amorsize.cache import DEFAULT_TTL_SECONDS
from amorsize.cache.asked import asked_function, asked_size, asked_ttl
from amorsize.cache.dating import dated
from amorsize.cache.entries import BenchmarkCacheEntry, CacheEntry
from amorsize.cache.identity import identify
from amorsize.cache.kinds import BENCHMARK, OPTIMIZATION
from amorsize.cache.opening import cache_of
from amorsize.cache.store import checked_key
from amorsize.cache.wording import in_words
from amorsize.vocab.lookup import Hit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from amorsize.cache.kinds import EntryT, Kind


def compute_cache_key(func: Callable[..., Any], data_size: int, avg_time_per_item: float) -> str:
    """Name what is known about a function; the other two are accepted, and no part of it.

    What cannot be identified gets a name that no other process has.

    Raises:
        UsageError: ``func`` cannot be called.
    """
    del data_size, avg_time_per_item
    return identify(asked_function(func)).key


def compute_benchmark_cache_key(func: Callable[..., Any], data_size: int) -> str:
    """Name the times of a function on so many items.

    Raises:
        UsageError: ``func`` cannot be called, or ``data_size`` is no number of items.
    """
    return f"{identify(asked_function(func)).key}.{asked_size(data_size)}"


def save_cache_entry(
    cache_key: str,
    n_jobs: int,
    chunksize: int,
    executor_type: str,
    estimated_speedup: float,
    reason: str,
    warnings: Sequence[str],
) -> None:
    """Keep a decision, which is served as it stands; a cache that cannot be written costs nothing.

    Raises:
        UsageError: the key, or one of the values, is one that a load would refuse.
    """
    entry = CacheEntry(
        n_jobs,
        chunksize,
        executor_type,
        estimated_speedup,
        reason,
        cast("list[str]", warnings),
        **dated(),
    )
    cache_of(OPTIMIZATION).save(checked_key(cache_key), entry)


def save_benchmark_cache_entry(
    cache_key: str,
    serial_time: float,
    parallel_time: float,
    actual_speedup: float,
    n_jobs: int,
    chunksize: int,
) -> None:
    """Keep measured times, likewise.

    Raises:
        UsageError: the key, or one of the values, is one that a load would refuse.
    """
    entry = BenchmarkCacheEntry(
        serial_time, parallel_time, actual_speedup, n_jobs, chunksize, **dated()
    )
    cache_of(BENCHMARK).save(checked_key(cache_key), entry)


def load_cache_entry(
    cache_key: str, ttl_seconds: float = DEFAULT_TTL_SECONDS
) -> tuple[CacheEntry | None, str]:
    """Look up a decision: ``(entry, "")``, or ``(None, reason)``.

    Raises:
        UsageError: the key cannot be one, or the time to live is no number.
    """
    return _loaded(OPTIMIZATION, cache_key, ttl_seconds)


def load_benchmark_cache_entry(
    cache_key: str, ttl_seconds: float = DEFAULT_TTL_SECONDS
) -> tuple[BenchmarkCacheEntry | None, str]:
    """Look up measured times: ``(entry, "")``, or ``(None, reason)``.

    Raises:
        UsageError: the key cannot be one, or the time to live is no number.
    """
    return _loaded(BENCHMARK, cache_key, ttl_seconds)


def _loaded(
    kind: Kind[EntryT], cache_key: object, ttl_seconds: object
) -> tuple[EntryT | None, str]:
    found = cache_of(kind).load(checked_key(cache_key), asked_ttl(ttl_seconds))
    if isinstance(found, Hit):
        return found.record, ""
    return None, in_words(found.why, kind.absent)
