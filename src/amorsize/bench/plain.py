"""The plain loop, threads of the standard library, and our own adaptive run."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from threading import enumerate as all_threads
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from amorsize.bench.deadline import TimeUpError
from amorsize.engines.reaper import REAPER
from amorsize.engines.source import source_of
from amorsize.engines.spawned_alive import IDLE_POOLS
from amorsize.runtime.driver import run
from amorsize.runtime.ledger import Hooks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

    from amorsize.bench.task import Task

LOOK_UP_S: Final = 5e-3
"""The plain loop looks at the clock about so often: asking at every item would slow it down."""

REAP_S: Final = 0.1
"""Workers of our team have exited so soon after their run."""


def serial(task: Task) -> list[Any]:
    """``[func(item) for item in items]``, in blocks that grow until they take ``LOOK_UP_S``."""
    func, left, total = task.func, iter(task.items), len(task.items)
    results: list[Any] = []
    size = 1
    while len(results) < total:
        began = perf_counter()
        results += [func(item) for item in islice(left, size)]
        if perf_counter() - began < LOOK_UP_S:
            size *= 2
        task.done = len(results)
        if task.done < total:
            task.deadline.check()
    return results


def threads(task: Task) -> list[Any]:
    """``list(ThreadPoolExecutor(n_jobs).map(func, items))``; calls that run cannot be stopped."""
    name = f"amorsize-bench-{uuid4().hex}"
    pool = ThreadPoolExecutor(task.setup.n_jobs, thread_name_prefix=name)
    futures: list[Future[Any]] = []
    try:
        futures.extend(pool.submit(task.func, item) for item in task.items)
        results = _collected(futures, task)
    except (TimeUpError, KeyboardInterrupt):
        pool.shutdown(wait=False, cancel_futures=True)
        task.still_running = _busy(name, futures)
        task.done = sum(future.done() and not future.cancelled() for future in futures)
        raise
    except BaseException:
        pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()
    return results


def adaptive(task: Task) -> list[Any]:
    """``execute(func, items)`` as in a first call: nothing is remembered, no worker waits."""

    def look(done: int, _total: int | None) -> None:
        task.done = done
        task.deadline.check()

    def interrupted(results: Sequence[Any]) -> None:
        task.done = len(results)

    hooks = Hooks(progress=None if task.deadline.rings else look, interrupted=interrupted)
    return run(task.func, source_of(task.items), hooks=hooks).results


def settle() -> None:
    """Let our own workers of the last run go: the next one starts from nothing, undisturbed."""
    IDLE_POOLS.dismiss(wait=True)
    REAPER.reap(REAP_S)


def _collected(futures: list[Future[Any]], task: Task) -> list[Any]:
    results = []
    for future in futures:
        try:
            results.append(future.result(task.deadline.wait_s))
        except TimeoutError:
            if future.done():  # it is the function's own
                raise
            raise TimeUpError from None
    return results


def _busy(name: str, futures: list[Future[Any]]) -> int:
    """Calls that still run, as far as their threads are still there."""
    running = sum(future.running() for future in futures)
    return min(running, sum(thread.name.startswith(name) for thread in all_threads()))
