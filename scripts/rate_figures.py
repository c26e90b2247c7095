"""How well ``max_rate`` is kept: ``python scripts/rate_figures.py [SECONDS]``, 60 for each case.

For every case the starts are noted, retries included, and counted in every window of 10 s that
begins with one of them. The count is to be between 95 and 102 % of the limit when demand allows.
"""
# ruff: noqa: INP001, T201, E402, S311 - a script: it shows what it found, finds us first, and its
# chance is no secret

from __future__ import annotations

import os
import platform
import sys
import tempfile
import threading
import time
from bisect import bisect_left
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import random
from typing import TYPE_CHECKING, Any, Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from amorsize import execute
from amorsize.engines.spawned_alive import IDLE_POOLS

if TYPE_CHECKING:
    from collections.abc import Iterator

WINDOW_S: Final = 10.0
SECONDS: Final = 60.0
LEAST: Final = 95
MOST: Final = 102
"""Per cent of the limit."""


class Case(NamedTuple):
    """So many workers, for calls of ``item_s`` that fail now and then."""

    way: str
    per_s: float
    workers: int
    item_s: float
    failing: float = 0.0


CASES: Final = (
    Case("serial", 20, 1, 0.005),
    Case("threads", 20, 4, 0.1),
    Case("threads", 20, 4, 0.1, failing=0.2),
    Case("threads", 500, 8, 0.01),
    Case("threads", 2, 3, 1.0),
    Case("forked", 20, 4, 0.1),
    Case("forked", 20, 4, 0.1, failing=0.2),
    Case("forked", 500, 8, 0.01),
    Case("spawned", 20, 4, 0.1),
    Case("spawned", 500, 8, 0.01),
)


def call(item: int, *, item_s: float, failing: float) -> list[float]:
    """Note the start; an attempt that fails carries it in its exception."""
    began = time.monotonic()
    time.sleep(item_s * (0.5 + random()))
    if random() < failing:
        note(began)
        raise ValueError(item)
    return [began]


FAILED: Final = Path(tempfile.gettempdir()) / f"rate-figures-{os.getpid()}"


def note(began: float) -> None:
    """Keep the start of an attempt that fails."""
    descriptor = os.open(FAILED, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, f"{began!r}\n".encode())
    os.close(descriptor)


@contextmanager
def beside_a_thread(*, needed: bool) -> Iterator[None]:
    """Nothing is forked then."""
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    if needed:
        thread.start()
    try:
        yield
    finally:
        over.set()
        if needed:
            thread.join()


def starts_of(case: Case, seconds: float) -> tuple[list[float], str]:
    """When attempts began, in order, and who ran them."""
    FAILED.unlink(missing_ok=True)
    backend: Any = case.way if case.way in {"serial", "threads"} else "processes"
    with beside_a_thread(needed=case.way == "spawned"):
        results, told = execute(
            partial(call, item_s=case.item_s, failing=case.failing),
            range(int(case.per_s * seconds)),
            backend=backend,
            n_jobs=case.workers,
            max_rate=case.per_s,
            retries=20,
            return_optimization_result=True,
        )
    starts = [began for result in results for began in result]
    if FAILED.exists():
        starts += map(float, FAILED.read_text().split())
        FAILED.unlink()
    return sorted(starts), str(told.run and told.run.engine.value)


def counts(starts: list[float]) -> list[int]:
    """Starts in each window that begins with one and ends before the last."""
    ends = (bisect_left(starts, began + WINDOW_S) for began in starts)
    whole = (began + WINDOW_S <= starts[-1] for began in starts)
    return [end - at for at, (end, fits) in enumerate(zip(ends, whole, strict=True)) if fits]


def main() -> int:
    """Print all cases; the number of those out of bounds."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    print(f"{platform.platform()}, {os.cpu_count()} CPUs, Python {platform.python_version()}")
    print("way      limit/s  workers  failing  windows  least %  most %  engine")
    bad = 0
    for case in CASES:
        starts, engine = starts_of(case, seconds)
        shares = [100 * count / (case.per_s * WINDOW_S) for count in counts(starts)]
        least, most = min(shares), max(shares)
        bad += not (least >= LEAST and most <= MOST)
        print(
            f"{case.way:8} {case.per_s:7g} {case.workers:8} {case.failing:8.0%} {len(shares):8}"
            f" {least:8.1f} {most:7.1f}  {engine}",
            flush=True,
        )
    IDLE_POOLS.dismiss(wait=True)
    return bad


if __name__ == "__main__":
    raise SystemExit(main())
