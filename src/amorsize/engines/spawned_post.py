"""Chunks on their way to spawned workers: packed, submitted, come home, taken back, lost.

Only a few chunks at a time are submitted to loky; the others lie packed. The thread in which
loky tells that one has come home submits the next, so that workers do not wait for a caller
that is busy with a long item, and what lies packed the caller can still take back.
"""

from __future__ import annotations

import re
import threading
from collections import deque
from dataclasses import dataclass
from queue import SimpleQueue
from time import perf_counter, thread_time
from typing import TYPE_CHECKING, Final

from amorsize.engines.marks import SLOTS
from amorsize.engines.source import Chunk
from amorsize.engines.spawned_pool import pack_items
from amorsize.engines.spawned_worker import Order, describe

if TYPE_CHECKING:
    from concurrent.futures import Future

    from amorsize.engines.marks import Marks
    from amorsize.engines.spawned_pool import Payload, SpawnedPool
    from amorsize.engines.spawned_worker import Reply

SMALL_PAYLOAD: Final = 16 * 1024
"""A smaller function rides along with every chunk; copying it takes a few microseconds."""

AHEAD: Final = 2
"""Chunks per worker submitted: one that runs, and one that is there when it is done."""

AHEAD_ITERATED: Final = 4
"""Chunks per worker read ahead of an iterator at most."""

AHEAD_BYTES: Final = 64 << 20
"""Pickled items on their way; beyond it only one chunk per worker."""

CHUNK_BYTES: Final = 8 << 20
"""A chunk is kept below it by what items weighed so far: it is copied four times on its way."""

SENDING_SHARE: Final = 0.05
"""Chunks are packed far ahead only where that costs less than this share of running them:
those that the caller takes back were packed in vain."""

SMOOTHING: Final = 4
"""Cost and size of sending are averaged over about so many chunks."""


@dataclass(slots=True)
class Sent:
    """A chunk on its way."""

    chunk: Chunk
    packed: bytes
    slot: int = -1
    """Where its worker notes how far it is; from the moment it is submitted."""
    carries_function: bool = False


