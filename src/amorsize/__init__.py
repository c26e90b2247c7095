"""Should this loop be parallel, and how? ``execute`` finds out while it runs."""

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from amorsize.api.execute import execute
    from amorsize.api.optimize import optimize
    from amorsize.api.result import OptimizationResult
    from amorsize.errors import (
        AmorsizeError,
        BackendRefusedError,
        ResultLostError,
        UsageError,
        WorkerCrashedError,
    )

__all__ = (
    "AmorsizeError",
    "BackendRefusedError",
    "OptimizationResult",
    "ResultLostError",
    "UsageError",
    "WorkerCrashedError",
    "__version__",
    "execute",
    "optimize",
)

__version__ = "0.2.0"

_HOMES = {
    "execute": "amorsize.api.execute",
    "optimize": "amorsize.api.optimize",
    "OptimizationResult": "amorsize.api.result",
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
