"""Our own engines, run as a call would run them, and taken apart as the model puts them together.

With ``workers`` the caller is blocked for ``blocking + (workers - 1) * per_worker``; two sizes
tell both. A chunk costs what the same items cost more when they are handed out one by one.
"""

from __future__ import annotations

import threading
from queue import SimpleQueue
from statistics import median
from time import perf_counter, sleep
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from amorsize.calibrate.loads import SPIN_S, nothing, spin, who_and_when
from amorsize.calibrate.rounds import Parts, Samples, rounds, share_s
from amorsize.engines.base import Failure, Job
from amorsize.engines.reaper import REAPER
from amorsize.engines.registry import engine_for
from amorsize.engines.source import source_of
from amorsize.machine.facts import usable_cpus
from amorsize.vocab.plan import EngineKind
from amorsize.vocab.situation import Priced

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from amorsize.engines.base import Engine
    from amorsize.vocab.waiting import Waiting

SMALL: Final = 2
LARGE: Final = 4
"""Workers of two sizes, the caller among them."""

ITEMS: Final = 400
CHUNK: Final = 20

REAP_S: Final = 20e-3
"""Forked workers exit beside whatever the caller does next; here, before the next run begins."""

READY_S: Final = 5.0
"""Spawned workers that have not answered by then never will."""


class Silent:
    """Keeps results; satisfies ``engines.base.Reports``."""

    limit = None
    patience_s = None
    most_workers = None
    ready = False

    def __init__(self) -> None:
        self.results: list[Any] = []

    def done(self, start: int, results: Sequence[Any], busy_s: float) -> None:
        del start, busy_s
        self.results += results

    def failed(self, failure: Failure) -> None:
        raise failure.error

    def stranded(self, start: int, items: Sequence[Any], why: str) -> None:
        msg = f"items {start} to {start + len(items) - 1} did not come home: {why}"
        raise RuntimeError(msg)

    def note(self, warning: str) -> None:
        """Fewer workers than asked for would be another measurement."""
        raise RuntimeError(warning)

    def waited(self, waiting: Waiting) -> None:
        pass

    def tick(self) -> None:
        pass


class Run(NamedTuple):
    """One run of an engine."""

    wall_s: float
    results: list[Any]


def _run(
    engine: Engine, func: Callable[[Any], Any], items: int, *, workers: int, chunk: int = 1
) -> Run:
    silent = Silent()
    job = Job(
        func=func,
        source=source_of(range(items)),
        workers=workers,
        item_s=SPIN_S,
        chunksize=chunk,
        workers_forced=True,
    )
    began = perf_counter()
    engine.run(job, silent)
    wall_s = perf_counter() - began
    REAPER.reap(REAP_S)
    return Run(wall_s, silent.results)


def _chunk_s(engine: Engine, func: Callable[[Any], Any], joint: float) -> float:
    """What one more chunk costs, where ``joint`` workers take them side by side."""
    one_by_one = _run(engine, func, ITEMS, workers=SMALL)
    together = _run(engine, func, ITEMS, workers=SMALL, chunk=CHUNK)
    return (one_by_one.wall_s - together.wall_s) * joint / (ITEMS - ITEMS / CHUNK)


class _Seen(NamedTuple):
    """A run in which every item has told when it began."""

    blocked_s: float
    """Before the first item began, and after the last one had ended."""
    delay_s: float | None
    """From the first item of all to the first of another worker; ``None``: it came too late."""


def _seen(engine: Engine, items: int, *, workers: int = SMALL) -> _Seen:
    run = _run(engine, who_and_when, items, workers=workers)
    first: dict[int, float] = {}
    for process, at in run.results:
        first[process] = min(at, first.get(process, at))
    began, ended = min(first.values()), max(at for _, at in run.results) + SPIN_S
    others = sorted(first.values())[1:2]
    return _Seen(run.wall_s - (ended - began), others[0] - began if others else None)


