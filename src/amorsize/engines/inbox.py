"""Where the items of a token are: in the memory inherited at the fork, or sent after it."""

from __future__ import annotations

import os
import pickle
import struct
from collections import deque
from dataclasses import dataclass
from itertools import islice, repeat
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from amorsize.engines.memfile import memory_file, read_all, write_all
from amorsize.engines.source import Chunk, IndexedSource
from amorsize.engines.tokens import BIGGEST_COUNT, PIPE_BUF_TOKENS
from amorsize.model.chunks import QUANTUM_S, chunk_sizes, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from amorsize.engines.base import Job
    from amorsize.engines.source import IteratedSource
    from amorsize.engines.tokens import TokenPipe

AHEAD: Final = 4
"""Chunks per worker that are prepared before the caller computes anything itself."""

MOST_SENT: Final = 1 << 16
"""Items in one pickled chunk, at most, however tiny they are."""

LEARNING: Final = 4
"""The mean cost of an item follows what finished chunks say, a quarter of the way each time."""

ROUND_BYTES: Final = 16 << 20
"""The memory file of sent items is used again from its start once it is this long."""

SLOW_INPUT_S: Final = 1e-3
"""Input that takes longer than this is read no further before results have been looked at."""

SENT_HEADER: Final = struct.Struct("<qqq")


def inbox_for(job: Job, pipe: TokenPipe) -> IndexedInbox | SentInbox:
    """Inherited where it can be indexed, else sent."""
    if isinstance(job.source, IndexedSource):
        return IndexedInbox(job, job.source, pipe)
    return SentInbox(job, job.source, pipe)


class IndexedInbox:
    """Items that the workers have inherited: tokens name indices, all issued at the start."""

    def __init__(self, job: Job, source: IndexedSource, pipe: TokenPipe) -> None:
        self._source = source
        self._pipe = pipe
        self._job = job
        self._tokens: Iterator[tuple[int, int]] | None = None
        self._waiting: list[tuple[int, int]] = []
        """Tokens that the pipe had no room for."""
        self.exact = source.exact
        self.splits = job.chunksize is None

    def fill(self) -> int:
        """Issue as many tokens as the pipe takes; returns the number of items they name.

        By the chunk rule all of them fit; only a forced chunk size may make more.
        """
        if self._tokens is None:
            self._tokens = self._cut()
        named = 0
        while self._waiting or (batch := list(islice(self._tokens, PIPE_BUF_TOKENS))):
            batch = self._waiting or batch
            try:
                self._pipe.issue(batch)
            except BlockingIOError:
                self._waiting = batch
                break
            self._waiting = []
            named += sum(count for _, count in batch)
        return named

    def _cut(self) -> Iterator[tuple[int, int]]:
        spans = self._source.spans()
        count = sum(stop - start for start, stop in spans)
        return tokens(spans, self._sizes(count, len(spans)), BIGGEST_COUNT)

    def _sizes(self, count: int, spans: int) -> Iterator[int]:
        job = self._job
        if job.chunksize is not None:
            return repeat(job.chunksize)
        most = max(1, self._pipe.capacity - spans - job.workers)
        return chunk_sizes(count, job.item_s, job.workers, most=most)

    def items_of(self, token: tuple[int, int]) -> tuple[int, int, Iterator[Any]]:
        start, count = token
        return start, start + count, self._source.items(start, start + count)

    items_here = items_of

    def originals(self, start: int, count: int) -> Sequence[Any]:
        return list(self._source.items(start, start + count))

    def settled(self, start: int, count: int, busy_s: float) -> None:
        """Nothing to let go: the items belong to the caller."""

    def close(self) -> None:
        """Nothing is held."""


