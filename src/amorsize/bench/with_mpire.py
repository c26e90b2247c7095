"""mpire, where it is installed."""

from __future__ import annotations

from multiprocessing import get_start_method
from typing import TYPE_CHECKING, Any

from mpire.pool import WorkerPool

from amorsize.bench.children import children, end

if TYPE_CHECKING:
    from amorsize.bench.task import Task


def run(task: Task) -> list[Any]:
    """``WorkerPool(n_jobs).map(func, items)``, by the start method in force.

    A chunksize of 1 leaves the chunks to mpire. Unlike its default, arrays are not joined into
    one, and items that are tuples are not spread over several arguments.
    """
    setup, before = task.setup, children()
    chunk = setup.chunksize if setup.chunksize > 1 else None
    try:
        with WorkerPool(setup.n_jobs, start_method=get_start_method()) as pool:
            return list(
                pool.map(
                    task.func,
                    [(item,) for item in task.items],
                    chunk_size=chunk,
                    concatenate_numpy_output=False,
                )
            )
    finally:
        end(_nothing, before)


def _nothing() -> None:
    """The pool has ended as well as it could."""
