"""Calls that the other side refused, made again where they were made: in the same thread or task.

The user's ``is_overload`` knows them. What was refused is told to whoever finds how many items
may be in flight; the pause is served in its place, so that fewer are in flight at once.
"""

from __future__ import annotations

import threading
from collections import deque
from random import uniform
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from amorsize.engines.item_clock import item_starts, item_waits
from amorsize.plan.refusals import MOST_ASKED_S, MOST_CALLS, pause_s

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

IsOverload: TypeAlias = "Callable[[BaseException], bool | float | None]"

JITTER: Final = 0.25
"""Of a pause, more or less: what was refused together shall not come back together."""


class Refusals:
    """What was refused in this process, and until when nobody is to call."""

    def __init__(self, is_overload: IsOverload) -> None:
        self.is_overload = is_overload
        self.is_over = threading.Event()
        """Nobody waits for the results any more."""
        self._fresh: deque[None] = deque()
        self._until_s = 0.0
        self._slept = threading.local()

    def __reduce__(self) -> tuple[type[Refusals], tuple[IsOverload]]:
        return Refusals, (self.is_overload,)

    def fresh(self) -> int:
        """How many calls were refused since the last time."""
        many = len(self._fresh)
        for _ in range(many):
            self._fresh.popleft()
        return many

    def pause(self, error: BaseException, calls: int) -> float | None:
        """Seconds until this item may be called again; ``None``: the error is its outcome."""
        said = self.is_overload(error)
        if not said or calls >= MOST_CALLS or float(said) > MOST_ASKED_S:
            return None
        self._fresh.append(None)
        if said is True:
            return pause_s(calls) * uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret
        self._until_s = max(self._until_s, perf_counter() + float(said))
        return self.wait_s()

    def wait_s(self) -> float:
        """Seconds that the other side still wants to be left alone."""
        return max(0.0, self._until_s - perf_counter())

    def sleep(self, seconds: float) -> bool:
        """Pause this thread; false where the run is over."""
        if seconds <= 0:
            return not self.is_over.is_set()
        began = perf_counter()
        over = self.is_over.wait(seconds)
        self._slept.seconds = getattr(self._slept, "seconds", 0.0) + perf_counter() - began
        return not over

    def slept_s(self) -> float:
        """How long this thread has paused since the last time."""
        seconds: float = getattr(self._slept, "seconds", 0.0)
        self._slept.seconds = 0.0
        return seconds

    def call(self, func: Callable[..., Any], *args: Any) -> Any:
        """Call ``func``, and again where that was refused; raises what it raises in the end."""
        calls = 0
        self._rest(self.wait_s())
        while True:
            calls += 1
            try:
                return func(*args)
            except Exception as error:
                pause_s = self.pause(error, calls)
                if pause_s is None or not self._rest(pause_s):
                    raise

    def _rest(self, seconds: float) -> bool:
        """``sleep``, and no time limit of the item counts it."""
        if seconds <= 0:
            return self.sleep(seconds)
        item_waits()
        goes_on = self.sleep(seconds)
        item_starts()
        return goes_on


class Patient:
    """A function that is called again for an item whose call was refused."""

    def __init__(self, func: Callable[[Any], Any], refusals: Refusals) -> None:
        self.func = func
        self.refusals = refusals

    def __reduce__(self) -> tuple[type[Patient], tuple[Callable[[Any], Any], Refusals]]:
        return Patient, (self.func, self.refusals)

    def __call__(self, item: Any) -> Any:
        return self.refusals.call(self.func, item)


class Rests:
    """The same for one item on an event loop."""

    def __init__(self, refusals: Refusals, tell: Callable[[], None]) -> None:
        """``tell`` is called when a call was refused."""
        self._refusals = refusals
        self._tell = tell
        self.slept_s = 0.0

    async def call(self, func: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        """See ``Refusals.call``."""
        from asyncio import sleep

        pause_s, calls = self._refusals.wait_s(), 0
        while True:
            if pause_s > 0:
                began = perf_counter()
                await sleep(pause_s)
                self.slept_s += perf_counter() - began
            calls += 1
            try:
                return await func(*args)
            except Exception as error:
                again_s = self._refusals.pause(error, calls)
                if again_s is None:
                    raise
                pause_s = again_s
                self._tell()
