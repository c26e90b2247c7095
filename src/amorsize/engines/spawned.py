"""Spawned worker processes, for where forking is not safe: loky's, and the caller.

Function and items travel by pickle. The caller works too: while workers start (0.2 to 0.4 s when
they are cold) it goes on as before, then it takes turns between its own chunks, sending and
receiving. Chunks of input that can be indexed are packed far ahead, so that nobody waits for a
caller that is busy with a long item; what no worker is near to the caller takes back when it has
nothing else to do.
"""

from __future__ import annotations

import gc
import pickle
from contextlib import contextmanager
from queue import Empty
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from amorsize.engines.base import Failure, finished
from amorsize.engines.chunks import run_chunk
from amorsize.engines.crash import HINT, MEMORY
from amorsize.engines.errors_travel import annotate, unpack_error
from amorsize.engines.marks import new_marks
from amorsize.engines.nesting import INSIDE
from amorsize.engines.noted import named
from amorsize.engines.per_item import has_end
from amorsize.engines.spawned_alive import spawned_workers_alive
from amorsize.engines.spawned_pool import pack_function, spawned_pool
from amorsize.engines.spawned_post import Post, exit_codes, is_death
from amorsize.engines.spawned_worker import PartKind, describe, in_spawned_worker
from amorsize.engines.supply import Supply
from amorsize.engines.worker_logs import relay
from amorsize.errors import WorkerCrashedError
from amorsize.model.chunks import SENT_S, ItemCost, sent_chunk_s
from amorsize.vocab.plan import EngineKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    from amorsize.engines.base import Job, Reports, Steps
    from amorsize.engines.marks import Marks
    from amorsize.engines.source import Chunk
    from amorsize.engines.spawned_pool import Payload, SpawnedPool
    from amorsize.engines.spawned_post import Sent
    from amorsize.engines.spawned_worker import Part, Reply

__all__ = ["SpawnedEngine", "in_spawned_worker", "spawned_workers_alive"]


OWN_S: Final = 5e-3
"""The caller looks at what has come home this often."""

SENDING_S: Final = 5e-3
"""Chunks are sent ahead for so long at a time: with 50 us each, 100 of them, and 5 s of work."""

GRACE_S: Final = 0.1
"""After a failure with ``fail_fast`` workers have so long to end their item by themselves."""

WAKE_S: Final = 0.1
"""The caller looks up at least so often; some systems deliver Ctrl-C only then."""

HERE: Final = "the caller"


class SpawnedEngine:
    """Spawned worker processes and the caller."""

    kind = EngineKind.LOKY

    def run(self, job: Job, reports: Reports, /) -> int:
        """See ``Engine.run``."""
        return finished(self.steps(job, reports))

    def steps(self, job: Job, reports: Reports, /) -> Steps[int]:
        """See ``Engine``."""
        payload = pack_function(job.func)
        marker = INSIDE.set("the caller of a running call")
        try:
            keep = not has_end(job.func)
            with spawned_pool(job.workers - 1, keep=keep) as pool, new_marks() as marks:
                MEMORY.begin_once()
                run = _Run(job, reports, payload=payload, pool=pool, marks=marks)
                try:
                    yield from run.play()
                except BaseException:
                    run.let_go()
                    raise
                return 1 + len(run.workers)
        finally:
            INSIDE.reset(marker)


