"""The figures of checkpoints: ``python scripts/checkpoint_figures.py [--short]``.

Callers (three in four) and workers are killed at random moments, and the run is resumed until it is
done, 1,000 kills in all: no item may be lost, and what runs again is counted by notes that the
items themselves write. Then what a checkpoint costs per item. A form that only counts is in
``tests/journal``.
"""
# ruff: noqa: INP001, T201, S311, E402 - a script: it shows what it found, finds us first, and its
# chance is no secret

from __future__ import annotations

import platform
import sys
import tempfile
from itertools import count
from pathlib import Path
from random import Random
from statistics import mean, median
from time import perf_counter
from typing import TYPE_CHECKING, Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from amorsize import execute
from tests.journal.killing import Noting, run_killed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

KILLS: Final = 1000
SHORT_KILLS: Final = 40
ITEMS: Final = 200
ITEM_S: Final = 2e-3
LONG_S: Final = 60e-3
LOST_S: Final = 0.1
"""Of work, per worker, or its current item: the bound."""

HOW: Final = (
    {"n_jobs": 2, "backend": "processes"},
    {"n_jobs": 2, "backend": "threads"},
    {},
    {"isolate": True},
)
WORKERS: Final = 2


def kills(wanted: int) -> bool:
    """Kill and resume; whether all was as it must be."""
    random, repeats = Random(6), list[int]()
    callers = workers = wrong = jobs = 0
    bound = WORKERS * (1 + int(LOST_S / ITEM_S))
    began = perf_counter()
    for job in count():
        if callers + workers >= wanted:
            break
        with tempfile.TemporaryDirectory() as folder:
            func = Noting(str(Path(folder, "notes")), ITEM_S, LONG_S)
            options = HOW[job % len(HOW)]
            tally = run_killed(Path(folder), func, ITEMS, random=random, **options)
        jobs += 1
        callers, workers = callers + tally.caller_kills, workers + tally.worker_kills
        wrong += tally.wrong
        repeats += tally.repeats
    print(f"kills: {callers} of callers, {workers} of workers, in {perf_counter() - began:.0f} s")
    print(f"jobs of {ITEMS} items that were resumed to their end: {jobs}; wrong or short: {wrong}")
    print(
        f"items that ran again after a kill: {mean(repeats):.2f} on average, {max(repeats)} at "
        f"most; the bound is {bound} ({WORKERS} workers, items of {1e3 * ITEM_S:g} ms, each 50th "
        f"of {1e3 * LONG_S:g} ms)"
    )
    return wrong == 0 and max(repeats) <= bound


def costs(items: int, repeats: int) -> None:
    """What a checkpoint adds to an item."""
    _cost("an integer to an integer", _double, range(items), repeats=repeats)
    _cost(
        "a dict to a dict",
        _echo,
        [{"id": i, "name": f"{i}"} for i in range(items)],
        repeats=repeats,
    )


def _cost(name: str, func: Callable[..., object], data: Sequence[object], *, repeats: int) -> None:
    without = median(_time(lambda: execute(func, data, n_jobs=1)) for _ in range(repeats))
    pairs = [_with_checkpoint(func, data) for _ in range(repeats)]
    first, again = (1e6 * median(times) / len(data) for times in zip(*pairs, strict=True))
    print(
        f"{name}: {1e6 * without / len(data):.2f} us per item without, {first:.1f} us with a "
        f"checkpoint, {again:.1f} us to read it again ({len(data):,} items, serial)"
    )


def _with_checkpoint(func: Callable[..., object], data: Sequence[object]) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "run.amor")

        def run() -> object:
            return execute(func, data, n_jobs=1, checkpoint=path)

        return _time(run), _time(run)


def _double(item: int) -> int:
    return 2 * item


def _echo(item: dict[str, object]) -> dict[str, object]:
    return {**item, "done": True}


def _time(action: Callable[[], object]) -> float:
    began = perf_counter()
    action()
    return perf_counter() - began


def main() -> int:
    """Print everything; 1 where something was lost."""
    short = "--short" in sys.argv[1:]
    print(f"Python {platform.python_version()}, {platform.platform()}")
    fine = kills(SHORT_KILLS if short else KILLS)
    costs(2_000 if short else 50_000, 3 if short else 5)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
