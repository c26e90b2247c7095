"""A helper thread that is really gone when it is said to be."""

from __future__ import annotations

import threading
from contextlib import suppress
from contextvars import copy_context
from typing import TYPE_CHECKING

from amorsize.machine.ownthreads import see_gone

if TYPE_CHECKING:
    from collections.abc import Callable


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
        return not self._thread.is_alive() and see_gone([self._thread])
