"""``multiprocessing.Pool``, by the start method in force: made, used for one ``map``, ended."""

from __future__ import annotations

import multiprocessing
import os
import signal
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from amorsize.bench.children import children, end, kill_since, undisturbed
from amorsize.bench.deadline import TimeUpError

if TYPE_CHECKING:
    from multiprocessing.pool import MapResult, Pool

    from amorsize.bench.task import Task

POLL_S: Final = 0.01

PIPE_BYTES: Final = 1 << 16


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
        if pool is None:
            kill_since(before)
        else:
            end(pool.terminate, before, release=partial(_empty_pipe, pool))
        raise
    return results


def _awaited(coming: MapResult[Any], task: Task) -> list[Any]:
    coming.wait(task.deadline.wait_s)
    if not coming.ready():
        raise TimeUpError
    return coming.get()


def _empty_pipe(pool: Pool) -> None:
    """Let the pool's own thread end, which may be at writing what no worker will ever read.

    ``terminate`` reads for it only as long as something lies there, and then waits for it for
    ever: the thread and all tasks would stay. What a killed worker has begun to read is no
    message any more, so that bytes are taken.
    """
    handler, tasks = getattr(pool, "_task_handler", None), getattr(pool, "_inqueue", None)
    reader = getattr(tasks, "_reader", None)
    while handler is not None and handler.is_alive() and reader is not None:
        if reader.poll(POLL_S):
            os.read(reader.fileno(), PIPE_BYTES)
