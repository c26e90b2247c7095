"""Two caches that always tell the truth: what was learned about functions, and what was timed.

One mechanism serves both. ``loader`` reads one file once, judges it, and prunes only after
that; ``codec`` lets nothing through that its table does not allow; ``store`` is where bytes
lie; ``kinds`` says in data how the two caches differ. The public names are resolved on first
use (PEP 562), so that a lookup loads no more than it needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from amorsize.cache.entries import BenchmarkCacheEntry, CacheEntry
    from amorsize.cache.moving import export_cache, import_cache
    from amorsize.cache.places import get_benchmark_cache_dir, get_cache_dir
    from amorsize.cache.prewarm import prewarm_cache
    from amorsize.cache.public import (
        compute_benchmark_cache_key,
        compute_cache_key,
        load_benchmark_cache_entry,
        load_cache_entry,
        save_benchmark_cache_entry,
        save_cache_entry,
    )
    from amorsize.cache.upkeep import (
        CacheStats,
        CacheValidationResult,
        clear_benchmark_cache,
        clear_cache,
        get_benchmark_cache_stats,
        get_cache_stats,
        prune_expired_cache,
        repair_cache,
        validate_cache,
        validate_cache_entry,
    )

CACHE_VERSION: Final = 2
"""Of both caches' files. Version 1 compared free memory, and keyed by bytecode alone."""

DEFAULT_TTL_SECONDS: Final = 604800
"""Seven days."""

AUTO_PRUNE_PROBABILITY = 0.05
"""Share of loads that prune once they have their answer. May be set; read at each load."""

_HOMES: Final = {
    "entries": ("BenchmarkCacheEntry", "CacheEntry"),
    "moving": ("export_cache", "import_cache"),
    "places": ("get_benchmark_cache_dir", "get_cache_dir"),
    "prewarm": ("prewarm_cache",),
    "public": (
        "compute_benchmark_cache_key",
        "compute_cache_key",
        "load_benchmark_cache_entry",
        "load_cache_entry",
        "save_benchmark_cache_entry",
        "save_cache_entry",
    ),
    "upkeep": (
        "CacheStats",
        "CacheValidationResult",
        "clear_benchmark_cache",
        "clear_cache",
        "get_benchmark_cache_stats",
        "get_cache_stats",
        "prune_expired_cache",
        "repair_cache",
        "validate_cache",
        "validate_cache_entry",
    ),
}

__all__ = (
    "AUTO_PRUNE_PROBABILITY",
    "CACHE_VERSION",
    "DEFAULT_TTL_SECONDS",
    "BenchmarkCacheEntry",
    "CacheEntry",
    "CacheStats",
    "CacheValidationResult",
    "clear_benchmark_cache",
    "clear_cache",
    "compute_benchmark_cache_key",
    "compute_cache_key",
    "export_cache",
    "get_benchmark_cache_dir",
    "get_benchmark_cache_stats",
    "get_cache_dir",
    "get_cache_stats",
    "import_cache",
    "load_benchmark_cache_entry",
    "load_cache_entry",
    "prewarm_cache",
    "prune_expired_cache",
    "repair_cache",
    "save_benchmark_cache_entry",
    "save_cache_entry",
    "validate_cache",
    "validate_cache_entry",
)


def __getattr__(name: str) -> object:
    """Import a public name from its home on first use."""
    home = next((home for home, names in _HOMES.items() if name in names), None)
    if home is None:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    value: object = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
