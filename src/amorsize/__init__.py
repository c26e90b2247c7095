"""Should this loop be parallel, and how? ``execute`` finds out while it runs."""

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from amorsize.api.execute import execute
    from amorsize.api.optimize import optimize
    from amorsize.api.result import OptimizationResult
    from amorsize.cache import (
        CacheStats,
        CacheValidationResult,
        clear_benchmark_cache,
        clear_cache,
        export_cache,
        get_benchmark_cache_stats,
        get_cache_dir,
        get_cache_stats,
        import_cache,
        prewarm_cache,
        prune_expired_cache,
        repair_cache,
        validate_cache,
        validate_cache_entry,
    )
    from amorsize.errors import (
        AmorsizeError,
        BackendRefusedError,
        FileMissingError,
        ResultLostError,
        UsageError,
        WorkerCrashedError,
    )

__all__ = (
    "AmorsizeError",
    "BackendRefusedError",
    "CacheStats",
    "CacheValidationResult",
    "FileMissingError",
    "OptimizationResult",
    "ResultLostError",
    "UsageError",
    "WorkerCrashedError",
    "__version__",
    "clear_benchmark_cache",
    "clear_cache",
    "execute",
    "export_cache",
    "get_benchmark_cache_stats",
    "get_cache_dir",
    "get_cache_stats",
    "import_cache",
    "optimize",
    "prewarm_cache",
    "prune_expired_cache",
    "repair_cache",
    "validate_cache",
    "validate_cache_entry",
)

__version__ = "0.2.0"

_HOMES = {
    "execute": "amorsize.api.execute",
    "optimize": "amorsize.api.optimize",
    "OptimizationResult": "amorsize.api.result",
    **dict.fromkeys(
        (
            "CacheStats",
            "CacheValidationResult",
            "clear_benchmark_cache",
            "clear_cache",
            "export_cache",
            "get_benchmark_cache_stats",
            "get_cache_dir",
            "get_cache_stats",
            "import_cache",
            "prewarm_cache",
            "prune_expired_cache",
            "repair_cache",
            "validate_cache",
            "validate_cache_entry",
        ),
        "amorsize.cache",
    ),
}


def __getattr__(name: str) -> object:
    """Import a public name from its home on first use (PEP 562)."""
    if name not in __all__:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    value: object = getattr(import_module(_HOMES.get(name, "amorsize.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
