"""loky's own executor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import loky

from amorsize.bench.children import children, end

if TYPE_CHECKING:
    from amorsize.bench.task import Task


def run(task: Task) -> list[Any]:
    """``list(ProcessPoolExecutor(n_jobs).map(func, items, chunksize))``, workers ended after it.

    ``map`` itself cancels what is left when it is interrupted, which loky does not bear.
    """
    items, size, before = task.items, task.setup.chunksize, children()
    pool = loky.ProcessPoolExecutor(task.setup.n_jobs)
    try:
        futures = [
            pool.submit(list, map(task.func, items[at : at + size]))
            for at in range(0, len(items), size)
        ]
        results = [result for future in futures for result in future.result()]
        pool.shutdown(wait=True)
    except BaseException:
        end(lambda: pool.shutdown(wait=True, kill_workers=True), before)
        raise
    return results
