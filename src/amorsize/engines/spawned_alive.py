"""Spawned workers between two calls. Asked before any of them is wanted: loky is not loaded here.

loky's own reusable executor will not do. Up to 3.6 all threads share it, and one thread that asks
for another size waits, holding a lock, for chunks whose followers need that lock to be submitted.
Since 3.7 each thread has one, and workers come and go with short-lived threads.
"""

from __future__ import annotations

import os
import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


class Pool(Protocol):
    """What is asked of workers between two calls."""

    workers: int

    def is_alive(self) -> bool:
        """Whether workers are there, or on their way."""
        ...

    def dismiss(self, *, wait: bool = False) -> None:
        """Let them leave by themselves."""
        ...


class IdlePools:
    """Pools that no call uses. A pool serves one call at a time, of whatever thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pools: list[Pool] = []
        self._owner: int | None = None

    def own(self) -> None:
        """This process has pools from now on."""
        self._owner = os.getpid()

    def is_inherited(self) -> bool:
        """Whether this is a fork of the process that has the workers."""
        return self._owner not in {None, os.getpid()}

    def alive(self) -> bool:
        """Whether some pool has workers."""
        return not self.is_inherited() and any(pool.is_alive() for pool in list(self._pools))

    def take(self, workers: int) -> Any:
        """The live pool of that size that was used last, as it was given back, or ``None``."""
        # inherited, the lock may be held by a thread that is not here
        if self.is_inherited() or not self._pools:
            return None
        with self._lock:
            fitting = [pool for pool in self._pools if pool.workers == workers and pool.is_alive()]
            if fitting:
                self._pools.remove(fitting[-1])
        return fitting[-1] if fitting else None

    def give_back(self, pool: Pool) -> None:
        """Keep it for the next call, and no more idle workers than there are cores."""
        kept: list[Pool] = []
        room = max(pool.workers, os.cpu_count() or 1)
        with self._lock:
            candidates = [pool, *reversed(self._pools)]
            for candidate in candidates:
                if candidate.workers <= room and candidate.is_alive():
                    kept.insert(0, candidate)
                    room -= candidate.workers
            self._pools[:] = kept
        for candidate in candidates:
            if candidate not in kept:
                candidate.dismiss()

    def dismiss(self, *, wait: bool = False) -> None:
        """Let all of them go."""
        with self._lock:
            pools = self._pools.copy()
            self._pools.clear()
        for pool in pools:
            pool.dismiss(wait=wait)


IDLE_POOLS: Final = IdlePools()


class Lender(Protocol):
    """Somebody who keeps workers for many calls."""

    @property
    def cores(self) -> int:
        """As many as this call may use, its caller's own among them."""
        ...

    def has_workers(self) -> bool:
        """Whether they wait, or are worth starting for the calls to come."""
        ...

    def lend(self, workers: int) -> AbstractContextManager[Any]:
        """So many of them, for one call, while others may use them too."""
        ...


LENDER: Final[ContextVar[Lender | None]] = ContextVar("amorsize_lender", default=None)
"""Who lends workers to calls made in this context; without one they come from ``IDLE_POOLS``."""


def spawned_workers_alive() -> bool:
    """Whether workers of an earlier call are waiting for the next one."""
    lender = LENDER.get()
    return IDLE_POOLS.alive() if lender is None else lender.has_workers()
