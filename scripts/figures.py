"""The figures of the fork team, at full size: ``python scripts/figures.py [NAME ...]``.

Each is printed with the machine, the command and its spread. Seconds depend on who else uses
the machine, which the load tells. Short forms that count instead are in ``tests/stress``.
"""
# ruff: noqa: INP001, T201, S603, E402 - a script: it shows what it found, and finds us first

from __future__ import annotations

import gc
import os
import pickle
import platform
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any, Final
from unittest import mock

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from amorsize.api.run import run
from amorsize.engines.base import Job
from amorsize.engines.board import Board
from amorsize.engines.inbox import IndexedInbox
from amorsize.engines.memfile import FrameReader, memory_file
from amorsize.engines.reaper import REAPER
from amorsize.engines.source import IndexedSource
from amorsize.engines.team_worker import Shared, Worker
from amorsize.engines.tokens import TokenPipe
from amorsize.runtime import driver
from amorsize.vocab.options import Backend, Options
from tests.stress import kit, runs
from tests.stress.interrupts import moments_in, strike
from tests.stress.kit import Elsewhere
from tests.stress.long_item import hold, pipes_of_one_page
from tests.stress.scenes import SCENES
from tests.stress.stage import stage
from tests.support.leaks import left_behind, survey

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RUNS: Final = 1000
MOMENTS: Final = 50
REPEATS: Final = 40
PROCESSES: Final = Options(backend=Backend.PROCESSES, n_jobs=2)


def spread(seconds: Sequence[float], unit: float, name: str) -> str:
    """Middle, range of the middle nine tenths, and extremes."""
    low, *_, high = quantiles(seconds, n=20)
    shown = [f"{value / unit:.2f}" for value in (median(seconds), low, high, max(seconds))]
    return f"median {shown[0]}, 5-95 %: {shown[1]} to {shown[2]}, worst {shown[3]} {name}"


def leaks() -> None:
    """Nothing is left after many runs of every kind."""
    for one in runs.KINDS.values():
        one()
    REAPER.reap(patience_s=kit.EXIT_S)
    gc.collect()
    before, resident = survey(), resident_bytes()
    began = perf_counter()
    for one in runs.mixed(RUNS):
        one()
    took_s = perf_counter() - began
    time.sleep(0.1)
    zombies = [pid for pid in children_of_this_process() if state_of(pid) == "Z"]
    running = [pid for pid in children_of_this_process() if state_of(pid) not in {"Z", None}]
    open_now = Counter(dict(survey() - before))
    print(f"{RUNS} runs of {len(runs.KINDS)} kinds in {took_s:.1f} s")
    print(
        f"after 100 ms, and no further call: {len(running)} processes run, {len(zombies)} zombies"
    )
    print(f"  held until the next call: {dict(open_now) or 'nothing'}")
    REAPER.reap()
    print(f"after the next call: {left_behind(before) or 'nothing is left'}")
    print(f"resident memory grew by {(resident_bytes() - resident) / 2**20:.1f} MB")


def interrupts() -> None:
    """Ctrl-C is back within a second, and leaves nothing."""
    for name in SCENES:
        with tempfile.TemporaryFile("w+") as stderr:
            with stage(name, stderr) as played:
                curtains = [
                    played.interrupt(everybody=bool(number % 2)) for number in range(MOMENTS)
                ]
            stderr.seek(0)
            noise = stderr.read()
        took = [curtain.took_s for curtain in curtains]
        complaints = [complaint for curtain in curtains for complaint in curtain.complaints]
        print(f"{name}: {MOMENTS} moments, back after {spread(took, 1e-3, 'ms')}")
        for complaint in complaints:
            print(f"  {complaint}")
        if noise:
            print(f"  on stderr: {noise!r}")


