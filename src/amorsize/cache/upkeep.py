"""Look after a cache: count, prune, clear, validate, repair. One way for both kinds."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from amorsize.cache import DEFAULT_TTL_SECONDS
from amorsize.cache.asked import asked_path, asked_ttl
from amorsize.cache.inspecting import issues_of, issues_of_file
from amorsize.cache.kinds import BENCHMARK, KINDS, OPTIMIZATION, kind_called
from amorsize.cache.opening import cache_of
from amorsize.cache.places import folder_of
from amorsize.vocab.lookup import (
    Expired,
    Hit,
    Miss,
    OtherCores,
    OtherFormat,
    OtherMachine,
    OtherMemory,
    OtherStartMethod,
    Unreadable,
)

if TYPE_CHECKING:
    import os

    from amorsize.cache.kinds import Kind
    from amorsize.cache.loader import Cache
    from amorsize.vocab.lookup import Lookup, Why

INCOMPATIBLE: Final = (OtherFormat, OtherCores, OtherStartMethod, OtherMemory, OtherMachine)

PRUNABLE: Final[tuple[type[Why], ...]] = (Expired, *INCOMPATIBLE, Unreadable)

PERFECT: Final = 100.0


@dataclass(frozen=True, slots=True)
class CacheStats:
    """How many entries there are, and what a load would say of them."""

    total_entries: int
    valid_entries: int
    expired_entries: int
    incompatible_entries: int
    """Of another machine or version, and those that cannot be read."""
    total_size_bytes: int
    oldest_entry_age: float | None
    """In seconds, as is the next; ``None`` where no entry tells."""
    newest_entry_age: float | None
    cache_dir: Path
    unreadable_entries: int = 0
    """Those among the incompatible ones that cannot be read."""


@dataclass(frozen=True, slots=True)
class CacheValidationResult:
    """Which entries are as they should be, and what is wrong with the others."""

    is_valid: bool
    total_entries: int
    valid_entries: int
    invalid_entries: int
    issues: list[str] = field(default_factory=list)
    health_score: float = PERFECT
    """Share of valid entries, in percent."""


def clear_cache() -> int:
    """Remove every entry of the optimisation cache; returns how many there were."""
    return clear(cache_of(OPTIMIZATION))


def clear_benchmark_cache() -> int:
    """Remove every entry of the benchmark cache; returns how many there were."""
    return clear(cache_of(BENCHMARK))


def prune_expired_cache(
    ttl_seconds: float = DEFAULT_TTL_SECONDS, *, cache_type: str = OPTIMIZATION.name
) -> int:
    """Remove what no load would serve: expired, incompatible and unreadable entries.

    Raises:
        UsageError: the time to live is no number, or there is no such cache.
    """
    ttl_s = asked_ttl(ttl_seconds)
    return prune(cache_of(kind_called(cache_type)), ttl_s)


def get_cache_stats(ttl_seconds: float = DEFAULT_TTL_SECONDS) -> CacheStats:
    """Count the optimisation cache.

    Raises:
        UsageError: the time to live is no number.
    """
    return stats(cache_of(OPTIMIZATION), asked_ttl(ttl_seconds))


def get_benchmark_cache_stats(ttl_seconds: float = DEFAULT_TTL_SECONDS) -> CacheStats:
    """Count the benchmark cache.

    Raises:
        UsageError: the time to live is no number.
    """
    return stats(cache_of(BENCHMARK), asked_ttl(ttl_seconds))


def validate_cache_entry(
    cache_file: str | os.PathLike[str],
    ttl_seconds: float = DEFAULT_TTL_SECONDS,
    *,
    cache_type: str | None = None,
) -> tuple[bool, list[str]]:
    """Say whether a file is an entry that a load would serve, and all that is wrong with it.

    Which cache it is meant for is told by its folder, or else by its fields.

    Raises:
        UsageError: the time to live is no number, the file no path, or there is no such cache.
    """
    ttl_s, path = asked_ttl(ttl_seconds), Path(asked_path("cache_file", cache_file))
    kind = None if cache_type is None else kind_called(cache_type)
    issues = issues_of_file(path, kind or _kind_of_folder(path.parent.name), ttl_s)
    return not issues, issues


def validate_cache(
    ttl_seconds: float = DEFAULT_TTL_SECONDS, cache_type: str = OPTIMIZATION.name
) -> CacheValidationResult:
    """Validate every entry of one cache; what others remove meanwhile is no part of it.

    Raises:
        UsageError: the time to live is no number, or there is no such cache.
    """
    ttl_s = asked_ttl(ttl_seconds)
    return validate(cache_of(kind_called(cache_type)), ttl_s)


def repair_cache(dry_run: bool = True, cache_type: str = OPTIMIZATION.name) -> dict[str, int]:
    """Remove the entries that cannot be read; with ``dry_run`` only count them.

    What is expired or of another machine is left to ``prune_expired_cache``.

    Raises:
        UsageError: there is no such cache.
    """
    return repair(cache_of(kind_called(cache_type)), dry_run=bool(dry_run))


def clear(cache: Cache[Any]) -> int:
    """Remove every entry; returns how many were removed."""
    removed = sum(cache.discard(key) for key in cache.all_keys())
    cache.tidy()
    return removed


def prune(cache: Cache[Any], ttl_s: float) -> int:
    """Remove what no load would serve."""
    removed = sum(cache.discard_if_bad(key, ttl_s, PRUNABLE) for key in cache.all_keys())
    cache.tidy()
    return removed


def repair(cache: Cache[Any], *, dry_run: bool) -> dict[str, int]:
    """Remove the entries that cannot be read, or only count them."""
    states = {key: state_of(examined.verdict) for key, examined in cache.survey(inf)}
    broken = [key for key, state in states.items() if state is Unreadable]
    if not dry_run:
        broken = [key for key in broken if cache.discard_if_bad(key, inf, (Unreadable,))]
        cache.tidy()
    return {"examined": len(states), "deleted": len(broken), "kept": len(states) - len(broken)}


def stats(cache: Cache[Any], ttl_s: float) -> CacheStats:
    """Count the entries, and what a load would say of them."""
    found = [examined for _, examined in cache.survey(ttl_s)]
    states = [state_of(examined.verdict) for examined in found]
    ages = [examined.age_s for examined in found if examined.age_s is not None]
    return CacheStats(
        total_entries=len(states),
        valid_entries=states.count(Hit),
        expired_entries=states.count(Expired),
        incompatible_entries=sum(state in {*INCOMPATIBLE, Unreadable} for state in states),
        total_size_bytes=sum(examined.size_bytes for examined in found),
        oldest_entry_age=max(ages, default=None),
        newest_entry_age=min(ages, default=None),
        cache_dir=Path(folder_of(cache.kind)),
        unreadable_entries=states.count(Unreadable),
    )


def validate(cache: Cache[Any], ttl_s: float) -> CacheValidationResult:
    """Validate every entry that is there when its turn comes."""
    found = {
        key: [*issues_of(examined, cache.kind, absent=cache.kind.absent)]
        for key, examined in cache.survey(ttl_s)
    }
    bad = sum(map(bool, found.values()))
    return CacheValidationResult(
        is_valid=not bad,
        total_entries=len(found),
        valid_entries=len(found) - bad,
        invalid_entries=bad,
        issues=[f"{key}: {issue}" for key, issues in found.items() for issue in issues],
        health_score=PERFECT * (len(found) - bad) / len(found) if found else PERFECT,
    )


def state_of(verdict: Lookup[Any]) -> type[Why | Hit[Any]]:
    """A hit, or the sort of miss."""
    return type(verdict.why) if isinstance(verdict, Miss) else Hit


def _kind_of_folder(name: str) -> Kind[Any] | None:
    return next((kind for kind in KINDS.values() if kind.folder == name), None)
