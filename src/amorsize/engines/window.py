"""How far a stream may read ahead of its results: so many items, and so many bytes of them.

An item is *in flight* from the moment it is read until somebody comes back for more after its
result was handed out.
"""

from __future__ import annotations

import sys
from collections import deque
from itertools import islice
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from amorsize.engines.source import Chunk, IteratedSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

WINDOW: Final = 1 << 14
"""Items in flight at most, unless told otherwise: of 1 us each, what two workers have ready."""

WINDOW_BYTES: Final = 128 << 20

READ_S: Final = 1e-3
"""A chunk of input that is slow to read is handed out as far as it has come by then."""

LOOK_EVERY: Final = 64
"""Items between two that are weighed with all they hold: a look costs some microseconds."""

HEAVY_BYTES: Final = 4096
"""Such items are weighed in every batch: few of them fill the window."""

FADING: Final = 8
"""A heavy item counts at once, and is forgotten over about so many lighter ones."""

LOOKED_INTO: Final = 8
"""Members of a container that are weighed, from all over it; the others count like them."""

DEPTH: Final = 3


def weight_of(value: Any, depth: int = DEPTH) -> int:
    """About how many bytes ``value`` holds: itself, and what a container holds."""
    try:
        own = max(sys.getsizeof(value), _buffer_bytes(value))
    except Exception:  # noqa: BLE001 - the user's __sizeof__ may raise anything
        return 0
    members = _members(value) if depth else ()
    if not members:
        return own
    seen = list(islice(members, 0, None, max(1, len(members) // LOOKED_INTO)))
    return own + len(members) * sum(weight_of(one, depth - 1) for one in seen) // len(seen)


def _buffer_bytes(value: Any) -> int:
    """A view of an array counts like the array: it keeps it alive."""
    size = getattr(value, "nbytes", 0)
    return size if isinstance(size, int) else 0


def _members(value: Any) -> Sequence[Any]:
    if isinstance(value, (list, tuple)):
        return value
    if isinstance(value, dict):
        return [*islice(value.values(), LOOKED_INTO), *islice(value, LOOKED_INTO)]
    if isinstance(value, (set, frozenset, deque)):
        return list(islice(value, LOOKED_INTO))
    own = getattr(value, "__dict__", None)
    return list(own.values()) if isinstance(own, dict) else ()


class _Weight:
    """What one of many weighs, in bytes: the heaviest of late."""

    __slots__ = ("_next_look", "bytes")

    def __init__(self) -> None:
        self.bytes = 0.0
        self._next_look = 0

    def learn(self, batch: Sequence[Any], index: int) -> None:
        """Look at some of a batch, the first of which has the given index."""
        if not batch:
            return
        shallow = sys.getsizeof(batch[-1], 0)
        if max(shallow, self.bytes) < HEAVY_BYTES and index < self._next_look:
            return
        self._next_look = index + LOOK_EVERY
        seen = max(weight_of(batch[-1]), weight_of(batch[len(batch) // 2]))
        self.bytes = max(float(seen), self.bytes + (seen - self.bytes) / FADING)


class Window:
    """How many items may be in flight, and how many are."""

    __slots__ = ("_items", "_most", "_most_bytes", "_results", "delivered")

    def __init__(self, most: int = WINDOW, most_bytes: int = WINDOW_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._items = _Weight()
        self._results = _Weight()
        self.delivered = 0
        """Items whose results have been taken."""

    def read(self, items: Sequence[Any], index: int) -> None:
        """These items are in flight from now on."""
        self._items.learn(items, index)

    def landed(self, results: Sequence[Any], index: int) -> None:
        """These results wait to be taken."""
        self._results.learn(results, index)

    def room(self, pulled: int) -> int:
        """How many more may be read, after so many; one at least while none is in flight."""
        in_flight = pulled - self.delivered
        each = self._items.bytes + self._results.bytes
        allowed = self._most
        if each * allowed > self._most_bytes:
            allowed = max(1, int(self._most_bytes / each))
        return max(0, allowed - in_flight)


class WindowedSource(IteratedSource):
    """Data that is iterated once, never further than the window lets it."""

    def __init__(
        self,
        data: Iterable[Any],
        *,
        length: int | None,
        window: Window,
        at_hand: Callable[[], int] | None = None,
    ) -> None:
        """``at_hand``: how many items can be read without waiting for them."""
        super().__init__(data, length=length)
        self.window = window
        self._at_hand = at_hand
        self._most_pulled = 0
        self.is_full = False
        """Whether there was no room when the last chunk was asked for; there may be since."""
        self.shares = 1
        """Among so many a window is divided: no chunk is more than one part."""

    @property
    def pulled(self) -> int:
        """Items read so far, those that were given back among them."""
        return max(self._most_pulled, self.position)

    def give_back(self, items: list[Any]) -> None:
        self._most_pulled = self.pulled
        super().give_back(items)

    def room(self, count: int) -> int:
        """How many items may come next: none to be waited for while others are on their way."""
        free = self.window.room(self.position)
        if self._at_hand is not None:
            idle = self.position == self.window.delivered
            free = min(free, max(self._at_hand(), int(idle)))
        return min(count, free)

    def claim(self, count: int) -> Chunk | None:
        most = self.room(count)
        self.is_full = most < 1
        # tiny windows are shared out, too
        most = min(most, max(1, most // self.shares))
        start, items, size = self.position, list[Any](), 1
        until = perf_counter() + READ_S
        while len(items) < most and (not items or perf_counter() < until):
            chunk = super().claim(min(size, most - len(items)))
            if chunk is None:
                break
            items += chunk.items
            size *= 2
        self.window.read(items, start)
        return Chunk(start, items) if items else None
