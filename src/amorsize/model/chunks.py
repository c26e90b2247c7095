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
