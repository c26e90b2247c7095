"""The spawned workers themselves: an executor of loky's, started, asked, kept and ended.

Idle workers wait ``IDLE_S`` for the next call before they leave.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import warnings
import weakref
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from amorsize.engines.base import EngineStartError
from amorsize.engines.spawned_alive import IDLE_POOLS, LENDER
from amorsize.engines.spawned_worker import (
    Order,
    Setting,
    describe,
    report_for_duty,
    serve,
    serve_call,
)
from amorsize.engines.worker_logs import levels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from types import FrameType

    from amorsize.engines.spawned_worker import Reply

IDLE_S: Final = 60
"""A worker costs 0.2 to 0.4 s to start and some 40 MB to keep."""

CLOSING_S: Final = 0.8
"""Killing takes some 20 ms; if it hangs, Ctrl-C is worth more than a tidy end."""

MOST_WORKERS: Final = 60
"""Windows cannot wait for more processes at once."""

MAINS: Final = ("__main__", "__mp_main__")
"""The main script, and what ``multiprocessing`` calls it in a child that it spawned."""

WORKER_ENVIRONMENT: Final = {"LOKY_MAX_MEMORY_LEAK_SIZE": "1e15"}
"""loky replaces workers that grow by 300 MB; heavy constants are no leak."""


@dataclass(frozen=True, slots=True)
class Payload:
    """A function and its caller's setting, ready to travel."""

    digest: bytes
    packed: bytes


def pack_function(func: Callable[[Any], Any]) -> Payload:
    """Pickle ``func``, by value where it cannot be imported.

    Raises:
        EngineStartError: it cannot be pickled.
    """
    import hashlib

    try:
        packed = pickle.dumps((_setting(), _dumps_by_value(func)), 5)
    except Exception as error:
        msg = f"the function cannot be sent to another process: {describe(error)}"
        raise EngineStartError(msg) from error
    return Payload(hashlib.blake2b(packed, digest_size=16).digest(), packed)


def pack_call(func: Callable[..., Any], args: Any, kwargs: Any) -> bytes:
    """Pickle one call and its caller's setting. Raises what pickling raises."""
    return pickle.dumps((_setting(), _dumps_by_value((func, args, kwargs))), 5)


def _setting() -> Setting:
    decimal: Any = sys.modules.get("decimal")
    try:
        directory = os.getcwd()  # noqa: PTH109 - pathlib takes 5 ms to import
    except OSError:  # deleted under our feet
        directory = None
    context = decimal.getcontext() if decimal is not None else None
    return Setting(
        directory, dict(os.environ), list(sys.path), context, levels=levels(), filters=_filters()
    )


def _filters() -> list[Any] | None:
    """The caller's, for warnings, where they can travel."""
    filters = list(warnings.filters)
    try:
        pickle.dumps(filters, 5)
    except Exception:  # noqa: BLE001 - a class of warnings that was made on the spot
        return None
    return filters


def pack_items(items: list[Any]) -> bytes | None:
    """Pickle items; ``None`` if they cannot travel.

    What was defined in ``__main__`` must travel by value: workers have another ``__main__``.
    """
    try:
        packed = pickle.dumps(items, 5)
        if not any(main.encode() in packed for main in MAINS):
            return packed
    except Exception:  # noqa: BLE001, S110 - the next attempt tells
        pass
    try:
        return _dumps_by_value(items)
    except Exception:  # noqa: BLE001 - pickling runs code of the user's
        return None


def _dumps_by_value(value: Any) -> bytes:
    """What a worker cannot import goes with it: cloudpickle only knows that of ``__main__``."""
    import cloudpickle

    for main in MAINS[1:]:
        if main in sys.modules:
            cloudpickle.register_pickle_by_value(sys.modules[main])
    packed: bytes = cloudpickle.dumps(value, 5)
    return packed


