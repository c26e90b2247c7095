"""What the pools of ``result.for_pool`` cost where nobody has measured it here.

Figures are from a busy two-core Linux machine, CPython 3.11, loky 3.7, joblib 1.6: the least of
several runs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, assert_never

from amorsize.plan.prices import pool_price
from amorsize.vocab.advice import PoolKind, PoolName
from amorsize.vocab.estimate import Assumed
from amorsize.vocab.situation import Price

if TYPE_CHECKING:
    from amorsize.vocab.situation import Situation

_NONE: Final = Assumed(median_s=0.0, why="there is no pool")

EXECUTOR_CHUNK: Final = Assumed(median_s=80e-6, why="2,000 chunks took 148 ms more than 200 did")

LOKY: Final = Price(
    blocking=Assumed(median_s=20e-3, why="its resource tracker and the first worker are spawned"),
    per_worker=Assumed(median_s=60e-3, why="interpreters start together, on the cores there are"),
    delay=Assumed(median_s=200e-3, why="a spawned interpreter answers after 190 to 360 ms"),
    per_chunk=Assumed(median_s=100e-6, why="one task through the queues: 69 to 117 us"),
)

JOBLIB_PROCESSES: Final = Price(
    blocking=Assumed(median_s=100e-3, why="as loky's, and its own modules"),
    per_worker=Assumed(median_s=150e-3, why="two took twice as long as loky's: they import joblib"),
    delay=Assumed(median_s=300e-3, why="likewise"),
    per_chunk=Assumed(median_s=300e-6, why="a batch is pickled, called back and collected"),
    per_item=Assumed(median_s=2e-6, why="each is a call with its arguments"),
)

JOBLIB_THREADS: Final = Price(
    blocking=Assumed(median_s=11e-3, why="results are looked for every 10 ms"),
    per_worker=Assumed(median_s=0.2e-3, why="two took 11.1 ms, eight 12.6 ms"),
    delay=Assumed(median_s=0.1e-3, why="one hand-off"),
    per_chunk=Assumed(median_s=21e-6, why="23 us for a batch of one item"),
    per_item=Assumed(median_s=3e-6, why="each is a call with its arguments"),
)

JOBLIB_ALONE: Final = Price(
    blocking=Assumed(median_s=50e-6, why="its parallel block is set up"),
    per_worker=_NONE,
    delay=_NONE,
    per_chunk=_NONE,
    per_item=Assumed(median_s=4.6e-6, why="20,000 calls of nothing took 93 ms"),
)


def pool_price_of(pool: PoolName, kind: PoolKind, situation: Situation) -> Price:
    """What ``pool`` costs in this process, with processes or with threads."""
    match pool:
        case PoolName.MULTIPROCESSING | PoolName.THREADS:
            return pool_price(kind, situation)
        case PoolName.FUTURES:
            return replace(pool_price(kind, situation), per_chunk=EXECUTOR_CHUNK)
        case PoolName.LOKY:
            return LOKY
        case PoolName.JOBLIB:
            return JOBLIB_PROCESSES if kind is PoolKind.PROCESSES else JOBLIB_THREADS
        case _:
            assert_never(pool)
