"""Small facts about a function and its first results, each cheap enough to take every time."""

from __future__ import annotations

import inspect
import sys
import types
from dataclasses import dataclass
from enum import Enum
from functools import partial
from time import process_time, thread_time
from typing import TYPE_CHECKING, Any, Final

try:
    import resource
except ImportError:  # Windows counts no context switches
    resource = None  # type: ignore[assignment]  # it is tested before use

from amorsize.sample.connections import module_of, qualname_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

RUSAGE_THREAD: Final[int | None] = getattr(resource, "RUSAGE_THREAD", None)
"""Only Linux and FreeBSD count switches by thread; a count by process would blame others."""

RUSAGE_SELF: Final[int | None] = getattr(resource, "RUSAGE_SELF", None)

MAXRSS_UNIT: Final = 1 if sys.platform == "darwin" else 1024
"""Of getrusage(2): bytes on macOS, else KiB."""

IMMUTABLE_TYPES: Final = (
    *(int, float, complex, str, bytes, range, slice, frozenset, Enum),
    *(type(None), type(...), type(NotImplemented)),
    *(type, types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.ModuleType),
)
"""Handing one of these back says nothing about changes in place."""

VALUE_MODULES: Final = frozenset(
    ("datetime", "decimal", "fractions", "ipaddress", "numpy", "pandas", "pathlib", "uuid")
)
"""What is hashed by value here does not change; a class of the user's own may do both."""

TUPLE_PARTS: Final = 64
"""Parts of a tuple that are looked at, so that a huge one costs nothing."""

TUPLE_DEPTH: Final = 3

UNWRAP_LIMIT: Final = 10
"""No sane callable hides behind more partials and ``__call__`` objects than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meters:
    """What this thread, and the process, used between two readings."""

    cpu_s: float
    process_cpu_s: float
    waits: int
    """Voluntary context switches of this thread; 0 where the system does not count them."""
    preemptions: int
    """Involuntary ones, likewise."""


def plus(one: Meters, other: Meters) -> Meters:
    """Both together."""
    return Meters(
        cpu_s=one.cpu_s + other.cpu_s,
        process_cpu_s=one.process_cpu_s + other.process_cpu_s,
        waits=one.waits + other.waits,
        preemptions=one.preemptions + other.preemptions,
    )


def minus(whole: Meters, part: Meters) -> Meters:
    """What is left of ``whole``."""
    return Meters(
        cpu_s=whole.cpu_s - part.cpu_s,
        process_cpu_s=whole.process_cpu_s - part.process_cpu_s,
        waits=whole.waits - part.waits,
        preemptions=whole.preemptions - part.preemptions,
    )


class Meter:
    """Started by making it; read it in the same thread, as often as wanted."""

    __slots__ = ("_cpu_s", "_preemptions", "_process_cpu_s", "_waits")

    def __init__(self) -> None:
        self._waits, self._preemptions = _switches()
        self._process_cpu_s = process_time()
        self._cpu_s = thread_time()

    def read(self) -> Meters:
        """Say what was used since this meter was made."""
        cpu_s = thread_time() - self._cpu_s
        process_cpu_s = process_time() - self._process_cpu_s
        waits, preemptions = _switches()
        return Meters(
            cpu_s=cpu_s,
            process_cpu_s=process_cpu_s,
            waits=waits - self._waits,
            preemptions=preemptions - self._preemptions,
        )


def peak_bytes() -> int:
    """The most memory that this process ever had at once; 0 where the system does not tell."""
    if RUSAGE_SELF is None:
        return 0
    return resource.getrusage(RUSAGE_SELF).ru_maxrss * MAXRSS_UNIT


def returns_its_item(items: Iterable[Any], results: Iterable[Any]) -> bool:
    """Tell whether some result *is* its item, and that item could have been changed in place."""
    return any(
        item is result and not is_immutable(item)
        for item, result in zip(items, results, strict=False)
    )


def kind_of(item: object) -> str:
    """The class of an item by its full name; no code of the user's runs."""
    kind = type(item)
    return f"{module_of(kind)}.{qualname_of(kind)}"


def _gives_either(func: object) -> bool:
    return inspect.iscoroutinefunction(func) or inspect.isasyncgenfunction(func)


def is_async(func: object, gives: Callable[[object], bool] = _gives_either) -> bool:
    """Tell whether calling ``func`` gives a coroutine or an asynchronous generator to await."""
    for _ in range(UNWRAP_LIMIT):
        kind = type(func)
        if issubclass(kind, (types.FunctionType, types.MethodType)):
            return gives(func)
        if issubclass(kind, (type, types.BuiltinFunctionType, types.WrapperDescriptorType)):
            return False
        func = func.func if isinstance(func, partial) else what_a_call_runs(kind)
    return False


def gives_coroutines(func: object) -> bool:
    """Tell whether it is an async function, and not an asynchronous generator."""
    return is_async(func, inspect.iscoroutinefunction)


def what_a_call_runs(kind: type) -> object:
    """``__call__`` as the class has it, of whatever sort; ``None`` if it has none."""
    return next((vars(base)["__call__"] for base in kind.__mro__ if "__call__" in vars(base)), None)


def is_immutable(item: object, depth: int = TUPLE_DEPTH) -> bool:
    """Whether an item surely cannot be changed in place; a large tuple is looked at in part."""
    if type(item) is tuple:
        return depth > 0 and all(is_immutable(part, depth - 1) for part in item[:TUPLE_PARTS])
    kind: Any = type(item)
    if issubclass(kind, IMMUTABLE_TYPES):
        return True
    by_value = kind.__hash__ is not None and kind.__hash__ is not object.__hash__
    return by_value and kind.__module__.partition(".")[0] in VALUE_MODULES


def _switches() -> tuple[int, int]:
    if RUSAGE_THREAD is None:
        return 0, 0
    usage = resource.getrusage(RUSAGE_THREAD)
    return usage.ru_nvcsw, usage.ru_nivcsw