def team() -> Samples:
    """Forked workers."""
    engine, parts, joint = engine_for(EngineKind.TEAM), Parts(), min(SMALL, usable_cpus())
    _run(engine, nothing, 1, workers=SMALL)
    for _ in rounds(20, 0.4):
        small, large = _seen(engine, ITEMS), _seen(engine, ITEMS, workers=LARGE)
        more_s = large.blocked_s - small.blocked_s
        each_s = share_s(more_s, LARGE - SMALL, most=small.blocked_s)
        parts.add(
            blocking=small.blocked_s - each_s,
            per_worker=each_s,
            per_chunk=_chunk_s(engine, spin, joint),
        )
        if small.delay_s is not None:
            parts.add(delay=small.delay_s)
    return {Priced.TEAM: parts.samples}


def threads() -> Samples:
    """Threads; the caller coordinates, and no chunk is run beside another."""
    engine, parts = engine_for(EngineKind.THREADS), Parts()
    _run(engine, nothing, SMALL, workers=SMALL)
    for _ in rounds(20, 0.25):
        small = _run(engine, nothing, SMALL, workers=SMALL).wall_s
        large = _run(engine, nothing, LARGE, workers=LARGE).wall_s
        delay_s = _hand_off_s()
        each_s = share_s(large - small, LARGE - SMALL, most=small - delay_s)
        parts.add(
            blocking=small - each_s - delay_s,
            per_worker=each_s,
            delay=delay_s,
            per_chunk=_chunk_s(engine, nothing, joint=1),
        )
    return {Priced.THREADS: parts.samples}


def _hand_off_s(times: int = 50) -> float:
    """From one thread that puts to another that waits for it."""
    there: SimpleQueue[bool] = SimpleQueue()
    back: SimpleQueue[bool] = SimpleQueue()

    def answer() -> None:
        while there.get():
            back.put(True)

    other = threading.Thread(target=answer)
    other.start()
    began = perf_counter()
    for _ in range(times):
        there.put(True)
        back.get()
    wall_s = perf_counter() - began
    there.put(False)
    other.join()
    return wall_s / (2 * times)


def loky() -> Samples:
    """Spawned workers: started, with what is imported for the first ones, and reused."""
    began = perf_counter()
    engine = engine_for(EngineKind.LOKY)
    first = _start_spawned(1)
    first_s = perf_counter() - began - first.ready_s
    warm = _reused(engine)
    cold, blocked_s, each_s = Parts(), [], []
    for _ in rounds(3, 1.0):
        small, large = _start_spawned(1), _start_spawned(LARGE - 1)
        cold.add(delay=small.ready_s)
        blocked_s.append(small.blocked_s)
        more_s = large.blocked_s - small.blocked_s
        each_s.append(share_s(more_s, LARGE - SMALL, most=small.blocked_s))
    _dismiss_spawned()
    imports_s = first_s - median(blocked_s)
    for small_s, one_s in zip(blocked_s, each_s, strict=True):
        cold.add(per_worker=one_s, blocking=small_s + imports_s - one_s)
    cold.samples["per_chunk"] = warm.samples["per_chunk"]
    return {Priced.LOKY_COLD: cold.samples, Priced.LOKY_WARM: warm.samples}


def _reused(engine: Engine) -> Parts:
    """The price of workers that are there, the one that a further one adds left out."""
    warm, joint = Parts(), min(SMALL, usable_cpus())
    for _ in rounds(8, 0.3):
        delay_s = _seen(engine, SMALL).delay_s
        both_s = _run(engine, nothing, SMALL, workers=SMALL).wall_s
        if delay_s is not None:
            warm.add(delay=delay_s, blocking=both_s - delay_s)
        warm.add(per_chunk=_chunk_s(engine, spin, joint))
    return warm


class _Started(NamedTuple):
    blocked_s: float
    ready_s: float


def _start_spawned(workers: int) -> _Started:
    """Start workers, wait for the first one, and leave them to be reused."""
    from amorsize.engines.spawned_pool import spawned_pool

    _dismiss_spawned()
    began = perf_counter()
    with spawned_pool(workers) as pool:
        made = perf_counter()
        while not pool.is_ready():
            if perf_counter() - made > READY_S:
                msg = f"no spawned worker within {READY_S:g} s"
                raise TimeoutError(msg)
            sleep(0.5e-3)
        return _Started(made - began, perf_counter() - made)


def _dismiss_spawned() -> None:
    from amorsize.engines.spawned_alive import IDLE_POOLS

    IDLE_POOLS.dismiss(wait=True)
