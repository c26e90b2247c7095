"""loky's own executor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import loky

from amorsize.bench.children import children, end

if TYPE_CHECKING:
    from amorsize.bench.task import Task


def run(task: Task) -> list[Any]:
    """``list(ProcessPoolExecutor(n_jobs).map(func, items, chunksize))``, workers ended after it."""
    setup, before = task.setup, children()
    pool = loky.ProcessPoolExecutor(setup.n_jobs)
    try:
        results = list(pool.map(task.func, task.items, chunksize=setup.chunksize))
        pool.shutdown(wait=True)
    except BaseException:
        end(lambda: pool.shutdown(wait=True, kill_workers=True), before)
        raise
    return results
