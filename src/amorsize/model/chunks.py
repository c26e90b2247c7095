"""Chunk rules: how many items are handed out together.

Idle workers take the next chunk themselves, and a claim costs about a microsecond, so chunks
are sized by time: long against what a chunk costs, short against the run, and shrinking
towards the end so that all workers finish together (factoring: Hummel, Schonberg and Flynn,
CACM 1992).
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

QUANTUM_S: Final = 2e-3
"""A chunk of this length keeps the cost of a chunk cycle (about 20 us) near 1 %."""

FLOOR_S: Final = 100e-6
"""Towards the end chunks shrink, but not below five times what a chunk costs."""

TAPER: Final = 4
"""An idle worker takes at most 1/(TAPER * workers) of what is left."""

SPLIT_AFTER_S: Final = 4e-3
"""A chunk that takes twice its quantum is shared if nobody else has anything to do."""

THREAD_QUANTUM_S: Final = 0.5e-3
"""Length of a chunk of small items on threads: handing one out and taking it back is 15 us."""

SENT_S: Final = 50e-3
"""No chunk that is sent is longer, so that results keep coming and a straggler costs little."""

SENT_SHARE: Final = 0.05
"""... nor longer than this share of what is left."""

SENT_FLOOR_S: Final = 5e-3
"""A chunk costs 0.15 to 0.3 ms to send and receive: 5 % of it at most, but ..."""

LAST_SENT_S: Final = 2e-3
"""... a little more for the very last ones, so that all finish together."""

LEARNING: Final = 8
"""The cost of an item is averaged over about so many chunks, so that it follows a trend."""


def chunk_sizes(items: int, item_s: float, workers: int, *, most: int) -> Iterator[int]:
    """Sizes that add up to ``items``, at most ``most`` of them, shrinking towards the end."""
    left, slots = items, most
    reserve = min(8 * TAPER * workers, most // 2)  # chunks that the shrinking end needs
    quantum = max(1, _count(QUANTUM_S, item_s), ceil(items / (most - reserve)))
    floor = max(1, _count(FLOOR_S, item_s))
    while left > 0:
        tapered = max(floor, left // (TAPER * workers))
        size = min(left, max(min(quantum, tapered), ceil(left / slots)))
        yield size
        left -= size
        slots -= 1


def tokens(
    spans: Sequence[tuple[int, int]], sizes: Iterator[int], biggest: int
) -> Iterator[tuple[int, int]]:
    """Cut ``spans`` into (start, count): each size in turn, never across a gap."""
    size = 0
    for start, stop in spans:
        while start < stop:
            size = size or next(sizes)
            count = min(size, stop - start, biggest)
            yield start, count
            start += count  # noqa: PLW2901 - the rest of the span
            size -= count


def _count(seconds: float, item_s: float) -> int:
    return int(min(seconds / item_s, 2**40)) if item_s > 0 else 2**40


def sent_chunk_s(left_s: float, workers: int) -> float:
    """How long a chunk that is sent may be: factoring, with bounds in seconds."""
    part_s = max(LAST_SENT_S, left_s / (2 * workers))
    return min(SENT_S, part_s, max(SENT_FLOOR_S, SENT_SHARE * left_s))


def thread_chunk(left: int, fitting: int, threads: int) -> int:
    """How many of the items left a thread is given, if so many fill its quantum."""
    return max(1, min(fitting, left // (TAPER * threads)))


class ItemCost:
    """Mean cost of an item: the forecast at first, then what is measured."""

    __slots__ = ("item_s",)

    def __init__(self, forecast_s: float) -> None:
        self.item_s = max(forecast_s, 1e-9)

    def learn(self, items: int, busy_s: float) -> None:
        if items and busy_s > 0:
            self.item_s += (busy_s / items - self.item_s) / LEARNING

    def fitting(self, seconds: float) -> int:
        """How many items fill so many seconds, at least one."""
        return max(1, int(min(seconds / self.item_s, 2**31)))
