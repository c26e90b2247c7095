"""Does it survive? ``python scripts/survival_figures.py [--short] [NAME ...]``.

kills       runs with a worker killed at a random moment, under ``on_crash="retry"``
poison      watched runs with an item that kills its worker: which item is named
leaks       many short runs in one process: what grows
interrupts  Ctrl-C at random moments: how soon it is back, what is left, what ``results`` hold

Each figure is printed with its counts. Short forms run as tests, ``tests/stress/test_survival.py``,
and judge no seconds.
"""
# ruff: noqa: INP001, T201, E402 - a script: it shows what it found, and finds us first

from __future__ import annotations

import argparse
import platform
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tests.stress.survival import Leaks, interrupt, kill_one, name_the_poison, run_many

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is tried."""

    kills: int
    poisons: int
    runs: int
    interrupts: int


FULL: Final = Size(kills=1000, poisons=1000, runs=10_000, interrupts=200)
SHORT: Final = Size(kills=30, poisons=30, runs=200, interrupts=8)


def kills(size: Size) -> bool:
    """Runs with a worker killed at a random moment."""
    runs = [kill_one(seed) for seed in range(size.kills)]
    held = sum(run.held_a_chunk for run in runs)
    right = sum(run.right for run in runs)
    longest_s = max(run.wall_s for run in runs)
    print(f"{len(runs)} runs, each with a worker killed, {held} of them while it held a chunk;")
    print(f"complete and right: {right}; the longest run took {longest_s:.3f} s")
    return right == len(runs) and held >= 0.9 * len(runs)


def poison(size: Size) -> bool:
    """Watched runs with an item that ends its worker, at a random place, in a random way."""
    named = sum(name_the_poison(seed) for seed in range(size.poisons))
    print(f"{size.poisons} runs with a poisonous item, the right index named in {named}")
    return named == size.poisons


def leaks(size: Size) -> bool:
    """Short runs of all kinds in this process."""
    leaks: Leaks = run_many(size.runs)
    for name, (before, after) in leaks.counted.items():
        print(f"{name:<20}{before:>14,}{after:>14,}")
    print(f"after {size.runs} runs more than after {leaks.warm_up}; growing: {leaks.growing}")
    return not leaks.growing


def interrupts(size: Size) -> bool:
    """Ctrl-C at random moments of runs of several kinds."""
    struck = [interrupt(seed) for seed in range(size.interrupts)]
    slowest_s = max(one.back_s for one in struck)
    complaints = [complaint for one in struck for complaint in one.complaints]
    late = sum(one.back_s > 1.0 for one in struck)
    print(f"{len(struck)} interrupts, back after {slowest_s:.3f} s at most, {late} later than 1 s;")
    print(f"{sum(one.done for one in struck)} results usable; complaints: {complaints or 'none'}")
    return not complaints and not late


FIGURES: Final[dict[str, Callable[[Size], bool]]] = {
    figure.__name__: figure for figure in (kills, poison, leaks, interrupts)
}


def main() -> int:
    """Print each figure; 1 where one is not as it should be."""
    parser = argparse.ArgumentParser(description="Does it survive?")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(FIGURES))
    parser.add_argument("--short", action="store_true", help="a sample of each")
    args = parser.parse_args()
    print(f"{platform.platform()}, Python {platform.python_version()}: {' '.join(sys.argv)}")
    good = True
    for name in args.names or FIGURES:
        began = perf_counter()
        print(f"\n{name}: {(FIGURES[name].__doc__ or '').splitlines()[0]}")
        good &= FIGURES[name](SHORT if args.short else FULL)
        print(f"({perf_counter() - began:.0f} s)")
    print("\nas it should be" if good else "\nNOT as it should be")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
