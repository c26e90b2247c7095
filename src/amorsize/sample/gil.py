"""Does a function let go of the interpreter lock while it computes?

Two witnesses. A ticking thread needs the lock at set times while the caller runs items: it
never runs ``func``, so it may be asked about any function. A trial then runs real items on
two threads: only for functions that the first witness found free, because code that holds
the lock need not be thread-safe.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from functools import partial
from math import inf
from time import perf_counter, thread_time
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from amorsize.sample.helper import Helper
from amorsize.vocab.profile import GilUse

if TYPE_CHECKING:
    from collections.abc import Callable

PERIOD_S: Final = 0.3e-3
"""From tick to tick: a window of 2.5 ms has 8 of them."""

ON_TIME_S: Final = 0.25e-3
"""A tick this late is on time: timers are 0.07 to 0.12 ms late when all is quiet, and code
that never lets go of the lock keeps it for 5 ms."""

MOVED_S: Final = 50e-6
"""CPU time by which the caller has surely been at work again; waking up takes a tenth of it."""

DOUBT_S: Final = 20e-3
"""A caller that has not moved for so long after all is asleep, and not waiting for a core."""

TICKS_PER_PERIOD: Final = 128
"""Then the period doubles, so that an item of 10 s costs some hundreds of ticks, not 30,000."""

TICK_WINDOW_S: Final = 3e-3
"""Items run so long beside the ticking thread: three milliseconds rule out pure Python."""

TRIAL_S: Final = 20e-3
"""Told nine kinds of functions apart without a mistake; 6 ms were not enough."""

GRACE_S: Final = 0.1
"""How long an interrupted caller waits for the helper's item, so as to leave no thread."""


