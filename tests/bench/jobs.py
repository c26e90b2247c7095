"""Functions that pools can find by name, and ways to run them."""

from __future__ import annotations

import os
import random
import signal
import time
from itertools import count
from multiprocessing import current_process
from typing import Any, Final

from amorsize.vocab.trials import Runner, Setup

NUMBERS: Final = count()

HANGS_AT: Final = 5
FAILS_AT: Final = 7

OURS: Final = (Runner.SERIAL, Runner.PROCESS, Runner.THREAD, Runner.ADAPTIVE, Runner.LOKY)
"""What is always there. joblib and mpire leave files of their own until the interpreter ends."""


def in_a_worker() -> bool:
    return current_process().name != "MainProcess"


def setup(runner: Runner, jobs: int = 2, chunk: int = 2) -> Setup:
    return Setup(runner=runner, n_jobs=jobs, chunksize=chunk)


def square(x: int) -> int:
    return x * x


def hangs(x: int) -> int:
    if x == HANGS_AT:
        time.sleep(1000)
    return x


def spins(x: int) -> int:
    while x == HANGS_AT:
        pass
    return x


def deaf(x: int) -> int:
    """Does not hear a polite request to end."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return hangs(x)


def stubborn(x: int) -> int:
    """Swallows one interrupt."""
    try:
        return hangs(x)
    except:  # noqa: E722 - it is what is tested
        return hangs(x)


def fails(x: int) -> int:
    if x == FAILS_AT:
        raise KeyError(x)
    return x


def dies(x: int) -> int:
    if in_a_worker() and x == FAILS_AT:
        os._exit(3)
    return x


def cannot_return(x: int) -> object:
    return (lambda: x) if x == FAILS_AT else x


def random_number(_: int) -> float:
    return random.random()


def knows_its_process(x: int) -> int:
    return -x if in_a_worker() else x


def slow(x: int) -> int:
    time.sleep(0.002)
    return x


def busy(rounds: int) -> int:
    return sum(number * number for number in range(rounds))


class SlowToSend:
    """Takes a while to pickle, and then fills the pipe to the workers."""

    def __reduce__(self) -> Any:
        time.sleep(0.4)
        return bytes, (bytes(1 << 20),)
