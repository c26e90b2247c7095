"""The inner loop: run consecutive items and keep every result up to a failure.

Every engine, and the caller before any engine is chosen, runs the user's function here.
"""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Runner: TypeAlias = "Callable[[Callable[[Any], Any], Iterable[Any], list[Any]], None]"

C_CALLABLES: Final = (
    types.BuiltinFunctionType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.MethodWrapperType,
    types.ClassMethodDescriptorType,
)

ENDING_NAMES: Final = frozenset(("next", "__next__", "send", "throw"))
"""C functions that are known to raise StopIteration, with a value that ``map`` would lose."""

HEAP_TYPE: Final = 1 << 9
"""``Py_TPFLAGS_HEAPTYPE``: set on classes made by a ``class`` statement."""

BLOCK_S: Final = 0.2e-3
"""Length of a block of tiny items: long against the 1 us that a block costs, short enough
for a failure, an interrupt or a change of cost to be met soon."""

BLOCK_SHARE: Final = 0.02
"""Later blocks take this share of the time spent: a block costs 4 to 6 us, of 0.2 ms 2 to 3 %."""

LONGEST_BLOCK_S: Final = 2e-3

BLOCK_ITEMS: Final = 4096
"""No block is larger, so that a function that slows down 1,000 times is noticed in the end."""

SPRINT: Final = 1024
"""Input that is iterated is looked up from so often: a look costs 1 us, of 256 tiny items 4 %."""

SPRINT_S: Final = 2e-3
"""A block of iterated input that takes ten times as long as it should ends early."""


def runner_for(func: Callable[[Any], Any], *, exact: bool) -> Runner:
    """The fastest loop for ``func``: ``map`` for C functions, a plain loop for the rest.

    ``map`` swallows a StopIteration of ``func``, which then shows as too few results; that
    can only be told from the end of the input where the length is ``exact``.
    """
    ends_itself = getattr(func, "__name__", None) in ENDING_NAMES
    return map_items if exact and _is_c(func) and not ends_itself else call_items


def call_items(func: Callable[[Any], Any], items: Iterable[Any], out: list[Any]) -> None:
    """Append ``func(item)`` for each item; on an exception the results before it stay."""
    for item in items:
        out.append(func(item))  # noqa: PERF401 - a comprehension loses what came before a failure


def map_items(func: Callable[[Any], Any], items: Iterable[Any], out: list[Any]) -> None:
    """The same for C functions, without a Python frame in between."""
    out.extend(map(func, items))


def _is_c(func: Callable[[Any], Any]) -> bool:
    if isinstance(func, type):
        return not func.__flags__ & HEAP_TYPE
    return isinstance(func, C_CALLABLES)


GROWTH: Final = 16
"""Three blocks after the first tiny item the loop runs at full length."""


class Pace:
    """How many items the next block takes, from how long the last one took."""

    __slots__ = ("size",)

    def __init__(self) -> None:
        self.size = 1

    def took(self, elapsed_s: float, *, spent_s: float = 0.0) -> None:
        """Aim at ``BLOCK_S``, longer after much was spent, growing no faster than ``GROWTH``."""
        aim_s = max(BLOCK_S, min(BLOCK_SHARE * spent_s, LONGEST_BLOCK_S))
        factor = min(GROWTH, aim_s / max(elapsed_s, 1e-9))
        self.size = max(1, min(int(self.size * factor), BLOCK_ITEMS))
