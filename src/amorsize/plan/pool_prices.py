"""What the pools of ``result.for_pool`` cost.

What calibration does not measure is from a busy two-core Linux machine, CPython 3.11, joblib 1.6:
the least of several runs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, assert_never

from amorsize.plan.prices import pool_price, price_here
from amorsize.vocab.advice import PoolKind, PoolName
from amorsize.vocab.estimate import Assumed
from amorsize.vocab.situation import Price, Priced

if TYPE_CHECKING:
    from amorsize.vocab.situation import Situation

_NONE: Final = Assumed(median_s=0.0, why="there is no pool")

JOBLIB_CALL: Final = Assumed(median_s=2e-6, why="each item is a call with its arguments")

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
        case PoolName.FUTURES if situation.start_method == "fork":
            return price_here(Priced.PROCESS_EXECUTOR, situation)
        case PoolName.FUTURES:  # starts as the pool does, and hands out as it does itself
            chunk = price_here(Priced.PROCESS_EXECUTOR, situation).per_chunk
            return replace(pool_price(kind, situation), per_chunk=chunk)
        case PoolName.LOKY:
            return price_here(Priced.LOKY_EXECUTOR, situation)
        case PoolName.JOBLIB if kind is PoolKind.PROCESSES:
            return replace(price_here(Priced.JOBLIB, situation), per_item=JOBLIB_CALL)
        case PoolName.JOBLIB:
            return JOBLIB_THREADS
        case _:
            assert_never(pool)
