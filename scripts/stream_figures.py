"""The figures of streams and sessions: ``python scripts/stream_figures.py [--short] [NAME ...]``.

Each is printed with its number. ``--short`` runs a small form of each and judges what is counted
only (items, results, what was read ahead), never seconds; it exits with 1 where a count is wrong.
"""
# ruff: noqa: INP001, T201, E402 - a script: it shows what it found, and finds us first

from __future__ import annotations

import argparse
import itertools
import os
import platform
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src")]

import amorsize
from amorsize.machine.facts import resident_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ITEM_S: Final = 1e-3
CALL_ITEMS: Final = 20
"""Of 1 ms: a call of 20 ms."""

LOOK_EVERY: Final = 100_000

FAILED: Final[list[str]] = []


def plus_one(item: int) -> int:
    """Something trivial."""
    return item + 1


def busy(item: int) -> int:
    """Compute for ``ITEM_S``."""
    until = perf_counter() + ITEM_S
    while perf_counter() < until:
        pass
    return item


def holds(what: str, *, true: bool) -> None:
    """Note a count that is wrong."""
    if not true:
        FAILED.append(what)
        print(f"  WRONG: {what}")


def memory(*, short: bool) -> None:
    """10,000,000 items: growth of resident memory, from the first 100,000 on."""
    count = 200_000 if short else 10_000_000
    base = most = 0
    result = 0
    for result in amorsize.stream(plus_one, iter(range(count))):
        if result % LOOK_EVERY == 0:
            most = max(most, resident_bytes())
            base = base or most
    holds("every item gives a result", true=result == count)
    print(f"memory: {count:,} items, resident memory grew by {(most - base) / 2**20:.1f} MiB")


def ahead(*, short: bool) -> None:
    """Read ahead of the results that were taken, at most, by window and engine."""
    count = 200 if short else 5000
    for window in (1, 8, 100):
        for forced in ({}, {"backend": "threads"}, {"backend": "processes", "n_jobs": 2}):
            seen, most = [0], 0

            def numbers(seen: list[int] = seen) -> Iterator[int]:
                for number in itertools.count():
                    seen[0] += 1
                    yield number

            results = amorsize.stream(busy, numbers(), window=window, **forced)  # type: ignore[arg-type]  # keywords
            for taken, _ in enumerate(itertools.islice(results, count)):
                most = max(most, seen[0] - taken)
            results.close()
            holds("never above the window", true=most <= window)
            print(f"ahead: window {window}, {forced or 'auto'}: {most} items at most")


def trivial(*, short: bool) -> None:
    """A loop over a stream of trivial items, against one over a generator expression."""
    count = 20_000 if short else 2_000_000

    def loop(results: object) -> float:
        began = perf_counter()
        given = sum(1 for _ in results)  # type: ignore[attr-defined]  # it is an iterable
        took = perf_counter() - began
        holds("every item gives a result", true=given == count)
        return took

    ratios = []
    for _ in range(3 if short else 9):
        plain = loop(plus_one(item) for item in iter(range(count)))
        ratios.append(loop(amorsize.stream(plus_one, iter(range(count)))) / plain)
    print(f"trivial: {median(ratios):.2f} times a generator loop (median of {len(ratios)})")


def warm(*, short: bool) -> None:
    """Calls of 20 ms through one session, against the plain loop; and a warm call's start-up."""
    calls = 10 if short else 1000
    items = range(CALL_ITEMS)
    with amorsize.Session(2) as session:
        # none of ours computes 0.3 s for nothing: workers come up while calls go on
        for _ in range(3 if short else 100):
            session.execute(busy, items)
        began = perf_counter()
        for _ in range(calls):
            holds("results in order", true=session.execute(busy, items) == list(items))
        took_s = perf_counter() - began
        waits = []
        for _ in range(5 if short else 100):
            began = perf_counter()
            moments = session.execute(
                _began_at, range(4), backend="processes", n_jobs=2, chunksize=1
            )
            away = [at for pid, at in moments if pid != os.getpid()]
            waits += [min(away) - began] if away else []
    began = perf_counter()
    for _ in range(calls):
        list(map(busy, items))
    plain_s = perf_counter() - began
    print(f"warm: {calls:,} calls of 20 ms: {plain_s / took_s:.2f} times the plain loop's speed")
    if waits:
        print(f"warm: a worker begins {median(waits) * 1e3:.2f} ms after the call (median)")


def _began_at(item: int) -> tuple[int, float]:
    at = perf_counter()  # one clock for all processes, on Linux
    busy(item)
    return os.getpid(), at


FIGURES: Final[dict[str, Callable[..., None]]] = {
    "memory": memory,
    "ahead": ahead,
    "trivial": trivial,
    "warm": warm,
}


def main() -> int:
    """Run what was named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(FIGURES))
    args = parser.parse_args()
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} CPUs")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        for name in args.names or FIGURES:
            FIGURES[name](short=args.short)
    return 1 if FAILED else 0


if __name__ == "__main__":
    sys.exit(main())
