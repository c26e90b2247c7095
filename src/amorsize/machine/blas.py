"""Thread pools of BLAS and OpenMP: which are loaded, and how to keep them to one thread."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from amorsize.machine.native import os_thread_ids
from amorsize.machine.pools import brought_pools
from amorsize.vocab.machine import NativePool

if TYPE_CHECKING:
    from collections.abc import Iterator

    import threadpoolctl


def native_pools() -> tuple[NativePool, ...]:
    """Look for loaded pool libraries; ``threadpoolctl`` is imported only if there may be one."""
    if not _may_be_loaded():
        return ()
    import threadpoolctl

    return tuple(
        NativePool(
            library=pool["prefix"],
            api=pool["internal_api"],
            threads=pool["num_threads"] or 1,
            version=pool["version"],
        )
        for pool in threadpoolctl.threadpool_info()
    )


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep BLAS and OpenMP to one thread per call inside, and undo it after, whatever happens.

    Of OpenMP, the calling thread's parallel regions; of BLAS, everybody's. Children forked
    inside inherit it.
    """
    if not _may_be_loaded():
        yield
        return
    import threadpoolctl

    controller = threadpoolctl.ThreadpoolController()
    widths = [(pool, pool.num_threads) for pool in controller.lib_controllers]
    try:
        for pool, _ in widths:
            pool.set_num_threads(1)
        yield
    finally:
        _restore(widths)


def _restore(widths: list[tuple[threadpoolctl.LibController, int]]) -> None:
    try:
        for pool, width in widths:
            pool.set_num_threads(width)
    except KeyboardInterrupt:
        # a second Ctrl-C while undoing: finish, then let it through
        for pool, width in widths:
            pool.set_num_threads(width)
        raise


def _may_be_loaded() -> bool:
    """Some module may have loaded a pool, or threads run that Python knows nothing of."""
    return bool(brought_pools()) or len(os_thread_ids()) > threading.active_count()
