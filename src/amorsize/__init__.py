"""Should this loop be parallel, and how? ``execute`` finds out while it runs."""

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from amorsize.api.configs import (
        ConfigData,
        get_default_config_dir,
        list_configs,
        load_config,
        save_config,
    )
    from amorsize.api.execute import execute
    from amorsize.api.history import (
        HistoryEntry,
        clear_history,
        compare_entries,
        delete_result,
        list_results,
        load_result,
        save_result,
    )
    from amorsize.api.optimize import optimize
    from amorsize.api.result import OptimizationResult
    from amorsize.api.system import ValidationResult, validate_system
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
        ExtraMissingError,
        FileMissingError,
        FileThereError,
        ResultLostError,
        UsageError,
        WorkerCrashedError,
    )

__all__ = (
    "AmorsizeError",
    "BackendRefusedError",
    "CacheStats",
    "CacheValidationResult",
    "ConfigData",
    "ExtraMissingError",
    "FileMissingError",
    "FileThereError",
    "HistoryEntry",
    "OptimizationResult",
    "ResultLostError",
    "UsageError",
    "ValidationResult",
    "WorkerCrashedError",
    "__version__",
    "clear_benchmark_cache",
    "clear_cache",
    "clear_history",
    "compare_entries",
    "delete_result",
    "execute",
    "export_cache",
    "get_benchmark_cache_stats",
    "get_cache_dir",
    "get_cache_stats",
    "get_default_config_dir",
    "import_cache",
    "list_configs",
    "list_results",
    "load_config",
    "load_result",
    "optimize",
    "prewarm_cache",
    "prune_expired_cache",
    "repair_cache",
    "save_config",
    "save_result",
    "validate_cache",
    "validate_cache_entry",
    "validate_system",
)

__version__ = "0.2.0"

_HOMES = {
    "execute": "amorsize.api.execute",
    "optimize": "amorsize.api.optimize",
    "OptimizationResult": "amorsize.api.result",
    "ValidationResult": "amorsize.api.system",
    "validate_system": "amorsize.api.system",
    **dict.fromkeys(
        ("ConfigData", "get_default_config_dir", "list_configs", "load_config", "save_config"),
        "amorsize.api.configs",
    ),
    **dict.fromkeys(
        (
            "HistoryEntry",
            "clear_history",
            "compare_entries",
            "delete_result",
            "list_results",
            "load_result",
            "save_result",
        ),
        "amorsize.api.history",
    ),
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
