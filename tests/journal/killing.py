"""Kill a run that keeps a checkpoint, go on from it, and count what ran twice.

Every item appends its index to a file before it does anything, so that what was run is known even
of processes that were killed. Each run is a process of its own, forked from here.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amorsize import execute

if TYPE_CHECKING:
    from random import Random

DONE, WRONG, STOPPED = 0, 3, 4

LOOK_S = 1e-3


@dataclass(frozen=True, slots=True)
class Noting:
    """The function of the runs."""

    notes: str
    item_s: float
    long_s: float
    """Each 50th item takes so long."""

    def __call__(self, item: int) -> list[int]:
        descriptor = os.open(self.notes, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(descriptor, b"%d\n" % item)
        os.close(descriptor)
        until = time.perf_counter() + (self.long_s if item % 50 == 7 else self.item_s)
        while time.perf_counter() < until:
            pass
        return [item]


@dataclass(slots=True)
class Tally:
    """What came of one job, killed and resumed until it was done."""

    caller_kills: int = 0
    worker_kills: int = 0
    wrong: int = 0
    """Runs whose results were not those of the plain loop, or that lost an item."""
    repeats: list[int] = field(default_factory=list)
    """For each run that went on: items that an earlier one had started."""


def run_killed(folder: Path, func: Noting, items: int, *, random: Random, **options: Any) -> Tally:
    """Run a job to its end, killing its caller, or one of its workers, at random moments."""
    tally, before = Tally(), list[int]()
    status = None
    while status not in {DONE, WRONG}:
        child = os.fork()
        if child == 0:
            os._exit(_run(folder / "run.amor", func, items, options))
        status = _kill_in_time(child, random.uniform(0.0, items * func.item_s), random, tally)
        noted = _noted(func.notes)
        tally.repeats.append(len(set(before) & set(noted[len(before) :])))
        before = noted
    tally.wrong = int(status == WRONG or set(before) != set(range(items)))
    return tally


def _run(path: Path, func: Noting, items: int, options: dict[str, Any]) -> int:
    with suppress(BaseException):
        results = execute(func, range(items), checkpoint=path, use_cache=False, **options)
        return DONE if results == [[item] for item in range(items)] else WRONG
    return STOPPED


def _kill_in_time(child: int, after_s: float, random: Random, tally: Tally) -> int | None:
    """How the child ended by itself; ``None``: it was killed."""
    until = time.perf_counter() + after_s
    while time.perf_counter() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(LOOK_S)
    workers = _children_of(child)
    if workers and random.random() < 0.25:
        with suppress(ProcessLookupError):
            os.kill(random.choice(workers), signal.SIGKILL)
        tally.worker_kills += 1
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    tally.caller_kills += 1
    return None


def _children_of(pid: int) -> list[int]:
    with suppress(OSError):
        return [*map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    return []


def _noted(notes: str) -> list[int]:
    path = Path(notes)
    return [*map(int, path.read_text().split())] if path.exists() else []
