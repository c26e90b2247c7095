"""Coroutine functions on a running event loop: how items take off, land, and are called back.

A few tasks each await one item after the other: a task per item would cost more than many an
item. Every task has its own copy of the context in which the flight began. Whoever consumes
``batches`` is on the same loop, so nothing here is locked.
"""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from amorsize.engines.awaited_item import AwaitedItem
from amorsize.engines.refused import Rests

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from amorsize.engines.refused import Refusals
    from amorsize.engines.supply import Supply
    from amorsize.plan.finder import WidthFinder

READ_AHEAD: Final = 64
"""Items of a container that are listed at a time; others are read one by one, when needed."""

NO_LIMIT: Final = sys.maxsize


class Landed(NamedTuple):
    """An item that came home, in whatever order."""

    at: int
    """Its index."""
    result: Any
    error: BaseException | None
    took_s: float


class Flight:
    """Runs what ``supply`` gives, ``width`` at once: a number, or whoever finds it.

    After a failure no larger index takes off, those in the air are called back, and smaller
    ones land. To leave, close ``batches`` (``contextlib.aclosing``) or cancel who awaits it:
    everything in the air is cancelled, and awaited.
    """

    def __init__(
        self,
        func: Callable[[Any], Awaitable[Any]],
        supply: Supply,
        *,
        width: int | WidthFinder,
        refusals: Refusals | None = None,
        patience_s: float | None = None,
    ) -> None:
        """``batches`` gives an empty batch where nothing landed for ``patience_s``."""
        self._func = func
        self._supply = supply
        self.finder = None if isinstance(width, int) else width
        self._refusals = refusals
        self._wanted = max(1, width if isinstance(width, int) else width.width.threads)
        self._patience_s = patience_s
        self._read_ahead = READ_AHEAD if supply.may_read_ahead else 1
        self._ready: deque[Any] = deque()
        self._next_index = 0
        self._at: dict[asyncio.Task[None], int] = {}
        """The item that each task is at."""
        self._landed: list[Landed] = []
        self._waker: asyncio.Future[None] | None = None
        self._limit = NO_LIMIT
        self._is_leaving = False
        self.most_at_once = 0

    async def batches(self) -> AsyncGenerator[list[Landed], None]:
        """What has landed since the last time, until nothing is left. Use it once."""
        try:
            while self._landed or self._send_off():
                if not self._landed:
                    await self._something()
                landed, self._landed = self._landed, []
                self._find_width(landed)
                self._send_off()
                yield landed
        finally:
            await self._leave()

    def _find_width(self, landed: list[Landed]) -> None:
        if self.finder is None:
            return
        refused = 0 if self._refusals is None else self._refusals.fresh()
        if landed or refused:
            took_s = sum(item.took_s for item in landed)
            self._wanted = self.finder.completed(
                perf_counter(), len(landed), took_s, refused=refused
            )

    def stop_from(self, index: int) -> None:
        """Let no item from ``index`` on take off, and call back those in the air."""
        self._limit = min(self._limit, index)
        for task, at in self._at.items():
            if at > self._limit:
                task.cancel()

    # -- in the air

    def _send_off(self) -> bool:
        """Start tasks while more items may be in the air; false when none is, or will be."""
        while len(self._at) < self._wanted and (first := self._take()) is not None:
            task = asyncio.create_task(self._fly(*first))
            self._at[task] = first[0]
            task.add_done_callback(self._gone)
        self.most_at_once = max(self.most_at_once, len(self._at))
        return bool(self._at)

    def _take(self) -> tuple[int, Any] | None:
        """The next item to take off, if one may."""
        if not self._ready and not self._read():
            return None
        index = self._next_index
        if index >= self._limit:
            return None
        self._next_index += 1
        return index, self._ready.popleft()

    def _read(self) -> bool:
        if self._limit != NO_LIMIT:
            return False
        chunk = self._supply.next(self._read_ahead)
        if chunk is None:
            return False
        self._next_index = chunk.start
        self._ready.extend(chunk.items)
        return True

    async def _fly(self, index: int, item: Any) -> None:
        """One item after the other, while there are not too many tasks."""
        me: Any = asyncio.current_task()
        while True:
            result, error, slept_s = None, None, 0.0
            began = perf_counter()
            try:
                if self._refusals is None:
                    result = await self._func(item)
                else:
                    result, slept_s = await self._patiently(item, self._refusals)
            except BaseException as raised:  # noqa: BLE001 - the item's own failure, raised in its turn
                error = raised
            if self._is_leaving or index > self._limit:
                return  # called back
            self._land(Landed(index, result, error, perf_counter() - began - slept_s))
            if error is not None or len(self._at) > self._wanted:
                return
            following = self._take()
            if following is None:
                return
            index, item = following
            self._at[me] = index

    async def _patiently(self, item: Any, refusals: Refusals) -> tuple[Any, float]:
        """What a call gives that was not refused, and the seconds of pauses before it."""
        rests, func = Rests(refusals, self._wake), self._func
        if isinstance(func, AwaitedItem):
            return await func.patiently(item, rests), rests.slept_s
        return await rests.call(func, item), rests.slept_s

    def _land(self, landed: Landed) -> None:
        self._landed.append(landed)
        if landed.error is not None:
            self.stop_from(landed.at)
        self._wake()

    def _gone(self, task: asyncio.Task[None]) -> None:
        del self._at[task]
        if not task.cancelled() and (error := task.exception()) is not None:
            self._landed.append(Landed(self._next_index, None, error, 0.0))
        if not self._at:
            self._wake()

    # -- at home

    async def _something(self) -> None:
        """Wait until an item has landed, or the last task has gone, or it takes too long."""
        loop = asyncio.get_running_loop()
        self._waker = loop.create_future()
        late = None if self._patience_s is None else loop.call_later(self._patience_s, self._wake)
        try:
            await self._waker
        finally:
            self._waker = None
            if late is not None:
                late.cancel()

    def _wake(self) -> None:
        if self._waker is not None and not self._waker.done():
            self._waker.set_result(None)

    async def _leave(self) -> None:
        """Cancel what is in the air, and see it gone, however often we are told to hurry."""
        self._is_leaving = True
        hurried: asyncio.CancelledError | None = None
        while self._at:
            for task in self._at:
                task.cancel()
            try:
                await asyncio.wait(list(self._at))
                await asyncio.sleep(0)  # their callbacks are next
            except asyncio.CancelledError as error:
                hurried = error
        if hurried is not None:
            raise hurried
