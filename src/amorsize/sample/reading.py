"""Tell the time of reading the input from that of calling the function on what was read."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LOOKS: Final = 8
"""The quickest of so many readings of the clock is what a reading itself takes."""


class Reader:
    """Runs items as ``engines.blocks.call_items`` does, and looks at the clock in between."""

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self._clock = clock
        self._reading_s = 0.0
        self._items = 0

    def __call__(self, func: Callable[[Any], Any], items: Iterable[Any], out: list[Any]) -> None:
        clock, iterator = self._clock, iter(items)
        while True:
            began = clock()
            try:
                item = next(iterator)
            except StopIteration:
                return
            self._reading_s += clock() - began
            self._items += 1
            out.append(func(item))

    @property
    def item_s(self) -> float | None:
        """Mean time of reading an item; ``None`` where there was none."""
        if not self._items:
            return None
        clock = self._clock
        look_s = min(-(clock() - clock()) for _ in range(LOOKS))
        return max(0.0, self._reading_s / self._items - look_s)
