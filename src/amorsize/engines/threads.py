"""Helper threads in this process: for functions that wait, or that release the interpreter lock.

The caller runs no item: it reads the input, hands out chunks and takes results, so that Ctrl-C
works at once and progress can be drawn. Every thread runs in its own copy of the caller's
context (context variables, decimal precision). A thread cannot be killed: after an interrupt,
or after a failure with ``fail_fast``, one that is still inside an item ends with that item.
"""

from __future__ import annotations

import sys
import threading
from contextvars import copy_context
from itertools import count
from math import ceil
from queue import Empty, SimpleQueue
from time import perf_counter, process_time, sleep, thread_time
from typing import TYPE_CHECKING, Any, Final

from amorsize.engines.base import EngineStartError, Failure, finished
from amorsize.engines.chunks import Ran, run_chunk
from amorsize.engines.nesting import INSIDE
from amorsize.engines.supply import Supply
from amorsize.engines.worker_state import end_of_worker
from amorsize.machine.ownthreads import forget, see_gone
from amorsize.model.chunks import THREAD_QUANTUM_S, ItemCost, thread_chunk
from amorsize.plan.concurrency import MOST_THREADS, Width
from amorsize.plan.expectation import SCOUTS, Expectation
from amorsize.plan.finder import WidthFinder
from amorsize.vocab.plan import EngineKind

if TYPE_CHECKING:
    from amorsize.engines.base import Job, Reports, Steps
    from amorsize.engines.source import Chunk


AHEAD_S: Final = 10e-3
"""Work that lies ready, so that no thread waits for a caller that is drawing progress or
waiting for the interpreter lock (5 ms at a time)."""

MOST_AHEAD: Final = 256
"""Chunks that lie ready at most: input is not read further ahead than needed."""

GATHERED_S: Final = 0.25e-3
GATHER_S: Final = 1e-3
"""Chunks that come home sooner than so one after the other gather for so long."""

WAKE_S: Final = 0.1
"""The caller looks up at least so often; some systems deliver Ctrl-C only then."""

SLOW_INPUT_S: Final = 1e-3
"""Input that takes longer than this is not waited for before threads are started."""

GRACE_S: Final = 0.1
"""How long running items may take to end before the caller leaves without them."""

NO_LIMIT: Final = sys.maxsize


class ThreadEngine:
    """Threads of this process; the caller coordinates."""

    kind = EngineKind.THREADS

    def run(self, job: Job, reports: Reports, /) -> int:
        """See ``Engine.run``."""
        return finished(self.steps(job, reports))

    def steps(self, job: Job, reports: Reports, /) -> Steps[int]:
        """See ``Engine``."""
        crew = _Crew(job, reports)
        try:
            crew.start()
            yield from crew.play()
        except BaseException:
            crew.leave()
            raise
        crew.dismiss()
        crew.tell()
        return crew.most_at_once