class SpawnedPool:
    """So many worker processes, being started."""

    def __init__(self, workers: int, *, idle_s: float = IDLE_S) -> None:
        self.workers = workers
        self._idle_s = idle_s
        self._executor: Any = None
        self._greeting: Future[int] | None = None
        if IDLE_POOLS.is_inherited():
            msg = "worker processes cannot be shared with a forked process"
            raise EngineStartError(msg)
        try:
            with interrupts_deferred():
                self._start()
        except Exception as error:
            msg = f"worker processes cannot be started: {describe(error)}"
            raise EngineStartError(msg) from error
        except BaseException:
            self.kill()
            raise

    def _start(self) -> None:
        import loky

        IDLE_POOLS.own()
        with _interrupts_blocked():
            self._executor = loky.ProcessPoolExecutor(
                max_workers=self.workers, timeout=self._idle_s, env=WORKER_ENVIRONMENT
            )
            _dismiss_at_exit(self._executor)
            self._greeting = self._executor.submit(report_for_duty)

    @property
    def is_cold(self) -> bool:
        """Whether these workers were started just now, or by a call that they came too late for."""
        return self._greeting is not None

    def is_ready(self) -> bool:
        """Whether some worker has come up. Raises what kept them from it."""
        if self._greeting is not None and self._greeting.done():
            self._greeting.result()
            self._greeting = None
        return self._greeting is None

    def submit(self, order: Order) -> Future[Reply]:
        """Raises whatever loky says when workers are broken or gone."""
        future: Future[Reply] = self._executor.submit(serve, order)
        return future

    def call(self, packed: bytes) -> Future[Any]:
        """Submit what ``pack_call`` has packed. Raises likewise."""
        future: Future[Any] = self._executor.submit(serve_call, packed)
        return future

    def is_alive(self) -> bool:
        """Whether workers are there, or on their way."""
        return not self._has_ended() and any(p.is_alive() for p in _processes_of(self._executor))

    def _has_ended(self) -> bool:
        flags = self._executor._flags  # noqa: SLF001 - said nowhere else
        return bool(flags.shutdown or flags.broken)

    def dismiss(self, *, wait: bool = False) -> None:
        """Let idle workers leave by themselves; those that are being killed may not."""
        if wait or not self._has_ended():
            self._executor.shutdown(wait=wait)

    def kill(self) -> None:
        """End all workers at once, whatever they do. The next call starts new ones."""
        if self._executor is None:
            return
        with interrupts_deferred():
            processes = _processes_of(self._executor)
            closer = threading.Thread(
                target=self._executor.shutdown,
                kwargs={"wait": True, "kill_workers": True},
                name="amorsize-closing",
                daemon=True,
            )
            closer.start()
            closer.join(CLOSING_S)
            if closer.is_alive():
                for process in processes:
                    process.kill()


@contextmanager
def spawned_pool(workers: int, *, keep: bool = True) -> Iterator[SpawnedPool]:
    """A pool whose workers stay for the next call, unless something is raised inside.

    Without ``keep`` they are let go, and seen gone.
    """
    size = max(1, min(workers, MOST_WORKERS))
    lender = LENDER.get() if keep else None
    if lender is not None:
        with lender.lend(size) as lent:
            yield lent
        return
    pool: SpawnedPool = IDLE_POOLS.take(size) or SpawnedPool(size)
    try:
        yield pool
    except BaseException:
        if not IDLE_POOLS.is_inherited():  # the consumer of a stream has forked
            pool.kill()
        raise
    else:
        if keep:
            IDLE_POOLS.give_back(pool)
        else:
            pool.dismiss(wait=True)


def _processes_of(executor: Any) -> list[Any]:
    """The worker processes of an executor; loky shows them nowhere else."""
    return list(executor._processes.values())  # noqa: SLF001 - nowhere else


@contextmanager
def interrupts_deferred() -> Iterator[None]:
    """Let a Ctrl-C wait until the block is over; it may arrive through any thread."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return
    caught: list[tuple[int, FrameType | None]] = []
    signal.signal(signal.SIGINT, lambda number, frame: caught.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if caught:
            before(*caught[0])


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Processes started inside do not hear Ctrl-C before they can handle it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    # started later, it would let interrupts in again
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _dismiss_at_exit(executor: Any) -> None:
    """A process of ``multiprocessing``'s own joins its children at exit, idle ones too."""
    from multiprocessing.process import parent_process
    from multiprocessing.util import Finalize

    if parent_process() is not None:
        Finalize(executor, _end, args=[weakref.ref(executor)], exitpriority=100)


def _end(reference: Callable[[], Any]) -> None:
    executor = reference()
    if executor is not None:  # it was not let go before
        executor.shutdown(wait=True, kill_workers=True)
