"""joblib, where it is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import joblib
from joblib.externals.loky import get_reusable_executor

from amorsize.bench.children import children, end

if TYPE_CHECKING:
    from amorsize.bench.task import Task


def run(task: Task) -> list[Any]:
    """``Parallel(n_jobs)(delayed(func)(item) for item in items)``.

    A chunksize of 1 leaves the batches to joblib.
    """
    setup, before = task.setup, children()
    batch: Any = setup.chunksize if setup.chunksize > 1 else "auto"
    try:
        return list(
            joblib.Parallel(n_jobs=setup.n_jobs, batch_size=batch)(
                joblib.delayed(task.func)(item) for item in task.items
            )
        )
    except BaseException:
        end(settle, before)
        raise


def settle() -> None:
    """End the workers that joblib keeps for the next call, which would start warm."""
    get_reusable_executor(reuse=True).shutdown(wait=True, kill_workers=True)