class Post:
    """What is on its way, and what is left for the caller because it cannot travel."""

    def __init__(self, payload: Payload, pool: SpawnedPool, marks: Marks) -> None:
        self._payload = payload
        self._pool = pool
        self._marks = marks
        self._lock = threading.Lock()
        """Around what two threads change: what is packed, submitted and owed."""
        self._packed: deque[Sent] = deque()
        self._sent: dict[Future[Reply], Sent] = {}
        self._running = 0
        self._copies_owed = pool.workers if pool.is_cold else 0
        """Of a large function, to be sent along with the next chunks."""
        self._promised: set[int] = set()
        """Workers for which a copy is on its way, if no other takes it."""
        self._bytes = 0
        self._free_slots = list(range(SLOTS))
        self._sending_share = 0.0
        self._item_bytes = 0.0
        self.home: SimpleQueue[Future[Reply]] = SimpleQueue()
        self.own: deque[Chunk] = deque()
        """Chunks for the caller."""
        self.closed: str | None = None
        """Why nothing is submitted any more."""
        self.singly = False

    def __len__(self) -> int:
        return len(self._sent) + len(self._packed)

    def close(self, why: str) -> None:
        """Submit nothing more; what was packed waits to be taken back."""
        self.closed = self.closed or why

    def is_open(self) -> bool:
        """Whether chunks can be sent now."""
        if self.closed is None:
            try:
                return self._pool.is_ready()
            except Exception as error:  # noqa: BLE001 - whatever kept them from starting
                self.close(f"worker processes did not start: {describe(error)}")
        return False

    def least(self) -> int:
        """So many chunks must be on their way."""
        return AHEAD * self._pool.workers

    def most(self, *, indexed: bool) -> int:
        """So many chunks may be."""
        if self._bytes > AHEAD_BYTES:
            return self._pool.workers
        if not indexed:
            return AHEAD_ITERATED * self._pool.workers
        return SLOTS // 2 if self._sending_share < SENDING_SHARE else self.least()

    def most_items(self) -> int:
        """So many items fit into a chunk by their weight."""
        return max(1, int(CHUNK_BYTES / self._item_bytes)) if self._item_bytes > 0 else 2**31

    # -- sending

    def send(self, chunk: Chunk, expected_s: float) -> None:
        """Send a chunk that should take so long; what cannot travel goes to the caller."""
        began = thread_time()
        packed = pack_items(chunk.items)
        if packed is not None:
            self._bytes += len(packed)
            self._packed.append(Sent(chunk, packed))
            self._submit_more()
            self._learn(chunk, packed, (thread_time() - began) / expected_s)
        elif len(chunk.items) == 1:
            self.own.append(chunk)
        else:
            half = len(chunk.items) // 2
            self.send(Chunk(chunk.start, chunk.items[:half]), expected_s / 2)
            self.send(Chunk(chunk.start + half, chunk.items[half:]), expected_s / 2)

    def _learn(self, chunk: Chunk, packed: bytes, share: float) -> None:
        item_bytes = len(packed) / len(chunk.items)
        self._item_bytes += (item_bytes - self._item_bytes) / SMOOTHING
        self._sending_share += (share - self._sending_share) / SMOOTHING

    def _submit_more(self) -> None:
        """Give loky as many chunks as workers need; called in the caller and in loky's thread."""
        while (future := self._submit_next()) is not None:
            future.add_done_callback(self._came_home)

    def _submit_next(self) -> Future[Reply] | None:
        with self._lock:
            if self.closed is not None or not self._packed or self._running >= self.least():
                return None
            sent = self._packed.popleft()
            if sent.slot < 0:
                sent.slot = self._free_slots.pop()
            try:
                future = self._pool.submit(self._order(sent))
            except Exception as error:  # noqa: BLE001 - broken or shut down since the last look
                self._packed.appendleft(sent)
                self.close(f"worker processes ended: {describe(error)}")
                return None
            self._sent[future] = sent
            self._running += 1
            return future

    def _order(self, sent: Sent) -> Order:
        self._marks.vacate(sent.slot)
        return Order(
            start=sent.chunk.start,
            items=sent.packed,
            digest=self._payload.digest,
            payload=self._copy_of_function(sent),
            slot=sent.slot,
            marks=self._marks.path,
            singly=self.singly,
        )

    def _copy_of_function(self, sent: Sent) -> bytes | None:
        if len(self._payload.packed) <= SMALL_PAYLOAD:
            return self._payload.packed
        sent.carries_function = self._copies_owed > 0
        if not sent.carries_function:
            return None
        self._copies_owed -= 1
        return self._payload.packed

    # -- coming home

    def _came_home(self, future: Future[Reply]) -> None:
        """In loky's thread: a chunk is back, make room for the next."""
        reply = future.result() if future.exception() is None else None
        with self._lock:
            self._running -= 1
            sent = self._sent.get(future)
            if sent is not None and sent.carries_function:
                self._promised.clear()
            if sent is not None and reply is not None and reply.lacks_function:
                self._packed.appendleft(self._sent.pop(future))
                self._copies_owed += reply.worker not in self._promised
                self._promised.add(reply.worker)
            else:
                self.home.put(future)
        self._submit_more()

    def settle(self, future: Future[Reply]) -> Sent | None:
        """The chunk of a future that has come home; ``None`` if it was given up before."""
        with self._lock:
            return self._released(self._sent.pop(future, None))

    def take_back(self) -> Chunk | None:
        """The first chunk that is packed and not submitted."""
        with self._lock:
            sent = self._released(self._packed.popleft() if self._packed else None)
        return sent.chunk if sent is not None else None

    def _released(self, sent: Sent | None) -> Sent | None:
        if sent is not None:
            self._bytes -= len(sent.packed)
            if sent.slot >= 0:
                self._free_slots.append(sent.slot)
        return sent

    def drop_from(self, limit: int) -> None:
        """Forget what is packed at or above ``limit``."""
        with self._lock:
            kept = [sent for sent in self._packed if sent.chunk.start < limit]
            self._packed.clear()
            self._packed.extend(kept)

    def wait_for_all(self, seconds: float) -> bool:
        """Let what is running end; whether it did."""
        deadline = perf_counter() + seconds
        for future in list(self._sent):
            try:
                future.exception(max(0.0, deadline - perf_counter()))
            except TimeoutError:
                return False
        return True

    # -- deaths

    def was_begun(self, sent: Sent) -> bool:
        return self._marks.path is None or self._marks.started(sent.slot) is not None

    def bury(self, first: Sent) -> list[Sent]:
        """All workers are gone: returns what is lost; what nobody had begun goes to the caller."""
        with self._lock:
            everything = [first, *self._sent.values()]
            self._sent.clear()
        lost = [sent for sent in everything if self.was_begun(sent)]
        if not lost:
            self.own.extend(sent.chunk for sent in everything)
        return lost


def is_death(error: BaseException) -> bool:
    """Whether workers have died, as opposed to one chunk having gone astray."""
    from concurrent.futures.process import BrokenProcessPool

    from loky.process_executor import ShutdownExecutorError

    return isinstance(error, BrokenProcessPool | ShutdownExecutorError)


def exit_codes(error: BaseException) -> str:
    """How workers ended, from the only place where loky tells it."""
    codes = re.search(r"exit codes of the workers are \{(.+?)\}", str(error))
    return f" ({codes[1]})" if codes else ""
