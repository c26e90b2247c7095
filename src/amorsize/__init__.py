"""Should this loop be parallel, and how? ``execute`` finds out while it runs."""

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from amorsize.api.aexecute import aexecute
    from amorsize.api.astream import astream
    from amorsize.api.batches import estimate_safe_batch_size, process_in_batches
    from amorsize.api.benchmark_result import BenchmarkResult
    from amorsize.api.compare import compare_strategies, compare_with_optimizer
    from amorsize.api.comparison import ComparisonConfig, ComparisonResult
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
    from amorsize.api.session import Session
    from amorsize.api.stream import Stream, stream
    from amorsize.api.streaming_advice import StreamingOptimizationResult, optimize_streaming
    from amorsize.api.system import ValidationResult, validate_system
    from amorsize.api.tune import bayesian_tune_parameters, quick_tune, tune_parameters
    from amorsize.api.tuning_result import TuningResult
    from amorsize.api.validate import quick_validate, validate_optimization
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
    from amorsize.engines.collected import Failure
    from amorsize.engines.item_rng import item_rng
    from amorsize.errors import (
        AmorsizeError,
        BackendRefusedError,
        CheckpointError,
        CheckpointRefusedError,
        DeadlineExceededError,
        ExtraMissingError,
        FileMissingError,
        FileThereError,
        ItemStuckError,
        ItemTimeoutError,
        MemoryShortError,
        ResultLostError,
        UsageError,
        WorkerCrashedError,
    )
    from amorsize.vocab.policies import RetryPolicy

__all__ = (
    "AmorsizeError",
    "BackendRefusedError",
    "BenchmarkResult",
    "CacheStats",
    "CacheValidationResult",
    "CheckpointError",
    "CheckpointRefusedError",
    "ComparisonConfig",
    "ComparisonResult",
    "ConfigData",
    "DeadlineExceededError",
    "ExtraMissingError",
    "Failure",
    "FileMissingError",
    "FileThereError",
    "HistoryEntry",
    "ItemStuckError",
    "ItemTimeoutError",
    "MemoryShortError",
    "OptimizationResult",
    "ResultLostError",
    "RetryPolicy",
    "Session",
    "Stream",
    "StreamingOptimizationResult",
    "TuningResult",
    "UsageError",
    "ValidationResult",
    "WorkerCrashedError",
    "__version__",
    "aexecute",
    "astream",
    "bayesian_tune_parameters",
    "clear_benchmark_cache",
    "clear_cache",
    "clear_history",
    "compare_entries",
    "compare_strategies",
    "compare_with_optimizer",
    "delete_result",
    "estimate_safe_batch_size",
    "execute",
    "export_cache",
    "get_benchmark_cache_stats",
    "get_cache_dir",
    "get_cache_stats",
    "get_default_config_dir",
    "import_cache",
    "item_rng",
    "list_configs",
    "list_results",
    "load_config",
    "load_result",
    "optimize",
    "optimize_streaming",
    "prewarm_cache",
    "process_in_batches",
    "prune_expired_cache",
    "quick_tune",
    "quick_validate",
    "repair_cache",
    "save_config",
    "save_result",
    "stream",
    "tune_parameters",
    "validate_cache",
    "validate_cache_entry",
    "validate_optimization",
    "validate_system",
)

__version__ = "0.2.0"

_HOMES = {
    "aexecute": "amorsize.api.aexecute",
    "astream": "amorsize.api.astream",
    "execute": "amorsize.api.execute",
    "optimize": "amorsize.api.optimize",
    "OptimizationResult": "amorsize.api.result",
    "Session": "amorsize.api.session",
    "Stream": "amorsize.api.stream",
    "stream": "amorsize.api.stream",
    "StreamingOptimizationResult": "amorsize.api.streaming_advice",
    "optimize_streaming": "amorsize.api.streaming_advice",
    "estimate_safe_batch_size": "amorsize.api.batches",
    "process_in_batches": "amorsize.api.batches",
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
    "Failure": "amorsize.engines.collected",
    "RetryPolicy": "amorsize.vocab.policies",
    "item_rng": "amorsize.engines.item_rng",
    "BenchmarkResult": "amorsize.api.benchmark_result",
    "quick_validate": "amorsize.api.validate",
    "validate_optimization": "amorsize.api.validate",
    "ComparisonConfig": "amorsize.api.comparison",
    "ComparisonResult": "amorsize.api.comparison",
    "compare_strategies": "amorsize.api.compare",
    "compare_with_optimizer": "amorsize.api.compare",
    "TuningResult": "amorsize.api.tuning_result",
    "bayesian_tune_parameters": "amorsize.api.tune",
    "quick_tune": "amorsize.api.tune",
    "tune_parameters": "amorsize.api.tune",
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