def sweep() -> None:
    """Ctrl-C at moments spread over everything that happens in the caller."""
    works: dict[str, Callable[[], Any]] = {
        "team of three": lambda: kit.team(abs, range(12), workers=3),
        "team of an iterator": lambda: kit.team(abs, iter(range(12))),
        "the whole call": lambda: run(abs, range(200), PROCESSES),
        "threads": lambda: run(abs, range(60), Options(backend=Backend.THREADS, n_jobs=2)),
    }
    for name, work in works.items():
        work()
        moments = moments_in(work)
        step = max(1, moments // 500)
        struck = [strike(work, nth) for nth in range(1, moments, step)]
        complaints = [why for one in struck for why in one.complaints]
        print(f"{name}: {len(struck)} of {moments} moments, {len(complaints)} complaints")
        for complaint in complaints:
            print(f"  {complaint}")


def long_item() -> None:
    """A caller that holds an item for 5 s keeps nobody waiting."""
    for pipe, made in (("usual pipe", nullcontext), ("pipe of one page", pipes_of_one_page)):
        with made():
            held = hold(5000, item_s=1e-3, hold_s=5.0)
        gaps, ran = held.gaps_s, len(held.meanwhile)
        first_s, last_s = held.meanwhile[0].began_s, held.meanwhile[-1].ended_s
        late_ms = (first_s - held.held.began_s) * 1e3
        print(f"{pipe}: {ran} items in the worker while the caller held one for {held.hold_s} s")
        print(f"  the worker's first began {late_ms:.1f} ms after the caller's")
        print(
            f"  of {last_s - first_s:.2f} s it spent {sum(gaps) / (last_s - first_s):.2%} between"
        )
        print(f"  items: {spread(gaps, 1e-6, 'us')}")


def start() -> None:
    """From the decision to the first item that a worker begins."""
    for heap_mb in (0, 60):
        ballast = [(index,) for index in range(heap_mb * 2**20 // 100)]
        waits = [decision_to_first_item() for _ in range(REPEATS)]
        print(f"resident {resident_bytes() / 2**20:.0f} MB: {spread(waits, 1e-3, 'ms')}")
        del ballast


def decision_to_first_item() -> float:
    """Seconds of one run."""
    decided: list[float] = []
    hand_over = driver._Run._hand_over  # noqa: SLF001 - what is timed begins there

    def noting(self: Any, decision: Any) -> None:
        decided.append(perf_counter())
        hand_over(self, decision)

    elsewhere = Elsewhere()

    def item(_index: int) -> tuple[bool, float]:
        began_s = perf_counter()
        kit.compute(0.3e-3)
        return bool(elsewhere), began_s

    with mock.patch.object(driver._Run, "_hand_over", noting):  # noqa: SLF001 - what is timed begins there
        results = run(item, range(60), PROCESSES).results
    REAPER.reap(patience_s=kit.EXIT_S)
    first_s: float = min(began for away, began in results if away)
    return first_s - decided[0]


def claim() -> None:
    """A claim from the pipe."""
    pipe, times = TokenPipe(), []
    for _ in range(REPEATS):
        pipe.issue((index, 1) for index in range(pipe.capacity))
        began = perf_counter()
        while pipe.claim() is not None:
            pass
        times.append((perf_counter() - began) / (pipe.capacity + 1))
    pipe.close()
    print(spread(times, 1e-6, "us"))


def cycle() -> None:
    """Claim, run, pack, write, commit, ring, and read in the caller: chunks of one empty item.

    Both ends in this process and on its CPU clock, so that nobody else's load counts.
    """
    times = []
    for _ in range(REPEATS):
        pipe, board, bell, memory = TokenPipe(), Board(2), os.eventfd(0), memory_file()
        source = IndexedSource(range(pipe.capacity))
        job = Job(func=abs, source=source, workers=2, item_s=1e-6, chunksize=1)
        inbox = IndexedInbox(job, source, pipe)
        shared = Shared(func=abs, tokens=pipe, board=board, inbox=inbox, bell=bell)
        life = os.pipe()
        worker, reader = Worker(shared, 1, memory=memory, life=life[0]), FrameReader(os.dup(memory))
        pipe.issue((index, 1) for index in range(pipe.capacity))
        began = process_time()
        for _ in range(pipe.capacity):
            worker._serve(pipe.claim() or (0, 0))  # noqa: SLF001 - one turn of its loop
            for frame in reader.read(board.committed(1)):
                pickle.loads(frame.payload, buffers=frame.buffers)  # noqa: S301 - our own
        times.append((process_time() - began) / pipe.capacity)
        for part in (pipe, board, reader):
            part.close()
        for descriptor in (bell, memory, *life):
            os.close(descriptor)
    print(spread(times, 1e-6, "us"))


def pickling() -> None:
    """Sequences cost no pickling, however long."""
    waits = []
    for count in (10**4, 10**7):
        began = perf_counter()
        kit.team(raise_at_once, range(count), item_s=1e-3, fail_fast=True)
        waits.append(perf_counter() - began)
    print(
        "start, first failure and end: 10^4 items {:.1f} ms, 10^7 {:.1f} ms".format(
            *(wait * 1e3 for wait in waits)
        )
    )
    print("counted in tests/stress/test_no_pickling.py")


def raise_at_once(index: int) -> None:
    """Fail, so that the run ends."""
    raise ValueError(index)


def imports() -> None:
    """``import amorsize`` over a bare interpreter."""
    times = []
    for _ in range(REPEATS):
        asked = [sys.executable, "-X", "importtime", "-c", "import amorsize"]
        told = subprocess.run(
            asked,
            env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
            capture_output=True,
            text=True,
            check=True,
        ).stderr
        line = next(row for row in told.splitlines() if row.split("|")[-1].strip() == "amorsize")
        times.append(int(line.split("|")[1]) * 1e-6)
    print(spread(times, 1e-3, "ms"))


def resident_bytes() -> int:
    """What of this process is in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def children_of_this_process() -> list[str]:
    """Every child, zombies too."""
    tasks = Path("/proc/self/task").glob("*/children")
    return [pid for task in tasks for pid in task.read_text().split()]


def state_of(pid: str) -> str | None:
    """``Z`` for a zombie; ``None`` for nobody."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return None


FIGURES: Final[dict[str, Callable[[], None]]] = {
    "leaks": leaks,
    "interrupts": interrupts,
    "sweep": sweep,
    "long-item": long_item,
    "start": start,
    "claim": claim,
    "cycle": cycle,
    "pickling": pickling,
    "import": imports,
}


def main(names: Sequence[str]) -> int:
    """Print the figures that were asked for, or all."""
    if unknown := set(names) - set(FIGURES):
        print(f"no such figure: {', '.join(sorted(unknown))}\n\nhint: {', '.join(FIGURES)}")
        return 2
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    for name in names or FIGURES:
        load = os.getloadavg()[0]
        print(f"\n{name}: {(FIGURES[name].__doc__ or '').splitlines()[0]}")
        print(f"$ python scripts/figures.py {name}  (load {load:.1f})", flush=True)
        FIGURES[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
