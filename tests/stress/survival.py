"""What ``scripts/survival_figures.py`` counts, one run at a time; each is drawn from its seed."""

from __future__ import annotations

import gc
import os
import random
import signal
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import psutil

from amorsize import WorkerCrashedError, execute
from amorsize.engines.reaper import REAPER
from tests.stress import runs
from tests.stress.kit import EXIT_S, compute
from tests.support.leaks import SHARED, left_behind, survey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ITEMS: Final = 60
ITEM_S: Final = 1e-3
FOR_EVER: Final = 10**6


def work(index: int) -> int:
    compute(ITEM_S)
    return index * index


@contextmanager
def beside(act: Callable[[int], None]) -> Iterator[None]:
    """A child that does something to this process while it is busy inside; seen gone after."""
    caller = os.getpid()
    child = os.fork()
    if child == 0:
        try:
            act(caller)
        finally:
            os._exit(0)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def children_of(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    found = (int(word) for task in tasks for word in task.read_text().split())
    return [child for child in found if child != os.getpid()]


# -- killed workers


@dataclass(frozen=True, slots=True, kw_only=True)
class Killed:
    """A run in which a worker was killed."""

    right: bool
    held_a_chunk: bool
    wall_s: float


def kill_one(seed: int) -> Killed:
    """A run with a worker killed at a random moment; those that were over before do not count."""
    luck = random.Random(seed)
    before = {*children_of(os.getpid())}  # such as a tracker of somebody's, which is no worker

    def kill_somebody(caller: int) -> None:
        while before.issuperset(children_of(caller)):
            pass
        time.sleep(luck.uniform(0, ITEMS * ITEM_S / 2))
        if workers := [child for child in children_of(caller) if child not in before]:
            os.kill(luck.choice(workers), signal.SIGKILL)

    for _ in count():
        began = perf_counter()
        with beside(kill_somebody):
            results, told = execute(
                work, range(ITEMS), on_crash="retry", n_jobs=2, return_optimization_result=True
            )
        if told.warnings:
            held = not any("nothing was lost" in warning for warning in told.warnings)
            right = results == [index * index for index in range(ITEMS)]
            return Killed(right=right, held_a_chunk=held, wall_s=perf_counter() - began)
        luck.random()
    raise AssertionError


def name_the_poison(seed: int) -> bool:
    """A watched run with an item that ends its worker; whether that very one was named."""
    luck = random.Random(seed)
    poison, items = luck.randrange(ITEMS), luck.choice([range(ITEMS), iter(range(ITEMS))])
    end = luck.choice([_be_killed, _leave, os.abort])

    def item(index: int) -> int:
        if index == poison:
            end()
        return index

    try:
        execute(item, items, isolate=True, n_jobs=2)
    except WorkerCrashedError as error:
        rest = set(range(poison)) <= set(error.results)
        return error.index == poison and f"item {poison}" in str(error) and rest
    return False


def _be_killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _leave() -> None:
    os._exit(3)


# -- what grows


@dataclass(frozen=True, slots=True)
class Leaks:
    """What there was after the first runs, and after many more."""

    warm_up: int
    counted: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def growing(self) -> list[str]:
        return [name for name, (a, b) in self.counted.items() if b > a + ALLOWED.get(name, 0)]


ALLOWED: Final = {"resident bytes": 8 << 20, "threads": (os.cpu_count() or 1) - 1}
"""What the allocator keeps in fragments; a leak of 1 kB a run would be 10 MB. And the threads of
OpenBLAS, which it gives up at a fork and makes again when it is next used."""


def run_many(number: int) -> Leaks:
    """Short runs of every kind; the first tenth of them, at least 40, is the warm-up."""
    leaks = Leaks(max(40, number // 10))
    for run in runs.mixed(leaks.warm_up):
        run()
    before = _counts()
    for run in runs.mixed(number):
        run()
    after = _counts()
    leaks.counted.update({name: (before[name], after[name]) for name in before})
    return leaks


def _counts() -> dict[str, int]:
    REAPER.reap(patience_s=EXIT_S)
    gc.collect()
    process = psutil.Process()
    maps = Path("/proc/self/maps").read_text()
    return {
        "descriptors": process.num_fds(),
        "processes": len(children_of(process.pid)),
        "threads": process.num_threads(),
        "shared memory": len(SHARED.findall(maps)),
        "resident bytes": process.memory_info().rss,
    }


# -- interrupts


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted:
    """What came of a Ctrl-C."""

    back_s: float
    done: int
    complaints: list[str]


KINDS: Final[dict[str, dict[str, Any]]] = {
    "watched": {"isolate": True, "n_jobs": 2},
    "watched, with limits": {"timeout": 60, "on_crash": "retry", "n_jobs": 3},
    "team": {"backend": "processes", "n_jobs": 2},
    "threads": {"backend": "threads", "n_jobs": 2},
    "serial": {"backend": "serial"},
    "auto": {},
}


def interrupt(seed: int) -> Interrupted:
    """Ctrl-C within the first quarter of a second of a run without end."""
    luck = random.Random(seed)
    kind = list(KINDS)[seed % len(KINDS)]
    before, handler = survey(), signal.signal(signal.SIGINT, signal.default_int_handler)
    reader, writer = os.pipe()

    def press(caller: int) -> None:
        time.sleep(luck.uniform(0.0, 0.25))
        os.write(writer, f"{time.monotonic()}".encode())
        os.kill(caller, signal.SIGINT)

    raised: BaseException | None = None
    try:
        with beside(press):
            try:
                execute(work, range(FOR_EVER), **KINDS[kind])
            except KeyboardInterrupt as error:
                raised = error
            back_s = time.monotonic() - float(os.read(reader, 64))
    finally:
        signal.signal(signal.SIGINT, handler)
        os.close(reader)
        os.close(writer)
    REAPER.reap(patience_s=EXIT_S)
    results = getattr(raised, "results", {})
    complaints = [f"{what}, {kind}" for what in left_behind(before)]
    if raised is None or any(results[index] != index * index for index in results):
        complaints.append(f"{kind}: {raised!r} has wrong results")
    return Interrupted(back_s=back_s, done=len(results), complaints=complaints)
