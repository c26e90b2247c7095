"""Children that have been let go are collected once."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs descriptors of processes")


def ended_child() -> tuple[int, int]:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    pidfd = os.pidfd_open(pid)
    os.waitid(os.P_PIDFD, pidfd, os.WEXITED | os.WNOWAIT)
    return pid, pidfd


def test_threads_that_collect_at_once_close_no_descriptor_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from amorsize.engines import reaper

    child, both, closed = ended_child(), threading.Barrier(2), []
    close: Callable[[int], None] = os.close

    def has_ended(_pidfd: int, _patience_s: float) -> bool:
        both.wait(10)  # both have seen the child in the list
        return True

    def note(descriptor: int) -> None:
        closed.append(descriptor)
        close(descriptor)

    monkeypatch.setattr(reaper, "has_ended", has_ended)
    monkeypatch.setattr(os, "close", note)
    collects = reaper.Reaper()
    collects.expect(*child)
    threads = [threading.Thread(target=collects.reap) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert closed == [child[1]]
