"""What engines cost: measured here, where somebody did, else a table with reasons.

Figures of the table are medians from a two-core Linux machine, CPython 3.11.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from amorsize.stats.shrinkage import typical
from amorsize.vocab.advice import PoolKind
from amorsize.vocab.estimate import Assumed, Measured
from amorsize.vocab.plan import EngineKind
from amorsize.vocab.situation import Gigabyte, Price, Priced

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amorsize.vocab.estimate import Estimate
    from amorsize.vocab.situation import Experience, Situation

GIGABYTE: Final = Gigabyte(
    fork=Assumed(median_s=1.2e-3, why="2.2 GB took 2.5 to 3.5 ms, an empty heap 0.2 ms"),
    touch=Assumed(median_s=1.1, why="4.5 us for a page of 4 KB"),
    copy=Assumed(median_s=1 / 1.5, why="0.9 to 2 GB a second, page faults included"),
    mapped=Assumed(median_s=0.25, why="the reader pays for touching the pages"),
)

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

PROCESS_EXECUTOR: Final = Price(
    blocking=Assumed(median_s=3e-3, why="a helper thread and queues, made and ended"),
    per_worker=POOL_FORK.per_worker,
    delay=Assumed(median_s=2e-3, why="first result after 5 to 7 ms"),
    per_chunk=Assumed(median_s=80e-6, why="a future and two queues: 70 to 117 us"),
)

LOKY_EXECUTOR: Final = Price(
    blocking=Assumed(median_s=2e-3, why="it is kept from call to call, and not ended"),
    per_worker=Assumed(median_s=15e-3, why="interpreters start together, on the cores there are"),
    delay=Assumed(median_s=100e-3, why="a spawned interpreter answers after 70 to 360 ms"),
    per_chunk=LOKY_COLD.per_chunk,
)

JOBLIB: Final = replace(
    LOKY_EXECUTOR,
    per_chunk=Assumed(median_s=200e-6, why="a batch is pickled, called back and collected"),
)

MPIRE: Final = Price(
    blocking=Assumed(median_s=10e-3, why="queues and helper threads, made and ended"),
    per_worker=Assumed(median_s=5e-3, why="a fork, and messages to begin and to end"),
    delay=Assumed(median_s=100e-3, why="workers start with the first map, and a manager for them"),
    per_chunk=Assumed(median_s=400e-6, why="two queues and a progress count: 350 to 550 us"),
)

ASSUMED: Final[Mapping[Priced, Price]] = {
    Priced.TEAM: TEAM,
    Priced.THREADS: THREADS,
    Priced.LOKY_COLD: LOKY_COLD,
    Priced.LOKY_WARM: LOKY_WARM,
    Priced.POOL_FORK: POOL_FORK,
    Priced.POOL_FORKSERVER: POOL_FORKSERVER,
    Priced.POOL_SPAWN: POOL_SPAWN,
    Priced.THREAD_POOL: POOL_THREADS,
    Priced.PROCESS_EXECUTOR: PROCESS_EXECUTOR,
    Priced.LOKY_EXECUTOR: LOKY_EXECUTOR,
    Priced.JOBLIB: JOBLIB,
    Priced.MPIRE: MPIRE,
}

SMALL_HEAP_BYTES: Final = 25_000_000
"""What a bare interpreter has in memory, in which prices were measured."""

_POOLS: Final = {
    "fork": Priced.POOL_FORK,
    "forkserver": Priced.POOL_FORKSERVER,
    "spawn": Priced.POOL_SPAWN,
}

_FORKED: Final = {Priced.TEAM, Priced.POOL_FORK, Priced.PROCESS_EXECUTOR, Priced.MPIRE}

_SPAWNED: Final = {
    Priced.LOKY_COLD,
    Priced.POOL_FORKSERVER,
    Priced.POOL_SPAWN,
    Priced.JOBLIB,
    Priced.LOKY_EXECUTOR,
}


BELIEVABLE: Final = 30
"""No price is so many times the assumed one, nor so small a part of it.

Machines differ by less, and a file that somebody has written cannot make advice absurd."""

SEEN_IN_RUNS: Final[Mapping[Priced, tuple[str, ...]]] = {
    Priced.TEAM: ("blocking", "per_worker"),
    Priced.LOKY_COLD: ("blocking", "per_worker"),
    Priced.THREADS: ("blocking", "delay"),
}
"""Parts that make up the wait for the first item of a run, which every run shows for nothing.

Sending the function to workers that are there already takes as long as anything else."""


def priced_as(engine: EngineKind, situation: Situation) -> Priced:
    """The name under which the price of an engine of ours is known."""
    if engine is EngineKind.LOKY:
        return Priced.LOKY_WARM if situation.spawned_warm else Priced.LOKY_COLD
    return Priced.THREADS if engine is EngineKind.THREADS else Priced.TEAM


def pool_price(kind: PoolKind, situation: Situation) -> Price:
    """What one of the standard pools costs in this process."""
    processes, threads = pools_priced(situation)
    return price_here(threads if kind is PoolKind.THREADS else processes, situation)


def pools_priced(situation: Situation | None) -> tuple[Priced, Priced]:
    """The standard pools of this process: of processes, and of threads."""
    method = "fork" if situation is None else situation.start_method
    return _POOLS[method], Priced.THREAD_POOL


def price_of(engine: EngineKind, situation: Situation) -> Price:
    """What ``engine`` costs in this process."""
    if engine in {EngineKind.SERIAL, EngineKind.ASYNC}:
        return SERIAL
    return price_here(priced_as(engine, situation), situation)


def price_here(what: Priced, situation: Situation) -> Price:
    """What one engine or pool costs in this process: measured, where the situation tells."""
    known = situation.calibration
    price = ASSUMED[what] if known is None else known.prices.get(what, ASSUMED[what])
    if situation.experience is not None:
        price = _as_seen(what, price, situation.experience)
    if what in _SPAWNED and situation.imports is not None:
        return replace(price, delay=dearer(price.delay, situation.imports.median_s))
    if what not in _FORKED or not situation.heap_bytes:
        return price
    more_bytes = max(0, situation.heap_bytes - SMALL_HEAP_BYTES)
    heap_s = more_bytes * gigabyte_here(situation).fork.median_s / 1e9
    return replace(price, per_worker=dearer(price.per_worker, heap_s))


def _as_seen(what: Priced, price: Price, experience: Experience) -> Price:
    """The same, with the parts of a start that nobody has calibrated as runs have shown them."""
    ratios = experience.starts.get(what, ())
    if not ratios:
        return price
    factor = typical(ratios, most=BELIEVABLE)
    low, high = min(factor, *ratios), max(factor, *ratios)
    parts = {
        name: Measured(
            median_s=factor * assumed.median_s,
            low_s=low * assumed.median_s,
            high_s=high * assumed.median_s,
            samples=len(ratios),
        )
        for name in SEEN_IN_RUNS[what]
        if isinstance(assumed := getattr(price, name), Assumed)
    }
    return replace(price, **parts)


def gigabyte_here(situation: Situation) -> Gigabyte:
    """What memory costs in this process, likewise."""
    return GIGABYTE if situation.calibration is None else situation.calibration.gigabyte


def dearer(estimate: Estimate, by_s: float) -> Estimate:
    """The same, and something known on top."""
    if isinstance(estimate, Measured):
        return replace(
            estimate,
            median_s=estimate.median_s + by_s,
            low_s=estimate.low_s + by_s,
            high_s=estimate.high_s + by_s,
        )
    return replace(estimate, median_s=estimate.median_s + by_s)
