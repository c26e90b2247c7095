"""Coroutine functions: no opening, no choice among engines; how many at once is the question."""

from __future__ import annotations

from asyncio import CancelledError
from time import perf_counter
from typing import TYPE_CHECKING, Any

from amorsize.engines.aio import AsyncEngine
from amorsize.engines.base import Failure, Job
from amorsize.engines.per_item import PerItem
from amorsize.engines.refused import Refusals
from amorsize.engines.source import IteratedSource
from amorsize.plan.concurrency import POLITE_SHORT
from amorsize.runtime.ledger import Hooks, Ledger
from amorsize.runtime.outcome import Outcome, announce
from amorsize.runtime.partial import carry
from amorsize.vocab.options import DEFAULT_OPTIONS, Options
from amorsize.vocab.plan import EngineKind
from amorsize.vocab.record import RunRecord

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from amorsize.engines.source import Source


class Awaiting:
    """One run of a coroutine function. Use ``run`` or ``arun``, once."""

    def __init__(
        self,
        func: Callable[[Any], Awaitable[Any]],
        source: Source,
        *,
        options: Options = DEFAULT_OPTIONS,
        hooks: Hooks | None = None,
    ) -> None:
        self._began = perf_counter()
        self._options = options
        self._source = source
        hooks = hooks or Hooks()
        self._ledger = Ledger(hooks, source.length, journal=hooks.journal)
        self._job = job_for(func, source, options)
        if options.chunksize is not None:
            self._ledger.note("chunksize means nothing here: coroutines are awaited one by one")

    def run(self) -> Outcome:
        """Run every item once, on a loop of its own; raises as ``runtime.driver.run`` does."""
        try:
            return self._outcome(AsyncEngine().run(self._job, self._ledger))
        except BaseException as error:
            self._stopped_by(error)
            raise

    async def arun(self) -> Outcome:
        """The same on the running loop.

        Raises:
            CancelledError: it was cancelled; all items in the air were, too, and have ended.
        """
        try:
            return self._outcome(await AsyncEngine().arun(self._job, self._ledger))
        except BaseException as error:
            self._stopped_by(error)
            raise

    def _stopped_by(self, error: BaseException) -> None:
        if isinstance(error, (KeyboardInterrupt, CancelledError)):
            self._ledger.interrupted()
        carry(error, self._ledger, marked=isinstance(self._job.func, PerItem))

    def _outcome(self, workers: int) -> Outcome:
        source, ledger = self._source, self._ledger
        if isinstance(source, IteratedSource) and source.broken is not None:
            ledger.failed(Failure(source.position, source.broken, "the input"))
        ledger.finish()
        ledger.raise_failure()
        record = RunRecord(
            items=len(ledger.results),
            engine=EngineKind.ASYNC,
            workers=workers,
            wall_s=perf_counter() - self._began,
            work_s=ledger.work_s,
            serial_items=0,
            decision=None,
            profile=None,
            warnings=tuple(ledger.notes),
            waiting=ledger.waiting,
            options=self._options,
        )
        announce(record)
        return Outcome(results=ledger.results, record=record)


def job_for(func: Callable[[Any], Awaitable[Any]], source: Source, options: Options) -> Job:
    """Everything left of ``source``, on a loop."""
    forced = 1 if options.forces_serial else options.n_jobs
    left = source.left()
    start = POLITE_SHORT if left is None else min(POLITE_SHORT, max(1, left))
    return Job(
        func=func,
        source=source,
        workers=forced or start,
        item_s=0.0,
        waits=True,
        workers_forced=forced is not None,
        at_most=options.max_concurrency,
        refusals=None if options.is_overload is None else Refusals(options.is_overload),
        fail_fast=options.fail_fast,
    )