@dataclass(frozen=True, slots=True)
class Ticks:
    """What was seen so far. Replaced as a whole, so that the caller never sees half of it.

    After the lock was held, a tick on time counts only once the caller has used the CPU
    again: until then it may be waiting in vain for a core, and the lock is free only for that.
    """

    next_due: float
    held_at: float
    held_cpu_s: float
    """When the caller was last known to hold the lock, and the CPU time it had used then."""
    woken: int = 0
    count: int = 0
    """Those that fell due while the ticker waited for the lock are counted, too: it was held."""
    due_s: float = 0.0
    free_s: float = 0.0
    """Time that ticks stand for, each for one period: all of them, and those with a free lock."""

    @property
    def period_s(self) -> float:
        return PERIOD_S * 2.0 ** (self.woken // TICKS_PER_PERIOD)

    def after(self, now: float, cpu_s: float) -> Ticks:
        """The same after one more tick; ``cpu_s`` is what the caller has used by now."""
        late_s = now - self.next_due
        held = late_s > ON_TIME_S
        moved = cpu_s - self.held_cpu_s >= MOVED_S or now - self.held_at >= DOUBT_S
        fell_due = 1 + int(late_s / self.period_s)
        due_s = fell_due * self.period_s
        return Ticks(
            next_due=self.next_due + due_s,
            held_at=now if held else self.held_at,
            held_cpu_s=cpu_s if held else self.held_cpu_s,
            woken=self.woken + 1,
            count=self.count + fell_due,
            due_s=self.due_s + due_s,
            free_s=self.free_s + (moved and not held) * self.period_s,
        )


class GilTicker:
    """A thread that wants the lock every 0.3 ms, while the caller runs items of ``func``.

    ``start`` and ``stop`` belong into the same thread, with nothing but items in between.
    Pure Python that holds the lock gives 0: the ticker is not even woken within 2.5 ms. A
    busy machine makes ticks late, so that what is free may look held, and not the other way
    round.
    """

    def start(self) -> Self:
        self._over = threading.Lock()
        self._over.acquire()
        self._cpu_of_caller = _cpu_clock_of_this_thread()
        self._seen = self._nothing()
        self._helper = Helper("amorsize-gil-ticker", self._tick)
        # what happened while the thread was made tells nothing about func
        self._seen = self._nothing()
        return self

    def stop(self) -> GilUse:
        """End the thread, see it gone, and say what it saw."""
        seen, now = self._seen, perf_counter()
        if now - seen.next_due > ON_TIME_S:
            seen = seen.after(now, self._cpu_of_caller())
        self._over.release()
        self._helper.join()
        return GilUse(free_share=seen.free_s / (seen.due_s or PERIOD_S), ticks=seen.count)

    def _nothing(self) -> Ticks:
        now = perf_counter()
        return Ticks(next_due=now + PERIOD_S, held_at=now, held_cpu_s=self._cpu_of_caller())

    def _tick(self) -> None:
        while not self._over.acquire(timeout=max(0.0, self._seen.next_due - perf_counter())):
            now = perf_counter()
            if now >= self._seen.next_due:
                self._seen = self._seen.after(now, self._cpu_of_caller())


def _cpu_clock_of_this_thread() -> Callable[[], float]:
    """A clock that any thread may read. Where there is none it stands still: once held, held."""
    clock_of = getattr(time, "pthread_getcpuclockid", None)
    if clock_of is None:
        return lambda: 0.0
    return partial(time.clock_gettime, clock_of(threading.get_ident()))


class Claims(Protocol):
    """Where a trial gets real items and leaves what became of them, from both threads."""

    def take(self) -> tuple[int, Any] | None:
        """Claim the next item, its index first; ``None``: no item is left."""

    def keep(self, index: int, result: Any, /) -> None: ...

    def fail(self, index: int, error: BaseException, /) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PairTrial:
    """What two threads achieved together on real items."""

    items: int
    wall_s: float
    cpu_s: float

    @property
    def gain(self) -> float:
        """CPU time over wall time: at most 1 under the lock, 2 at best, whatever items cost."""
        return self.cpu_s / self.wall_s if self.wall_s > 0 else 1.0


def pair_trial(
    func: Callable[[Any], Any],
    claims: Claims,
    *,
    window_s: float = TRIAL_S,
    at_end: Callable[[], None] = lambda: None,
) -> PairTrial:
    """Run items on the caller and on one helper thread for about ``window_s``; each runs once.

    An exception of ``func``, whatever its class, is given to ``claims.fail`` and ends the
    trial when the other thread has finished its item. A KeyboardInterrupt in the caller is
    raised at once; what the helper is at is still reported when it is done. ``at_end`` is called
    in the helper when it runs no more items.
    """
    return _Trial(func, claims, window_s, at_end).run()


class _Trial:
    def __init__(  # noqa: PLR0917 - as pair_trial was given them
        self,
        func: Callable[[Any], Any],
        claims: Claims,
        window_s: float,
        at_end: Callable[[], None],
    ) -> None:
        self.at_end = at_end
        self.func = func
        self.claims = claims
        self.until = perf_counter() + window_s
        self.over = False
        self.threads = (_Share(), _Share())
        self.broken: BaseException | None = None

    def run(self) -> PairTrial:
        caller, helper = self.threads
        began = perf_counter()
        thread = Helper("amorsize-trial", self.help)
        try:
            self.work(caller, helper)
            thread.join()
        except BaseException:
            self.over = True
            thread.join(GRACE_S)
            raise
        if self.broken is not None:
            raise self.broken
        return PairTrial(
            items=caller.items + helper.items,
            wall_s=max(caller.ended, helper.ended) - began,
            cpu_s=caller.cpu_s + helper.cpu_s,
        )

    def help(self) -> None:
        caller, helper = self.threads
        try:
            self.work(helper, caller)
            self.at_end()
        except BaseException as error:  # noqa: BLE001 - the caller raises it
            self.broken = error
            self.over = True

    def work(self, mine: _Share, other: _Share) -> None:
        start_s = thread_time()
        while not self.over and (perf_counter() < self.until or other.claimed < self.until):
            claim = self.claims.take()
            if claim is None:
                break
            mine.claimed = perf_counter()
            self.call(*claim, interruptible=mine is self.threads[0])
            mine.items += 1
        mine.cpu_s = thread_time() - start_s
        mine.claimed, mine.ended = inf, perf_counter()

    def call(self, index: int, item: object, *, interruptible: bool) -> None:
        try:
            result = self.func(item)
        except BaseException as error:
            if interruptible and isinstance(error, KeyboardInterrupt):
                raise
            self.over = True
            self.claims.fail(index, error)
        else:
            self.claims.keep(index, result)


@dataclass(slots=True)
class _Share:
    """One thread's part in a trial; ``claimed`` is when it took the item that it is at.

    Past the end of the window each goes on while the other is at an item from within it: a
    long last item would otherwise run alone, and look like a lock that is held.
    """

    items: int = 0
    cpu_s: float = 0.0
    claimed: float = inf
    ended: float = 0.0
