"""What is to be handed out in a watched run: what came back first, then the rest of the input."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from amorsize.engines.source import Chunk
from amorsize.engines.supply import Supply
from amorsize.model.chunks import ItemCost

if TYPE_CHECKING:
    from amorsize.engines.base import Job, Reports

CHUNK_S: Final = 20e-3
"""Handing out a chunk takes 0.1 to 0.2 ms, in which its worker waits: 1 % of this."""

TAPER: Final = 4
"""A chunk is at most 1/(TAPER * workers) of what is left, so that all finish together."""

MOST_ITEMS: Final = 4096


class Handout:
    """Chunks sized by what items have cost so far, one item at a time until that is known."""

    def __init__(self, job: Job, reports: Reports) -> None:
        self._reports = reports
        self._supply = Supply(job.source)
        self._fixed = job.chunksize
        self._cost: ItemCost | None = None
        self._again: deque[Chunk] = deque()
        self.closed = False
        """A worker has died, and nobody shall begin anything more."""

    def learn(self, items: int, took_s: float) -> None:
        """What a chunk has cost, with all that goes with it."""
        if self._cost is None and items:
            self._cost = ItemCost(took_s / items)
        elif self._cost is not None:
            self._cost.learn(items, took_s)

    def take_back(self, chunk: Chunk) -> None:
        """Nobody has run these items, or they shall run again: before all others."""
        if chunk.items:
            self._again.appendleft(chunk)

    def strand(self) -> None:
        """What came back is for others: nobody here can run it."""
        while self._again:
            self._reports.stranded(*self._again.popleft(), "")

    def next(self, workers: int) -> Chunk | None:
        """The next chunk for one of so many workers; ``None`` if there is none now."""
        if self.closed:
            return None
        limit, size = self._reports.limit, self._size(workers)
        while self._again:
            start, items = self._again.popleft()
            room = len(items) if limit is None else max(0, limit - start)
            self.take_back(Chunk(start + size, items[size:room]))
            if room:
                return Chunk(start, items[: min(size, room)])
        if limit is not None:
            return None
        chunk = self._supply.next(size)
        if chunk is None and self._supply.failure is not None:
            self._reports.failed(self._supply.failure)
        return chunk

    def _size(self, workers: int) -> int:
        if self._fixed is not None:
            return self._fixed
        if self._cost is None:
            return 1
        left = self._supply.left()
        fair = MOST_ITEMS if left is None else left // (TAPER * workers)
        return max(1, min(self._cost.fitting(CHUNK_S), fair, MOST_ITEMS))
