"""Coroutine functions, on an event loop of this engine's own, or on the caller's running one.

``run`` has its own loop in the caller's thread, where Ctrl-C cancels what is in the air, awaits
it, and is raised. Where that thread runs a loop already (a notebook cell) it has a thread of its
own: the input is read there, what lands is taken by the caller. ``arun`` is awaited.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import aclosing
from contextvars import copy_context
from itertools import groupby
from operator import attrgetter
from queue import Empty, SimpleQueue
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from amorsize.engines.base import EngineStartError, Failure
from amorsize.engines.flight import Flight, Landed
from amorsize.engines.supply import Supply
from amorsize.machine.descriptors import spare_descriptors
from amorsize.machine.ownthreads import see_gone
from amorsize.plan.concurrency import MOST_AWAITS, Width
from amorsize.plan.finder import WidthFinder
from amorsize.vocab.plan import EngineKind

if TYPE_CHECKING:
    from amorsize.engines.base import Job, Reports
    from amorsize.vocab.waiting import Waiting

HERE: Final = "the event loop"

WAKE_S: Final = 0.1
"""The caller looks up at least so often; some systems deliver Ctrl-C only then."""

FEWEST: Final = 16
"""However few descriptors are left: a coroutine need not open any."""


class AsyncEngine:
    """Coroutines on one event loop."""

    kind = EngineKind.ASYNC

    def run(self, job: Job, reports: Reports, /) -> int:
        """See ``Engine.run``."""
        if _is_in_a_loop():
            return _Elsewhere(job, reports).run()
        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            return runner.run(self.arun(job, reports), context=copy_context())

    async def arun(self, job: Job, reports: Reports, /) -> int:
        """The same on the running loop.

        Cancelled, it cancels all that is in the air, and awaits it.
        """
        flight = flight_for(job, patience_s=reports.patience_s)
        if reports.limit is not None:
            flight.stop_from(reports.limit)
        async with aclosing(flight.batches()) as batches:
            async for batch in batches:
                take(batch, reports)
                if job.fail_fast and reports.limit is not None:
                    break
        if (waiting := waiting_of(flight, job)) is not None:
            reports.waited(waiting)
        return flight.most_at_once


def flight_for(job: Job, *, patience_s: float | None = None) -> Flight:
    """What flies the items of ``job``; so many at once as are asked for, or as prove best."""
    most = min(MOST_AWAITS, max(FEWEST, spare_descriptors()))
    if job.at_most is not None:
        most = min(most, job.at_most)
    width: int | WidthFinder = job.workers
    if not job.workers_forced:
        start = max(1, min(job.workers, most))
        width = WidthFinder(Width(threads=start, alone_s=job.item_s, most=most), perf_counter())
    return Flight(
        job.func,
        Supply(job.source),
        width=width,
        refusals=job.refusals,
        patience_s=patience_s,
    )


def waiting_of(flight: Flight, job: Job) -> Waiting | None:
    """How the number of items at once was found, if it had to be."""
    return None if flight.finder is None else flight.finder.told(job.at_most)


def take(batch: list[Landed], reports: Reports) -> None:
    """Report what has landed; consecutive items together."""
    batch.sort(key=attrgetter("at"))
    landed = (item for item in batch if item.error is None)
    for _, run in groupby(enumerate(landed), key=lambda at: at[1].at - at[0]):
        items = [item for _, item in run]
        reports.done(
            items[0].at, [item.result for item in items], sum(item.took_s for item in items)
        )
    for item in batch:
        if isinstance(item.error, KeyboardInterrupt):
            raise item.error
        if item.error is not None:
            reports.failed(Failure(item.at, item.error, HERE))
    if not batch:
        reports.tick()


def _is_in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class _Elsewhere:
    """A loop in a thread of its own, for a caller whose thread runs one already."""

    def __init__(self, job: Job, reports: Reports) -> None:
        self._job = job
        self._reports = reports
        self._patience_s = reports.patience_s
        self._limit = reports.limit
        self._posts: SimpleQueue[list[Landed] | None] = SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None
        self._is_over = False
        self._error: BaseException | None = None
        self._waiting: Waiting | None = None
        self._most_at_once = 0

    def run(self) -> int:
        thread = threading.Thread(
            target=copy_context().run, args=(self._live,), name="amorsize-loop", daemon=True
        )
        try:
            thread.start()
        except (RuntimeError, MemoryError) as error:
            msg = f"a thread for the event loop cannot be started: {error}"
            raise EngineStartError(msg) from error
        try:
            self._take_all()
        finally:
            self._stop()
            thread.join()
            see_gone([thread])
        if self._error is not None:
            raise self._error
        if self._waiting is not None:
            self._reports.waited(self._waiting)
        return self._most_at_once

    def _take_all(self) -> None:
        while True:
            try:
                batch = self._posts.get(timeout=WAKE_S)
            except Empty:
                self._reports.tick()
                continue
            if batch is None:
                return
            take(batch, self._reports)
            if self._job.fail_fast and self._reports.limit is not None:
                return

    def _stop(self) -> None:
        self._is_over = True
        loop, task = self._loop, self._task
        if loop is not None and task is not None and not loop.is_closed():
            loop.call_soon_threadsafe(task.cancel)

    # -- in the thread

    def _live(self) -> None:
        try:
            with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
                runner.run(self._fly())
        except asyncio.CancelledError:
            pass
        except BaseException as error:  # noqa: BLE001 - raised where the caller waits
            self._error = error
        finally:
            self._posts.put(None)

    async def _fly(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        flight = flight_for(self._job, patience_s=self._patience_s)
        if self._limit is not None:
            flight.stop_from(self._limit)
        async with aclosing(flight.batches()) as batches:
            async for batch in batches:
                self._posts.put(batch)
                if self._is_over:
                    break
        self._waiting = waiting_of(flight, self._job)
        self._most_at_once = flight.most_at_once
