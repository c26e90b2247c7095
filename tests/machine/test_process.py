"""What a decision asks of the process itself."""

from __future__ import annotations

import mmap
import subprocess
import sys
from contextlib import closing

from amorsize.machine.facts import resident_bytes

ASK = """
import multiprocessing
from amorsize.machine.facts import start_method_in_force
if {method!r}:
    multiprocessing.set_start_method({method!r})
print(start_method_in_force())
"""


def told(method: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", ASK.format(method=method)],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_more_memory_in_use_is_more_to_fork() -> None:
    before = resident_bytes()
    with closing(mmap.mmap(-1, 32 << 20)) as ballast:  # a bytearray may get memory freed earlier
        for page in range(0, len(ballast), mmap.PAGESIZE):
            ballast[page] = 1
        grown = resident_bytes() - before

    assert grown > 16 << 20


def test_the_start_method_in_force_is_the_one_that_was_chosen() -> None:
    assert [told("spawn"), told("")] == [
        "spawn",
        "fork" if sys.version_info < (3, 14) else "forkserver",
    ]
