"""A helper thread that is really gone when it is said to be.

``Thread.join`` returns a moment before the thread of the operating system ends, and a
process that has a thread left must not fork.
"""

from __future__ import annotations

import os.path
import threading
import time
from contextlib import suppress
from contextvars import copy_context
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

OWN_THREADS: Final = "/proc/self/task"
"""Linux lists them here; elsewhere nothing is forked, so nobody needs to know."""

LINGER_S: Final = 20e-3
"""How long a thread with nothing left to do may take to end. It takes 0.1 ms."""

GLANCE_S: Final = 20e-6


class Helper:
    """One daemon thread that runs ``work``, in a copy of the caller's context.

    Where no thread can be started there is none, and ``work`` does not run.
    """

    def __init__(self, name: str, work: Callable[[], None]) -> None:
        run = copy_context().run
        self._thread = threading.Thread(target=run, args=(work,), name=name, daemon=True)
        with suppress(RuntimeError):
            self._thread.start()

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait for its end; say whether the operating system has no trace of it left."""
        if self._thread.ident is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive() and self._left_no_trace()

    def _left_no_trace(self) -> bool:
        trace = f"{OWN_THREADS}/{self._thread.native_id}"
        give_up = time.monotonic() + LINGER_S
        while os.path.exists(trace):  # noqa: PTH110 - pathlib takes 5 ms to import
            if time.monotonic() > give_up:
                return False
            time.sleep(GLANCE_S)
        return True
