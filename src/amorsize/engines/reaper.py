"""Collect workers that have been let go: they exit on their own, nobody waits for them."""

from __future__ import annotations

import os
import select
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
        for child in self._leaving.copy():
            if has_ended(child[1], patience_s):
                self._collect(*child)

    def _collect(self, pid: int, pidfd: int) -> None:
        # a Ctrl-C between two of these steps must not keep a descriptor that is closed
        is_mine = True
        try:
            self._leaving.remove((pid, pidfd))
        except ValueError:  # another thread has collected it: the number is somebody else's by now
            is_mine = False
        finally:
            if is_mine:
                _let_go(pidfd)


def _let_go(pidfd: int) -> None:
    try:
        os.waitid(os.P_PIDFD, pidfd, os.WEXITED | os.WNOHANG)
    except ChildProcessError:
        pass  # the user's own waitpid(-1) was faster
    finally:
        os.close(pidfd)


def has_ended(pidfd: int, patience_s: float | None = 0.0) -> bool:
    """Whether the process has exited, or does within ``patience_s``; ``None``: wait for it."""
    poll = select.poll()  # select() takes no descriptor above 1023
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(None if patience_s is None else patience_s * 1e3))


REAPER: Final = Reaper()
