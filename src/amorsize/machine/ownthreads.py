"""Threads of our own, after their end: gone from the system, and from threading's books."""

from __future__ import annotations

import os.path
import threading
from time import perf_counter, sleep
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

TASKS: Final = "/proc/self/task"
"""Linux lists threads here; elsewhere nothing is forked, so nobody needs to know."""

LINGER_S: Final = 20e-3
"""How long threads with nothing left to do may take to end. One takes some 0.1 ms."""

GLANCE_S: Final = 50e-6

BOOKS: Final[Any] = getattr(threading, "_dangling", None)
"""Where ``threading`` notes every thread until its object is freed, weakly."""


def see_gone(threads: Sequence[threading.Thread]) -> bool:
    """Wait until the system has let go of these joined threads; false if it does not.

    ``join`` returns a moment before the system's thread ends, and a process that has a thread
    left must not fork.
    """
    give_up = perf_counter() + LINGER_S
    traces = [f"{TASKS}/{thread.native_id}" for thread in threads]
    for thread in threads:
        forget(thread)
    # not pathlib: it takes 5 ms to import
    while any(map(os.path.exists, traces)):
        if perf_counter() > give_up:
            return False
        sleep(GLANCE_S)
    return True


def forget(thread: threading.Thread) -> None:
    """Take an ended thread off the books now, where Ctrl-C can be raised.

    When its object is freed, ``threading`` does so in a weak reference's callback, and a Ctrl-C
    that arrives there is printed and lost.
    """
    if BOOKS is not None:
        BOOKS.discard(thread)
