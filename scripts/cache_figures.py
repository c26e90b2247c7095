"""The figures of the caches, at full size: ``python scripts/cache_figures.py [NAME ...]``.

Each is printed with the machine and the command. Short forms that count instead of timing are
in ``tests/cache``. The user's own caches are not touched.
"""
# ruff: noqa: INP001, T201, S311, E402 - a script: it shows what it found, finds us first, and its
# chance is no secret

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random
from statistics import median, quantiles
from time import perf_counter
from typing import TYPE_CHECKING, Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from amorsize import cache
from amorsize.cache import clock
from amorsize.cache.dating import dated
from amorsize.cache.identity import identify
from amorsize.cache.kinds import OPTIMIZATION
from amorsize.cache.memory import recall
from amorsize.cache.opening import cache_of
from tests.cache.crowd import crowd
from tests.cache.examples import LEARNED
from tests.cache.interleavings import drive
from tests.cache.kit import DOORS, TTL_S, FakeTime
from tests.cache.mutants import check, mutant
from tests.cache.pairs import AGREE, DIFFER, SAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

STEPS: Final = 100_000
LOADS: Final = 10_000
FILES: Final = 10_000
PROCESSES: Final = 8
CROWD_S: Final = 60.0
REPEATS: Final = 2000


def faked() -> FakeTime:
    """Dates come from a clock that obeys, from now on."""
    fake = FakeTime()
    setattr(clock, "time", fake)  # noqa: B010 - of a module, which mypy would not let go
    return fake


def interleavings() -> None:
    """Random interleavings against a model: the first difference would end it."""
    drive(STEPS, faked(), Random(20))
    print(f"{STEPS:,} steps, half of them in each cache, and no difference")


def expired() -> None:
    """An expired entry, loaded while every load prunes."""
    fake = faked()
    cache.AUTO_PRUNE_PROBABILITY = 1.0
    for door in DOORS:
        told = Counter[str]()
        for _ in range(LOADS):
            door.save("k")
            fake.now += TTL_S + 1
            told[door.load("k")[1]] += 1
        print(f"{door.name}: {dict(told)}")


def many() -> None:
    """Processes that read, write, prune and clear the same folders."""
    began = perf_counter()
    done = crowd(PROCESSES, CROWD_S, 0)
    took_s = perf_counter() - began
    print(
        f"{PROCESSES} processes, {took_s:.0f} s: {done.total():,} acts, no complaint: {dict(done)}"
    )


def mutants() -> None:
    """Spoilt files, half of them with everything that can be learned in them."""
    fake, random, answers = faked(), Random(21), Counter[str]()
    for door in DOORS:
        door.save("k")
        if door.name == OPTIMIZATION.name:
            entry = cache.CacheEntry(2, 3, "thread", 1.5, "", [], **dated(), learned=LEARNED)
            cache_of(OPTIMIZATION).save("k", entry)
        good = door.file("k").read_bytes()
        for _ in range(FILES // len(DOORS)):
            door.write("k", mutant(good, random))
            answers[check(door, "k", fake)] += 1
    print(f"{answers.total():,} files, no exception")
    for answer, count in answers.most_common():
        print(f"  {count:6,}  {answer}")


def timed(call: Callable[[], object]) -> str:
    """Middle and range of the middle nine tenths, in microseconds."""
    times = []
    for _ in range(REPEATS):
        began = perf_counter()
        call()
        times.append((perf_counter() - began) * 1e6)
    low, *_, high = quantiles(times, n=20)
    return f"{median(times):.0f} us, 5-95 %: {low:.0f} to {high:.0f}, worst {max(times):.0f}"


def lookups() -> None:
    """One lookup, warm; with what was learned in the entry, and among 10,000 others."""
    entry = cache.CacheEntry(2, 3, "thread", 1.5, "", [], **dated(), learned=LEARNED)
    cache.AUTO_PRUNE_PROBABILITY = 0.0
    cache.save_cache_entry("plain", 2, 3, "thread", 1.5, "", [])
    cache_of(OPTIMIZATION).save("learned", entry)
    for key in ("absent", "plain", "learned"):
        print(f"{key}: {timed(lambda key=key: cache.load_cache_entry(key))}")  # type: ignore[misc]  # a lambda of one
    for number in range(10_000):
        cache.save_cache_entry(f"k{number}", 2, 3, "thread", 1.5, "", [])
    for probability in (0.0, 0.05, 1.0):
        cache.AUTO_PRUNE_PROBABILITY = probability
        told = timed(lambda: cache.load_cache_entry("learned"))
        print(f"among 10,000, pruning with probability {probability}: {told}")
    cache.AUTO_PRUNE_PROBABILITY = 0.0
    print(f"identify and look up: {timed(lambda: recall(ordinary))}")


def ordinary(item: int) -> str:
    """Calls another function, reads a global, and has a closure inside."""
    return ", ".join(str(number + REPEATS) for number in rows(item) if number in {1, 2, 3})


def rows(item: int) -> Iterator[int]:
    """Multiples, for ``ordinary``."""
    yield from (item * factor for factor in range(3))


def identities() -> None:
    """What it costs to name a function: every one of the tables, and an ordinary one."""
    print(f"{len(DIFFER)} pairs that differ, {len(AGREE)} that agree elsewhere, {len(SAME)} here")
    print(f"an ordinary function: {timed(lambda: identify(ordinary))}")
    everything = {f"{name}, one": pair[0] for name, pair in DIFFER.items()} | AGREE
    costs = {}
    for name, func in everything.items():
        began = perf_counter()
        for _ in range(20):
            identify(func)
        costs[name] = (perf_counter() - began) / 20 * 1e6
    dear = sorted(costs, key=costs.__getitem__)[-3:]
    print(f"of the tables: median {median(costs.values()):.0f} us; the dearest:")
    for name in dear:
        print(f"  {costs[name]:6.0f} us  {name}")


FIGURES: Final[dict[str, Callable[[], None]]] = {
    "interleavings": interleavings,
    "expired": expired,
    "mutants": mutants,
    "lookups": lookups,
    "identities": identities,
    "many": many,
}


def main(names: Sequence[str]) -> int:
    """Print the figures that were asked for, or all, each with caches of its own."""
    if unknown := set(names) - set(FIGURES):
        print(f"no such figure: {', '.join(sorted(unknown))}\n\nhint: {', '.join(FIGURES)}")
        return 2
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    for name in names or FIGURES:
        print(f"\n{name}: {(FIGURES[name].__doc__ or '').splitlines()[0]}")
        print(
            f"$ python scripts/cache_figures.py {name}  (load {os.getloadavg()[0]:.1f})", flush=True
        )
        with tempfile.TemporaryDirectory() as folder:
            os.environ["XDG_CACHE_HOME"] = folder
            cache.AUTO_PRUNE_PROBABILITY = 0.05
            FIGURES[name]()
            setattr(clock, "time", time)  # noqa: B010 - mypy knows no such field
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
