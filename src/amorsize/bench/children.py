"""Processes that a run has started: none of them outlives it, however it ends."""

from __future__ import annotations

import signal
from contextlib import nullcontext
from multiprocessing import active_children
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

from amorsize.engines.forking import interrupts_held

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

CLOSING_S: Final = 1.0
"""A pool that ends well does so in some milliseconds; a worker may be deaf to SIGTERM, though."""


def children() -> set[Any]:
    """Workers of this process that are alive, whichever library has started them.

    multiprocessing keeps the account, for loky, joblib and mpire too; its helpers, such as the
    resource tracker and the fork server, are not in it.
    """
    return set(active_children())


def end(
    close: Callable[[], object], before: set[Any], *, release: Callable[[], object] | None = None
) -> None:
    """Close a pool; kill what has been started since ``before`` if that takes too long.

    ``release`` then frees a closing that waits for those who were killed. Neither an alarm nor
    another Ctrl-C cuts it short.
    """
    with undisturbed():
        closer = Thread(target=close, name="amorsize-bench-closing", daemon=True)
        closer.start()
        closer.join(CLOSING_S)
        kill_since(before)
        if release is not None:
            release()
        closer.join(CLOSING_S)


def undisturbed() -> AbstractContextManager[object]:
    """Let interrupts wait until the block is over, where signals can be held."""
    return interrupts_held() if hasattr(signal, "pthread_sigmask") else nullcontext()


def kill_since(before: set[Any]) -> None:
    """Kill and reap every worker that has been started since."""
    for process in children() - before:
        process.kill()
        process.join()
