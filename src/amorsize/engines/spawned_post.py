"""Chunks on their way to spawned workers: sent, taken back, come home, lost."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from queue import SimpleQueue
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

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
"""Chunks per worker on their way before the caller computes anything itself."""

AHEAD_ITERATED: Final = 4
"""Chunks per worker that are read ahead of an iterator at most."""

AHEAD_BYTES: Final = 64 << 20
"""Pickled items on their way; beyond it only one chunk per worker."""

CHUNK_BYTES: Final = 8 << 20
"""A chunk is kept below it by what items weighed so far: it is copied four times on its way."""

SENDING_SHARE: Final = 0.05
"""Chunks are sent far ahead only where sending costs less than this share of running them:
those that the caller takes back were pickled in vain."""

SMOOTHING: Final = 4
"""Cost and size of sending are averaged over about so many chunks."""


@dataclass(slots=True)
class Sent:
    """A chunk on its way."""

    chunk: Chunk
    packed: bytes
    slot: int


class Post:
    """What is on its way, and what is left for the caller because it cannot travel."""

    def __init__(self, payload: Payload, pool: SpawnedPool, marks: Marks) -> None:
        self._payload = payload
        self._pool = pool
        self._marks = marks
        self._sent: dict[Future[Reply], Sent] = {}
        self._bytes = 0
        self._slots = 0
        self._sending_share = 0.0
        self._item_bytes = 0.0
        self._copies_owed = pool.workers if pool.is_cold else 0
        """Workers that are known to lack the function."""
        self.home: SimpleQueue[Any] = SimpleQueue()
        """Futures as they are settled, some of them of chunks taken back."""
        self.own: deque[Chunk] = deque()
        """Chunks for the caller."""
        self.closed: str | None = None
        """Why no chunk is sent any more."""
        self.singly = False

    def __len__(self) -> int:
        return len(self._sent)

    def close(self, why: str) -> None:
        """Send nothing more; what comes back goes to the caller."""
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
        began = perf_counter()
        packed = pack_items(chunk.items)
        if packed is not None:
            self._slots += 1
            self._submit(Sent(chunk, packed, self._slots))
            self._learn(chunk, packed, (perf_counter() - began) / expected_s)
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

    def _submit(self, sent: Sent) -> None:
        self._marks.vacate(sent.slot)
        order = Order(
            start=sent.chunk.start,
            items=sent.packed,
            digest=self._payload.digest,
            payload=self._copy_of_function(),
            slot=sent.slot,
            marks=self._marks.path,
            singly=self.singly,
        )
        try:
            future = self._pool.submit(order)
        except Exception as error:  # noqa: BLE001 - broken or shut down since the last look
            self.own.append(sent.chunk)
            self.close(f"worker processes ended: {describe(error)}")
            return
        self._sent[future] = sent
        self._bytes += len(sent.packed)
        future.add_done_callback(self.home.put)

    def _copy_of_function(self) -> bytes | None:
        if len(self._payload.packed) <= SMALL_PAYLOAD:
            return self._payload.packed
        if self._copies_owed == 0:
            return None
        self._copies_owed -= 1
        return self._payload.packed

    def send_with_function(self, sent: Sent) -> None:
        """Send it again: a worker without the function got it."""
        self._copies_owed += 1
        self._submit(sent)

    # -- taking back

    def settle(self, future: Future[Reply]) -> Sent | None:
        """The chunk of a settled future; ``None`` if it was taken back before."""
        sent = self._sent.pop(future, None)
        if sent is not None:
            self._bytes -= len(sent.packed)
        return sent

    def take_back(self) -> Chunk | None:
        """The first chunk that no worker is near to begin."""
        for future in self._sent:
            if future.cancel():
                sent = self.settle(future)
                return sent.chunk if sent is not None else None
        return None

    def drop_from(self, limit: int) -> None:
        """Forget what was sent at or above ``limit`` and has not been begun."""
        for future in [f for f, sent in self._sent.items() if sent.chunk.start >= limit]:
            if future.cancel():
                self.settle(future)

    def wait_for_all(self, seconds: float) -> bool:
        """Let what is running end; whether it did."""
        deadline = perf_counter() + seconds
        for future in self._sent:
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
