"""Processes that a test has started: others may have been there before, such as trackers."""

from __future__ import annotations

import psutil

_BEFORE: set[int] = set()


def begin() -> None:
    """From now on."""
    _BEFORE.clear()
    _BEFORE.update(child.pid for child in psutil.Process().children(recursive=True))


def running() -> list[psutil.Process]:
    """Those that have not ended; some may be exiting, and are reaped at the next run."""
    return [
        child
        for child in psutil.Process().children(recursive=True)
        if child.pid not in _BEFORE and child.status() != psutil.STATUS_ZOMBIE
    ]
