"""What engines cost where nobody has measured it here: a table with reasons.

Figures are medians from a two-core Linux machine, CPython 3.11.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from amorsize.vocab.advice import PoolKind
from amorsize.vocab.estimate import Assumed
from amorsize.vocab.plan import EngineKind
from amorsize.vocab.situation import Price

if TYPE_CHECKING:
    from amorsize.vocab.situation import Situation

FORK_S_PER_BYTE: Final = 1.2e-12
"""Forking copies page tables: 2.2 GB took 2.5 to 3.5 ms, an empty heap 0.2 ms."""

_NOTHING: Final = Assumed(median_s=0.0, why="nothing to do")

SERIAL: Final = Price(blocking=_NOTHING, per_worker=_NOTHING, delay=_NOTHING, per_chunk=_NOTHING)

TEAM: Final = Price(
    blocking=Assumed(median_s=0.5e-3, why="pipe, shared memory, flushing, reaping"),
    per_worker=Assumed(median_s=0.6e-3, why="fork of a small heap: 0.2 to 0.5 ms, and its end"),
    delay=Assumed(median_s=2e-3, why="a forked child works after 1 to 3 ms"),
    per_chunk=Assumed(median_s=20e-6, why="claim 1 us, result frame and record"),
)

LOKY_COLD: Final = Price(
    blocking=Assumed(median_s=140e-3, why="loky is imported, the first worker is spawned"),
    per_worker=Assumed(median_s=3e-3, why="each process is spawned by the caller"),
    delay=Assumed(median_s=250e-3, why="a spawned interpreter answers after 190 to 360 ms"),
    per_chunk=Assumed(median_s=100e-6, why="one task through the queues: 70 to 117 us"),
)

LOKY_WARM: Final = Price(
    blocking=Assumed(median_s=0.3e-3, why="workers of an earlier call are reused"),
    per_worker=Assumed(median_s=0.05e-3, why="workers of an earlier call are reused"),
    delay=Assumed(median_s=0.7e-3, why="a first task through the queues"),
    per_chunk=LOKY_COLD.per_chunk,
)

THREADS: Final = Price(
    blocking=Assumed(median_s=60e-6, why="queue and locks"),
    per_worker=Assumed(median_s=60e-6, why="a thread starts in 30 to 100 us"),
    delay=Assumed(median_s=0.1e-3, why="until the new thread is scheduled"),
    per_chunk=Assumed(median_s=5e-6, why="claim under a lock, report through a queue"),
)

POOL_FORK: Final = Price(
    blocking=Assumed(median_s=3e-3, why="three helper threads and queues, made and ended"),
    per_worker=Assumed(median_s=1.6e-3, why="Pool(1) took 4.6 ms, Pool(8) 15.8 ms, ends included"),
    delay=Assumed(median_s=0.6e-3, why="first result of an idle pool"),
    per_chunk=Assumed(median_s=30e-6, why="23 to 45 us a chunk in the caller"),
)

POOL_FORKSERVER: Final = Price(
    blocking=Assumed(median_s=5e-3, why="as with fork, and the server is asked"),
    per_worker=Assumed(median_s=5e-3, why="Pool(2) took 24 ms, Pool(8) 60 ms"),
    delay=Assumed(
        median_s=50e-3, why="the first pool of a process starts the server: 30 to 140 ms"
    ),
    per_chunk=POOL_FORK.per_chunk,
)

POOL_SPAWN: Final = Price(
    blocking=Assumed(median_s=5e-3, why="as with fork"),
    per_worker=Assumed(median_s=12e-3, why="interpreters start together: Pool(8) took 184 ms"),
    delay=Assumed(median_s=45e-3, why="one interpreter starts in 50 ms, without imports of yours"),
    per_chunk=POOL_FORK.per_chunk,
)

POOL_THREADS: Final = Price(
    blocking=Assumed(median_s=0.13e-3, why="executor made and shut down"),
    per_worker=Assumed(median_s=45e-6, why="8 threads took 0.56 ms, 32 took 1.57 ms"),
    delay=Assumed(median_s=20e-6, why="one hand-off"),
    per_chunk=Assumed(median_s=7e-6, why="a future and two hand-offs: 14 us an item"),
)

_POOLS: Final = {"fork": POOL_FORK, "forkserver": POOL_FORKSERVER, "spawn": POOL_SPAWN}


def pool_price(kind: PoolKind, situation: Situation) -> Price:
    """What one of the standard pools costs in this process."""
    if kind is PoolKind.THREADS:
        return POOL_THREADS
    price = _POOLS[situation.start_method]
    return _with_heap(price, situation) if situation.start_method == "fork" else price


def price_of(engine: EngineKind, situation: Situation) -> Price:
    """What ``engine`` costs in this process."""
    match engine:
        case EngineKind.SERIAL:
            return SERIAL
        case EngineKind.THREADS:
            return THREADS
        case EngineKind.LOKY:
            return LOKY_WARM if situation.spawned_warm else LOKY_COLD
        case EngineKind.TEAM:
            return _with_heap(TEAM, situation)


def _with_heap(price: Price, situation: Situation) -> Price:
    heap_s = situation.heap_bytes * FORK_S_PER_BYTE
    if not heap_s:
        return price
    fork = Assumed(median_s=price.per_worker.median_s + heap_s, why="fork copies page tables")
    return replace(price, per_worker=fork)