class _Run:
    def __init__(
        self, job: Job, reports: Reports, *, payload: Payload, pool: SpawnedPool, marks: Marks
    ) -> None:
        self._job = job
        self._reports = reports
        self._pool = pool
        self._marks = marks
        self._supply = Supply(job.source)
        self._cost = ItemCost(job.item_s)
        self._post = Post(payload, pool, marks)
        self.workers: set[int] = set()

    def play(self) -> Steps[None]:
        """Take turns between sending, running and receiving until nothing is left."""
        self._heed(self._reports.limit)
        while True:
            chunk = self._share_out()
            if chunk is not None:
                self._run_here(chunk)
            elif not self._post:
                break
            self._receive(wait=chunk is None)
            self._heed(self._reports.limit)
            if self._job.fail_fast and self._reports.limit is not None:
                self._leave_at_once()
                break
            if self._reports.ready:
                yield
        if self._post.closed is not None:
            self._reports.note(f"{self._post.closed}; the rest ran in the caller")

    # -- handing out

    def _next_chunk(self, seconds: float) -> Chunk | None:
        if self._reports.limit is not None:
            return None
        chunk = self._supply.next(self._size(seconds))
        if chunk is None and self._supply.failure is not None:
            self._reports.failed(self._supply.failure)
        return chunk

    def _size(self, seconds: float) -> int:
        if self._job.chunksize is not None:
            return self._job.chunksize
        return min(self._cost.fitting(min(seconds, self._fair_s())), self._post.most_items())

    def _fair_s(self) -> float:
        left_s = self._supply.expected() * self._cost.item_s
        return sent_chunk_s(left_s, 1 + self._pool.workers)

    def _share_out(self) -> Chunk | None:
        """A chunk for each worker and one for the caller, then more for the workers."""
        post = self._post
        self._send(self._pool.workers)
        own = post.own.popleft() if post.own else self._next_chunk(OWN_S)
        until = perf_counter() + SENDING_S
        self._send(post.least())
        while perf_counter() < until and self._send(len(post) + 1):
            pass
        return post.take_back() if own is None else own

    def _send(self, enough: int) -> bool:
        """Send until so many chunks are on their way; False if that cannot be."""
        post, most = self._post, self._reports.most_workers
        if most is not None and enough >= most:
            enough = most - 1
            if len(post) >= enough:
                return False
        while len(post) < enough:
            if not post.is_open() or len(post) >= post.most(indexed=self._job.source.indexed):
                return False
            chunk = self._next_chunk(SENT_S)
            if chunk is None:
                return False
            post.send(chunk, len(chunk.items) * self._cost.item_s)
        return True

    def _run_here(self, chunk: Chunk) -> None:
        span = (chunk.start, chunk.start + len(chunk.items))
        ran = run_chunk(self._job.func, chunk.items, span, watch=self._watch)
        if ran.error is not None:
            self._marks.lower_limit(ran.next_index)
        if ran.results:
            self._done(ran.start, ran.results, ran.busy_s)
        if isinstance(ran.error, KeyboardInterrupt):
            raise ran.error
        if ran.error is not None:
            self._reports.failed(Failure(ran.next_index, ran.error, HERE))

    def _watch(self, index: int, stop: int, _size: int) -> int:
        return max(index, min(stop, self._marks.limit))

    # -- taking in

    def _receive(self, *, wait: bool) -> None:
        """Take all that has come home; ``wait`` for the first if the caller is idle."""
        home = self._post.home
        try:
            self._take(home.get(timeout=self._patience_s()) if wait else home.get_nowait())
            while True:
                self._take(home.get_nowait())
        except Empty:
            if wait:
                self._reports.tick()

    def _patience_s(self) -> float:
        patience = self._reports.patience_s
        return WAKE_S if patience is None else min(patience, WAKE_S)

    def _take(self, future: Future[Reply]) -> None:
        sent = self._post.settle(future)
        if sent is None:
            return
        error = future.exception()
        if error is not None:
            self._take_accident(sent, error)
        else:
            self._take_reply(sent, future.result())

    def _take_reply(self, sent: Sent, reply: Reply) -> None:
        if reply.bad_function is not None:
            self._post.own.append(sent.chunk)
            self._post.close(f"workers cannot load the function: {reply.bad_function}")
        elif reply.bad_items is not None:
            self._post.own.append(sent.chunk)
        else:
            self.workers.add(reply.worker)
            for packed in reply.logs:
                relay(packed, self._reports.note)
            for part in reply.parts:
                self._take_part(sent.chunk, part, f"worker process {reply.worker}")

    def _take_part(self, chunk: Chunk, part: Part, where: str) -> None:
        match part.kind:
            case PartKind.RESULTS:
                self._take_results(chunk, part)
            case PartKind.FAILED:
                self._take_failure(chunk, part, where)
            case PartKind.STRANDED:
                self._strand(chunk, part, part.payload.decode())

    def _take_results(self, chunk: Chunk, part: Part) -> None:
        try:
            with _without_gc():
                results = pickle.loads(part.payload)
        except Exception as error:  # noqa: BLE001 - the user's __setstate__ may raise anything
            self._post.singly = True
            self._strand(chunk, part, describe(error))
        else:
            self._done(part.start, results, part.busy_s)

    def _done(self, start: int, results: list[Any], busy_s: float) -> None:
        self._cost.learn(len(results), busy_s)
        self._reports.done(start, results, busy_s)

    def _take_failure(self, chunk: Chunk, part: Part, where: str) -> None:
        try:
            error, text = unpack_error(part.payload)
        except Exception as trouble:  # noqa: BLE001 - an exception may refuse to be rebuilt
            self._strand(chunk, part, describe(trouble))
            return
        annotate(error, f"traceback in {where}:\n{text.rstrip()}")
        self._reports.failed(Failure(part.start, error, where))

    def _strand(self, chunk: Chunk, part: Part, why: str) -> None:
        at = part.start - chunk.start
        self._reports.stranded(part.start, chunk.items[at : at + part.covered], why)

    # -- failures, accidents and the end

    def _heed(self, limit: int | None) -> None:
        """Start nothing at or above ``limit``, and take back what was sent of it."""
        if limit is not None:
            self._marks.lower_limit(limit)
            self._post.drop_from(limit)

    def _take_accident(self, sent: Sent, error: BaseException) -> None:
        """A chunk has come back without a reply."""
        if isinstance(error, KeyboardInterrupt):
            raise error
        if is_death(error):
            lost = self._post.bury(sent)
            if lost:
                raise self._crash(lost, error) from error
            self._post.close(f"a worker process died between two chunks{exit_codes(error)}")
        elif self._post.was_begun(sent):
            self._reports.stranded(sent.chunk.start, sent.chunk.items, describe(error))
        else:
            self._post.own.append(sent.chunk)

    def _crash(self, lost: list[Sent], error: BaseException) -> WorkerCrashedError:
        spans = ", ".join(_span(sent.chunk) for sent in lost)
        at = [self._marks.started(sent.slot) for sent in lost]
        running = [items for items in at if items is not None]
        suspects = " or ".join(map(named, running))
        suspect = f" while it ran {suspects}" if suspects else ""
        killed = MEMORY.moved()
        crashed = WorkerCrashedError(
            f"a worker process died{exit_codes(error)}{suspect}; lost with it: items {spans}"
            + (f"\n{killed}" if killed else ""),
            hint=HINT,
        )
        if len(running) == 1 and len(running[0]) == 1:
            crashed.index = running[0][0]
        return crashed

    def let_go(self) -> None:
        """Start nothing more of this call, whoever else uses the workers."""
        self._post.close("the call was left")
        self._marks.lower_limit(-1)
        self._post.drop_from(0)

    def _leave_at_once(self) -> None:
        """What is running may end by itself within a moment, or is ended."""
        self._marks.lower_limit(-1)
        self._post.drop_from(0)
        if not self._post.wait_for_all(GRACE_S):
            self._pool.kill()


def _span(chunk: Chunk) -> str:
    last = chunk.start + len(chunk.items) - 1
    return str(chunk.start) if last == chunk.start else f"{chunk.start} to {last}"


@contextmanager
def _without_gc() -> Iterator[None]:
    """Unpickling many small objects is twice as fast without looking for garbage in between."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
