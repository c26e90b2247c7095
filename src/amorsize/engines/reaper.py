"""Collect workers that have been let go: they exit on their own, nobody waits for them."""

from __future__ import annotations

import os
import select
from contextlib import suppress
from typing import Final


class Reaper:
    """Children that are exiting with nothing left to do."""

    def __init__(self) -> None:
        self._leaving: list[tuple[int, int]] = []

    def expect(self, pid: int, pidfd: int) -> None:
        """Take over a child and the descriptor that tells its end."""
        self._leaving.append((pid, pidfd))

    def reap(self, patience_s: float = 0.0) -> None:
        """Collect those that have exited, waiting for each no longer than ``patience_s``."""
        self._leaving = [child for child in self._leaving if not _collected(*child, patience_s)]


def _collected(pid: int, pidfd: int, patience_s: float) -> bool:
    if not select.select([pidfd], [], [], patience_s)[0]:
        return False
    with suppress(ChildProcessError):  # the user's own waitpid(-1) was faster
        os.waitpid(pid, os.WNOHANG)
    os.close(pidfd)
    return True


REAPER: Final = Reaper()
