"""Ctrl-C: the KeyboardInterrupt comes back, and with it nothing that runs or is left open.

Here at a few moments of each kind; ``scripts/figures.py interrupts`` takes all of them.
"""

from __future__ import annotations

import os
import random
import re
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest

from amorsize.api.run import run
from amorsize.errors import WorkerCrashedError
from amorsize.vocab.options import Backend, Options
from tests.stress import kit
from tests.stress.interrupts import listens, moments_in, strike
from tests.stress.kit import Elsewhere
from tests.stress.marks import on_linux
from tests.stress.stage import stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import FrameType

pytestmark = [on_linux, pytest.mark.slow]

MOMENTS = 8
SPACING = 40
"""About every so-many-th moment of a worker is tried."""


def negative(index: int) -> int:
    return -index


def forced(backend: Backend) -> Callable[[], Any]:
    return lambda: run(negative, range(60), Options(backend=backend, n_jobs=2))


WORKS: dict[str, Callable[[], Any]] = {
    "team of three": lambda: kit.team(negative, range(12), workers=3),
    "team of an iterator": lambda: kit.team(negative, iter(range(12))),
    "failing fast": lambda: kit.team(refuse, range(12), fail_fast=True),
    "processes": forced(Backend.PROCESSES),
    "watched": lambda: run(negative, range(60), Options(isolate=True, n_jobs=2)),
    "threads": forced(Backend.THREADS),
    "serial": forced(Backend.SERIAL),
}


def refuse(index: int) -> None:
    raise ValueError(index)


@pytest.mark.parametrize("work", WORKS)
def test_whenever_it_comes_it_is_raised_and_nothing_is_left(work: str) -> None:
    WORKS[work]()  # everything is imported
    moments = random.choices(range(1, moments_in(WORKS[work])), k=MOMENTS)

    assert [why for nth in moments for why in strike(WORKS[work], nth).complaints] == []


@pytest.mark.parametrize("everybody", [False, True], ids=["caller", "everybody"])
@pytest.mark.parametrize(
    "scene", ["auto", "forking", "a deaf worker", "a worker runs a command", "watched"]
)
def test_a_real_one_leaves_no_process_and_no_noise(
    tmp_path: Path, scene: str, *, everybody: bool
) -> None:
    with (tmp_path / "stderr").open("w") as stderr, stage(scene, stderr) as played:
        curtain = played.interrupt(everybody=everybody)

    assert curtain.complaints == []
    assert (tmp_path / "stderr").read_text() == ""


class InWorker:
    """A profile function that sends SIGINT to the worker itself at its ``nth`` moment."""

    def __init__(self, nth: int) -> None:
        self.nth = nth
        self.elsewhere = Elsewhere()

    def __call__(self, frame: FrameType, event: str, _arg: Any) -> None:
        if self.elsewhere and listens(frame, event):
            self.nth -= 1
            if self.nth == 0:
                signal.raise_signal(signal.SIGINT)


@pytest.fixture
def caller() -> Iterator[int]:
    """Nobody but this process may come back from the test."""
    caller = os.getpid()
    yield caller
    if os.getpid() != caller:
        os.write(2, b"a worker escaped\n")
        os._exit(1)


@pytest.mark.parametrize("kind", ["list", "generator"])
def test_a_worker_that_is_interrupted_says_nothing(
    capfd: pytest.CaptureFixture[str], caller: int, kind: str
) -> None:
    ends: list[str | None] = []
    nth = random.randrange(1, SPACING)
    while not any(ends) or ends[-1] is not None:
        data = range(12) if kind == "list" else iter(range(12))
        sys.setprofile(InWorker(nth))
        try:
            kit.team(slow, data, chunksize=1)
            ends.append(None)
        except WorkerCrashedError as error:
            ends.append(str(error))
        finally:
            sys.setprofile(None)
        # a worker that came late has met nothing: then again from the start
        nth = nth + random.randrange(1, 2 * SPACING) if any(ends) else random.randrange(1, SPACING)

    assert os.getpid() == caller
    assert all(re.search("was killed by SIGINT", end) for end in ends if end)
    assert capfd.readouterr() == ("", "")


def slow(index: int) -> int:
    kit.compute(1e-3)
    return index