class SentInbox:
    """Items that an iterator yields after the fork: pickled by chunk into a memory file.

    A token names the place of a chunk in the file. The caller reads the input ahead, but no
    further than ``AHEAD`` chunks per worker; items that cannot travel it runs itself.
    """

    splits = False
    exact = True

    def __init__(self, job: Job, source: IteratedSource, pipe: TokenPipe) -> None:
        self._source = source
        self._pipe = pipe
        self._memory = memory_file()
        self._places = _Places()
        self._held: dict[int, _Held] = {}
        self._ahead = min(AHEAD * job.workers, pipe.capacity)
        self._fixed_size = job.chunksize
        self._item_s = job.item_s
        self._streams = job.streams
        self.own: deque[Chunk] = deque()
        """Chunks that cannot travel, or found no room in the pipe."""

    def fill(self) -> int:
        """Prepare chunks; returns the number of items that were added."""
        added, began = 0, perf_counter()
        while len(self._held) < self._ahead:
            chunk = self._source.claim(self._size())
            if chunk is None:
                break
            added += len(chunk.items)
            self._send(chunk)
            if self._streams and perf_counter() - began > SLOW_INPUT_S:
                break  # what is done meanwhile must not wait for it
        return added

    def _size(self) -> int:
        size = self._fixed_size or int(QUANTUM_S / max(self._item_s, 1e-9))
        return min(max(1, size), MOST_SENT)

    def _send(self, chunk: Chunk) -> None:
        held = self._held[chunk.start] = _Held(chunk, len(chunk.items))
        try:
            payload = pickle.dumps(chunk.items, 5)
        except Exception:  # noqa: BLE001 - the user's __reduce__ may raise anything
            self.own.append(chunk)
            return
        held.place = self._places.take(SENT_HEADER.size + len(payload))
        head = SENT_HEADER.pack(chunk.start, len(chunk.items), len(payload))
        write_all(self._memory, [head, payload], held.place[0])
        if not self._pipe.give_back(held.place[0], 0):  # a page is free when all in it is claimed
            self._places.free(held.place)
            held.place = NOWHERE
            self.own.append(chunk)

    def items_of(self, token: tuple[int, int]) -> tuple[int, int, Iterator[Any] | None]:
        """In a worker: read the chunk from the memory file; ``None`` where it cannot be read."""
        place, _ = token
        head = os.pread(self._memory, SENT_HEADER.size, place)
        start, count, size = SENT_HEADER.unpack(head)
        payload = read_all(self._memory, place + len(head), size)
        try:
            return start, start + count, iter(pickle.loads(payload))
        except Exception:  # noqa: BLE001 - the user's __setstate__ may raise anything
            return start, start + count, None

    def items_here(self, token: tuple[int, int]) -> tuple[int, int, Iterator[Any]]:
        """In the caller: the very objects that the input yielded."""
        place, _ = token
        chunk = next(held.chunk for held in self._held.values() if held.place[0] == place)
        return chunk.start, chunk.start + len(chunk.items), iter(chunk.items)

    def originals(self, start: int, count: int) -> Sequence[Any]:
        chunk = self._holder(start).chunk
        return chunk.items[start - chunk.start :][:count]

    def settled(self, start: int, count: int, busy_s: float) -> None:
        """These items are done or dropped; when a whole chunk is, its room is free again."""
        if count and busy_s > 0:
            self._item_s += (busy_s / count - self._item_s) / LEARNING
        held = self._holder(start)
        held.unsettled -= count
        if held.unsettled <= 0:
            del self._held[held.chunk.start]
            self._places.free(held.place)

    def _holder(self, start: int) -> _Held:
        return next(held for held in self._held.values() if held.holds(start))

    def close(self) -> None:
        os.close(self._memory)


NOWHERE: Final = (-1, 0)


@dataclass(slots=True)
class _Held:
    """A chunk on its way: the original objects, and where its pickle lies."""

    chunk: Chunk
    unsettled: int
    place: tuple[int, int] = NOWHERE

    def holds(self, index: int) -> bool:
        return self.chunk.start <= index < self.chunk.start + len(self.chunk.items)


class _Places:
    """Room in a file that is used round and round."""

    def __init__(self) -> None:
        self._end = 0
        self._taken: list[tuple[int, int]] = []

    def take(self, size: int) -> tuple[int, int]:
        """Where ``size`` bytes can be written; (offset, size)."""
        if self._end > ROUND_BYTES and all(at >= size for at, _ in self._taken):
            self._end = 0
        ahead = [(at, length) for at, length in self._taken if at + length > self._end]
        if any(at < self._end + size for at, _ in ahead):
            self._end = max(at + length for at, length in ahead)
        place = self._end, size
        self._taken.append(place)
        self._end += size
        return place

    def free(self, place: tuple[int, int]) -> None:
        if place != NOWHERE:
            self._taken.remove(place)
