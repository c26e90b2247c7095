"""The figures of functions that wait: ``python scripts/waiting_figures.py [--short] [NAME ...]``.

Each is held against the best fixed number at once, found by trying; the lean loop of threads that
tries them takes items from one iterator, so nothing is cheaper. The servers are real ones in a
process of their own, and tell what they had to bear. ``--short`` counts, and judges no seconds.
"""
# ruff: noqa: INP001, T201, E402, D103, S101 - a script: it shows what it found, and finds us first

from __future__ import annotations

import asyncio
import os
import platform
import sys
import threading
import time
from dataclasses import dataclass
from functools import partial
from math import exp, fsum, log
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, Literal

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from amorsize import execute
from amorsize.engines.refused import Patient
from tests.support.waiting_server import KNEE, RATE, SLOTS, is_overload, servers

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.waiting_server import Client

REPEATS: Final = 3
WIDE: Final = (8, 16, 32, 64, 128, 256)
NARROW: Final = (12, 16, 20, 24, 32)
BORNE: Final = 1.3
"""Times the limit that a server may have to bear after its first two seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Something to wait for."""

    name: str
    items: int
    tried: tuple[int, ...]
    limit: float = 0.0
    """What the server bears: at once, or per second; 0: no server."""
    counted: str = "inside"


SCENES: Final = (
    Scene(name="sleep 1 ms", items=40_000, tried=WIDE),
    Scene(name="sleep 5 ms", items=20_000, tried=WIDE),
    Scene(name="sleep 50 ms", items=10_000, tried=WIDE[3:]),
    Scene(name="slots", items=4_000, tried=NARROW, limit=SLOTS),
    Scene(name="rate", items=2_000, tried=NARROW, limit=RATE, counted="per_second"),
    Scene(name="crowd", items=2_500, tried=NARROW, limit=KNEE),
)


def sleep(seconds: float, item: int) -> int:
    time.sleep(seconds)
    return item


def ask(client: Client, kind: str, item: int) -> int:
    client.get(kind)
    return item


async def aask(client: Client, kind: str, item: int) -> int:
    await client.aget(kind)
    return item


async def awaited(item: int) -> int:
    await asyncio.sleep(10e-3)
    return item


def fixed(func: Callable[[int], Any], items: int, threads: int) -> float:
    """Seconds that so many threads take."""
    left = iter(range(items))

    def work() -> None:
        for item in left:
            func(item)

    crew = [threading.Thread(target=work) for _ in range(threads)]
    began = perf_counter()
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    return perf_counter() - began


def ours(
    func: Callable[[int], Any], items: int, backend: Literal["auto", "threads"] = "auto"
) -> tuple[float, str]:
    """Seconds that ``execute`` takes, and how many it had in flight at the end.

    Threads must be asked for where the function carries connections, of each thread its own.
    """
    began = perf_counter()
    results, result = execute(
        func,
        range(items),
        backend=backend,
        is_overload=is_overload,
        use_cache=False,
        return_optimization_result=True,
    )
    took_s = perf_counter() - began
    assert results == list(range(items))
    waiting = result.run and result.run.waiting
    end = f"{waiting.steps[-1].width} in flight, {waiting.refused} refused" if waiting else "alone"
    if waiting and "--trace" in sys.argv:
        print(result.explain())
    return took_s, end


def show(scene: Scene, client: Client, *, short: bool) -> float:
    """Measure one scene; the ratio to the best fixed number."""
    items = scene.items // 50 if short else scene.items
    kind = scene.name
    if scene.limit:
        func: Callable[[int], Any] = partial(ask, client, kind)
        refused: Callable[[int], Any] = Patient(func, is_overload)
    else:
        func = refused = partial(sleep, float(kind.split()[1]) * 1e-3)
    best_s, best = min((fixed(refused, items, threads), threads) for threads in scene.tried)
    ratios, ends, loads = [], [], []
    for _ in range(1 if short else REPEATS):
        client.reset()
        took_s, end = ours(func, items, "threads" if scene.limit else "auto")
        ratios.append(took_s / best_s)
        ends.append(end)
        loads.append(client.counts()[scene.counted] / scene.limit if scene.limit else 0.0)
    load = f"; load {max(loads):.2f} of the limit" if scene.limit else ""
    middle, each = median(ratios), " ".join(f"{ratio:.3f}" for ratio in ratios)
    print(f"{kind}: {middle:.3f} of the best fixed number, {best}: {best_s:.2f} s", end="; ")
    print(f"{each}; {ends[-1]}{load}", flush=True)
    if scene.limit:
        client.reset()
        took_s, end = ours(partial(aask, client, kind), items)
        load_s = client.counts()[scene.counted] / scene.limit
        print(f"  async: {took_s / best_s:.3f}; {end}; load {load_s:.2f}", flush=True)
        loads.append(load_s)
    if not short and max(loads) > BORNE:
        print(f"  MISSED: the load must stay below {BORNE}")
    return median(ratios)


async def tuned(items: int, most: int) -> list[int]:
    """What a careful hand would write: a semaphore around every call."""
    free = asyncio.Semaphore(most)

    async def one(item: int) -> int:
        async with free:
            return await awaited(item)

    return await asyncio.gather(*map(one, range(items)))


def show_async(*, short: bool) -> None:
    """10,000 awaits of 10 ms against the best semaphore."""
    items = 500 if short else 10_000
    ratios, best, best_s, end = [], 0, 0.0, ""
    for _ in range(1 if short else 5):
        times = []
        for most in (100, 300, 1_000, 3_000, 10_000):
            began = perf_counter()
            asyncio.run(tuned(items, most))
            times.append((perf_counter() - began, most))
        took_s, end = ours(awaited, items)
        best_s, best = min(times)
        ratios.append(took_s / best_s)
    print(f"async: {median(ratios):.3f} of a semaphore of {best}: {best_s:.3f} s; ", end="")
    print(f"{' '.join(f'{ratio:.3f}' for ratio in ratios)}; {end}", flush=True)


def main(arguments: list[str]) -> None:
    short = "--short" in arguments
    names = [name for name in arguments if not name.startswith("--")]
    load = os.getloadavg()[0]
    print(f"python {platform.python_version()}, {os.cpu_count()} cpus, load {load:.1f}", flush=True)
    with servers() as client:
        ratios = [
            show(scene, client, short=short) for scene in SCENES if not names or scene.name in names
        ]
    if len(ratios) > 1:
        mean = exp(fsum(map(log, ratios)) / len(ratios))
        print(f"geometric mean: {mean:.3f}")
    if not names or "async" in names:
        show_async(short=short)


if __name__ == "__main__":
    main(sys.argv[1:])
