"""What workers are given to do while they are measured; spawned ones import this."""

from __future__ import annotations

import os
import time
from typing import Final

SPIN_S: Final = 20e-6
"""As long as the shortest items that are shared out one by one."""

NAP_S: Final = 1e-3
"""Long enough for the next worker to take the next item."""


def spin(_: object) -> None:
    """Compute for ``SPIN_S``."""
    until = time.perf_counter() + SPIN_S
    while time.perf_counter() < until:
        pass


def who_and_when(_: object) -> tuple[int, float]:
    """The process that runs this, and when it began, on the clock that all of them share."""
    began = time.perf_counter()
    spin(None)
    return os.getpid(), began


def who(_: object) -> int:
    """The process that runs this; others have time to take part."""
    time.sleep(NAP_S)
    return os.getpid()


def nothing(_: object) -> None:
    """Do nothing."""
