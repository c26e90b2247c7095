"""``multiprocessing.Pool``, by the start method in force: made, used for one ``map``, ended."""

from __future__ import annotations

import multiprocessing
import signal
from typing import TYPE_CHECKING, Any

from amorsize.bench.children import children, end, undisturbed
from amorsize.bench.deadline import TimeUpError

if TYPE_CHECKING:
    from multiprocessing.pool import MapResult

    from amorsize.bench.task import Task


def processes(task: Task) -> list[Any]:
    """Run ``Pool(n_jobs).map(func, items, chunksize)``, or kill the workers when time is up."""
    before = children()
    pool = None
    try:
        # cut short while it is made, it would leave workers that nobody knows of
        with undisturbed():
            # workers leave a Ctrl-C to us: nothing but tracebacks would come of it
            pool = multiprocessing.Pool(
                task.setup.n_jobs, signal.signal, (signal.SIGINT, signal.SIG_IGN)
            )
        coming = pool.map_async(task.func, task.items, task.setup.chunksize)
        results = _awaited(coming, task)
        pool.terminate()
        pool.join()
    except BaseException:
        end(_nothing if pool is None else pool.terminate, before)
        raise
    return results


def _awaited(coming: MapResult[Any], task: Task) -> list[Any]:
    coming.wait(task.deadline.wait_s)
    if not coming.ready():
        raise TimeUpError
    return coming.get()


def _nothing() -> None:
    """There is no pool to close."""
