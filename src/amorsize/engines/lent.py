"""Spawned workers that one owner keeps, and lends to calls of several threads at a time."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from amorsize.engines.base import EngineStartError
from amorsize.engines.spawned_pool import SpawnedPool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    from amorsize.engines.spawned_worker import Order, Reply


class LentPool:
    """Some of an owner's workers, as one call sees them: it cannot end them."""

    def __init__(self, pool: SpawnedPool, workers: int) -> None:
        self._pool = pool
        self.workers = workers

    @property
    def is_cold(self) -> bool:
        return self._pool.is_cold

    def is_ready(self) -> bool:
        return self._pool.is_ready()

    def submit(self, order: Order) -> Future[Reply]:
        return self._pool.submit(order)

    def kill(self) -> None:
        """What runs now ends by itself: others may wait for their own on the same workers."""


class Workshop:
    """Satisfies ``engines.spawned_alive.Lender``. Workers are started when first needed."""

    def __init__(self, budget: int, idle_s: float) -> None:
        """``budget``: items that run at once; a worker that idles for ``idle_s`` leaves."""
        self._budget = budget
        self._idle_s = idle_s
        self._lock = threading.Lock()
        self._owner = os.getpid()
        self._pools: dict[int, SpawnedPool] = {}
        """By size: callers work too, so calls need one worker less than tasks do."""
        self._busy = 0
        self.is_open = True

    @property
    def cores(self) -> int:
        """What other calls leave of the budget, one at least: the caller's own."""
        return max(1, self._budget - max(0, self._busy - 1))

    def has_workers(self) -> bool:
        """Whether they wait, or are worth starting: the next call will find them."""
        return self.is_open and self._budget > 1 and not self._is_inherited()

    @contextmanager
    def calling(self) -> Iterator[None]:
        """A caller is at work."""
        with self._occupied(1):
            yield

    @contextmanager
    def lend(self, workers: int) -> Iterator[LentPool]:
        """See ``Lender``."""
        pool = self._pool_of(max(1, self._budget - 1))
        workers = min(workers, pool.workers)
        with self._occupied(workers):
            yield LentPool(pool, workers)

    @contextmanager
    def _occupied(self, cores: int) -> Iterator[None]:
        if self._is_inherited():  # the lock may be held by a thread that is not here
            yield
            return
        with self._lock:
            self._busy += cores
        try:
            yield
        finally:
            with self._lock:
                self._busy -= cores

    def for_tasks(self) -> SpawnedPool:
        """Workers for what no caller takes part in. Raises likewise."""
        return self._pool_of(self._budget)

    def _pool_of(self, size: int) -> SpawnedPool:
        """So many workers, started now if they are not there.

        Raises:
            EngineStartError: they cannot be, and why.
        """
        if self._is_inherited():
            msg = "the workers of a session cannot be shared with a forked process"
            raise EngineStartError(msg)
        with self._lock:
            if not self.is_open:
                msg = "the session has been shut down"
                raise EngineStartError(msg)
            pool = self._pools.get(size)
            if pool is None or not pool.is_alive():
                if pool is not None:
                    pool.dismiss()
                pool = self._pools[size] = SpawnedPool(size, idle_s=self._idle_s)
            return pool

    def _is_inherited(self) -> bool:
        return os.getpid() != self._owner

    def close(self, *, wait: bool) -> None:
        """Let the workers end what they have begun, and leave."""
        if self._is_inherited():
            return
        with self._lock:
            self.is_open, pools = False, list(self._pools.values())
            self._pools.clear()
        for pool in pools:
            pool.dismiss(wait=wait)

    def __reduce__(self) -> Any:
        msg = "workers cannot be sent to another process"
        raise TypeError(msg)