class _Crew:
    """The threads of one run. The upper half is the caller's, the lower half theirs."""

    def __init__(self, job: Job, reports: Reports) -> None:
        self._job = job
        self._reports = reports
        self._supply = Supply(job.source)
        self._cost = ItemCost(job.item_s)
        self._finder = self._make_finder(job)
        self._wanted = self._finder.width.threads if self._finder else max(1, job.workers)
        self._threads: list[threading.Thread] = []
        self._context = copy_context()
        self._outstanding = 0
        self._tasks: SimpleQueue[Chunk | None] = SimpleQueue()
        self._finished: SimpleQueue[tuple[Ran, str, float]] = SimpleQueue()
        self._lock = threading.Lock()
        self._alive = 0
        self._limit = NO_LIMIT if reports.limit is None else reports.limit
        self._expected = self._make_expectation(job)
        self._gives_up = False
        """Items turned out to compute instead of waiting: what is left is for others."""
        self._no_more: Exception | None = None
        self._going_home = False
        self._is_drained = False
        self._full_s = 0.0
        self._numbers = count(1)
        self.most_at_once = 0

    @staticmethod
    def _make_finder(job: Job) -> WidthFinder | None:
        if job.workers_forced or not job.waits:
            return None
        most = min(MOST_THREADS, job.at_most or MOST_THREADS)
        width = Width(
            threads=max(1, min(job.workers, most)), alone_s=max(job.item_s, 1e-9), most=most
        )
        return WidthFinder(width, perf_counter())

    @staticmethod
    def _make_expectation(job: Job) -> Expectation | None:
        if not job.cpu_s:
            return None
        return Expectation(
            cpu_s=job.cpu_s,
            item_s=job.item_s,
            began_s=perf_counter(),
            process_cpu_s=process_time(),
        )

    def start(self) -> None:
        """Start the first thread, before anything is claimed."""
        self._hire(1)
        if self._no_more is not None:
            msg = f"threads cannot be started: {self._no_more}"
            raise EngineStartError(msg) from self._no_more

    def play(self) -> Steps[None]:
        """Hand out chunks and take results until nothing is left."""
        while self._hand_out():
            self._take_home()
            self._heed(self._reports.limit)
            if self._job.fail_fast and self._reports.limit is not None:
                self._limit = -1
                return
            if self._reports.ready:
                yield
        if self._gives_up:
            self._report_input()  # reading may have failed behind the last chunk

    def _take_home(self) -> None:
        """Wait for a chunk, and take all that are there.

        Where they come in quick succession, they gather for a moment: each time that the caller
        wakes it wants the interpreter lock, which hundreds of threads want as well.
        """
        if self._wanted > self._cost.item_s * self._chunk_size() / GATHERED_S:
            sleep(GATHER_S)
        try:
            home = self._finished.get(timeout=self._patience_s())
            while True:
                ran, where, cpu_s = home
                self._take(ran, where)
                self._doubt(ran, cpu_s)
                home = self._finished.get_nowait()
        except Empty:
            self._reports.tick()
            self._find_width(0, 0.0)

    def _patience_s(self) -> float:
        expected, asked_s = self._expected, self._reports.patience_s
        look_s = None if expected is None else expected.next_look_s(perf_counter())
        return min(seconds for seconds in (asked_s, look_s, WAKE_S) if seconds is not None)

    def _width(self) -> int:
        """How many threads there may be: a few, until they were seen to wait."""
        most = self._reports.most_workers
        if most is not None and most < self._wanted:
            self._wanted, self._finder = most, None
        expected = self._expected
        if expected is None or expected.waits(perf_counter(), process_time(), threads=self._alive):
            return self._wanted
        return min(self._wanted, SCOUTS)

    def _hand_out(self) -> bool:
        """Keep chunks ready and threads enough for them; False when all are home."""
        began, width = perf_counter(), self._width()
        while self._may_hand_out() and self._outstanding < width + self._ahead():
            chunk = self._supply.next(self._chunk_size())
            if chunk is None:
                if self._supply.ended:
                    self._report_input()
                    self._drained()
                break
            self._tasks.put(chunk)
            self._outstanding += 1
            if perf_counter() - began > SLOW_INPUT_S:
                if self._job.streams:
                    break  # what is done meanwhile must not wait for it
                self._hire_enough(width)
        self._hire_enough(width)
        return self._outstanding > 0

    def _may_hand_out(self) -> bool:
        return self._limit == NO_LIMIT and not self._gives_up

    def _ahead(self) -> int:
        """So many chunks lie ready; one while the job may yet be given back."""
        if self._expected is not None and not self._expected.is_judged(perf_counter()):
            return 1
        chunk_s = self._cost.item_s * self._chunk_size()
        burst = self._wanted if self._finder is not None else 1  # those in step end together
        return max(1, min(max(burst, ceil(self._wanted * AHEAD_S / chunk_s)), MOST_AHEAD))

    def _chunk_size(self) -> int:
        if self._job.chunksize is not None:
            return self._job.chunksize
        size = self._cost.fitting(THREAD_QUANTUM_S)
        left = self._supply.left()
        return size if left is None else thread_chunk(left, size, self._width())

    def _report_input(self) -> None:
        if self._supply.failure is not None:
            self._reports.failed(self._supply.failure)

    def _hire_enough(self, width: int) -> None:
        if self._no_more is not None:
            self._settle_for_fewer(self._no_more)
        missing = min(width, self._wanted, self._outstanding) - self._alive
        if missing > 0:
            self._hire(missing)

    def _settle_for_fewer(self, error: Exception) -> None:
        if self._wanted > self._alive:
            self._reports.note(f"only {self._alive} threads could be started: {error}")
            self._wanted, self._finder = max(1, self._alive), None

    def _hire(self, many: int) -> None:
        """Start ``many`` threads: one, which starts the others with the help of those."""
        with self._lock:
            self._alive += many
        self._start_thread(many)
        if self._expected is not None and self._alive <= SCOUTS:
            self._expected.begins(perf_counter(), process_time())
        self.most_at_once = max(self.most_at_once, self._alive)

    def _take(self, ran: Ran, where: str) -> None:
        self._outstanding -= 1
        done = len(ran.results)
        if done:
            self._cost.learn(done, ran.busy_s)
            self._find_width(done, ran.busy_s)
            self._reports.done(ran.start, ran.results, ran.busy_s)
        if ran.error is not None:
            self._reports.failed(Failure(ran.next_index, ran.error, where))

    def _find_width(self, done: int, took_s: float) -> None:
        if self._finder is None:
            return
        refused = 0 if self._job.refusals is None else self._job.refusals.fresh()
        if done or refused:
            self._wanted = self._finder.completed(
                perf_counter(), done, took_s, full_s=self._full_s, refused=refused
            )

    def tell(self) -> None:
        """Account for the number of threads, where it had to be found."""
        if self._finder is not None:
            self._reports.waited(self._finder.told(self._job.at_most))

    def _doubt(self, ran: Ran, cpu_s: float) -> None:
        if self._expected is not None:
            self._expected.came_home(len(ran.results), cpu_s, ran.busy_s)
            self._gives_up = self._gives_up or self._expected.is_wrong(
                perf_counter(), process_time(), threads=self._alive
            )

    def _heed(self, limit: int | None) -> None:
        """Start nothing at or above ``limit`` any more."""
        if limit is not None:
            with self._lock:
                self._limit = min(limit, self._limit)

    def dismiss(self) -> None:
        """Let the threads end, and see them gone; after ``fail_fast`` wait only a moment."""
        self._send_home()
        if self._limit < 0:
            self._wait_for_ends(GRACE_S)
            return
        for thread in self._threads:  # one that starts others stands before them
            thread.join()
        see_gone(self._threads)

    def leave(self) -> None:
        """Something was raised in the caller: start nothing more, and wait only a moment."""
        self._limit = -1
        if self._job.refusals is not None:
            self._job.refusals.is_over.set()
        self._send_home()
        self._wait_for_ends(GRACE_S)

    def _send_home(self) -> None:
        with self._lock:
            self._going_home = True
        self._let_go()

    def _drained(self) -> None:
        """No chunk follows: who finds none ends by itself, while others are still at work."""
        if not self._is_drained:
            self._is_drained = True
            self._let_go()

    def _let_go(self) -> None:
        for _ in range(self._alive):
            self._tasks.put(None)

    def _wait_for_ends(self, seconds: float) -> None:
        deadline = perf_counter() + seconds
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, deadline - perf_counter()))
                forget(thread)

    # -- in the threads

    def _start_thread(self, many: int) -> None:
        """Start one thread that will start ``many`` - 1 more."""
        name = f"amorsize-{next(self._numbers)}"
        thread = threading.Thread(
            target=self._context.copy().run,
            args=(self._live, name, many - 1),
            name=name,
            daemon=True,
        )
        try:
            thread.start()
        except (RuntimeError, MemoryError) as error:
            if isinstance(error.__context__, KeyboardInterrupt):
                # Ctrl-C in the middle of a condition's own bookkeeping comes out as this
                raise error.__context__ from None
            with self._lock:
                self._alive -= many
                self._no_more = error
        else:
            self._threads.append(thread)

    def _start_others(self, many: int) -> None:
        for part in (many - many // 2, many // 2):
            if part and not self._going_home:
                self._start_thread(part)

    def _live(self, name: str, others: int) -> None:
        where = f"thread {name}"
        self._start_others(others)
        self._full_s = perf_counter()
        INSIDE.set(where)
        _own_decimal_context()
        try:
            self._serve(where)
        finally:
            end_of_worker()

    def _serve(self, where: str) -> None:
        while (chunk := self._tasks.get()) is not None:
            stop = chunk.start + len(chunk.items)
            began = thread_time() if self._expected is not None else 0.0
            ran = run_chunk(self._job.func, chunk.items, (chunk.start, stop), watch=self._watch)
            if self._job.refusals is not None:
                ran.busy_s -= self._job.refusals.slept_s()
            if ran.error is not None:
                self._heed(ran.next_index)
            del chunk
            cpu_s = thread_time() - began if self._expected is not None else 0.0
            self._finished.put((ran, where, cpu_s))
            del ran
            if self._is_one_too_many():
                return

    def _watch(self, index: int, stop: int, _size: int) -> int:
        return min(stop, max(index, self._limit))

    def _is_one_too_many(self) -> bool:
        if self._alive <= self._wanted:
            return False
        with self._lock:
            if self._alive <= self._wanted:
                return False
            self._alive -= 1
            return True


def _own_decimal_context() -> None:
    """A copied context still shares the decimal context object: precision yes, flags no."""
    decimal: Any = sys.modules.get("decimal")
    if decimal is not None:
        decimal.setcontext(decimal.getcontext().copy())
