"""Waiting for the clock or a program, alone or mixed with computing."""

from __future__ import annotations

import subprocess
import time
from typing import Final

from benchmarks.tasks.computing import spin

FIVE_MS: Final = 75_000
"""Rounds of ``spin``."""


PROGRAM: Final = ("sleep", "0.005")


def sleep_ms(milliseconds: float) -> float:
    """Wait for the clock."""
    time.sleep(milliseconds / 1e3)
    return milliseconds


def run_program(number: int) -> int:
    """Wait for another program to end."""
    return number + subprocess.run(PROGRAM, check=True).returncode


def wait_and_compute(rounds: int) -> int:
    """Wait for 3 ms, then compute for 2 ms."""
    time.sleep(3e-3)
    return spin(rounds)


def wait_or_compute(number: int) -> int:
    """Every other item waits, the others compute, 5 ms each."""
    if number % 2:
        return spin(FIVE_MS)
    time.sleep(5e-3)
    return number
