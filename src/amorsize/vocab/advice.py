"""What to hand to the pools of the standard library, and what each choice would cost."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from amorsize.vocab.plan import Makespan, Rejection


class PoolKind(StrEnum):
    """The pools that advice is given for, by the words of ``executor_type``."""

    PROCESSES = "process"
    """``multiprocessing.Pool(n_jobs).map(func, data, chunksize)``."""
    THREADS = "thread"
    """``concurrent.futures.ThreadPoolExecutor(n_jobs).map(func, data)``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolCandidate:
    """The arguments for one pool. One job is the plain loop, without a pool."""

    kind: PoolKind
    n_jobs: int
    chunksize: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedPool:
    """A candidate, what its whole ``with`` block would take, and why it lost, if it did."""

    candidate: PoolCandidate
    expected: Makespan | None = None
    reason: Rejection | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """The choice for all items, those already run included."""

    chosen: PoolCandidate
    expected: Makespan
    items: int
    """Items it was made for; a guess where the input does not know its length."""
    serial_s: float
    """The plain loop over them."""
    low_s: float
    high_s: float
    """The chosen candidate's time if the items left cost as little, or as much, as they may."""
    speedup_low: float
    speedup: float
    speedup_high: float
    considered: tuple[PricedPool, ...] = ()


class PoolName(StrEnum):
    """The pools that ``result.for_pool`` knows the arguments of."""

    MULTIPROCESSING = "multiprocessing"
    """``multiprocessing.Pool(n).map(func, data, chunksize)``."""
    FUTURES = "concurrent.futures"
    """``concurrent.futures.ProcessPoolExecutor(n).map(func, data, chunksize=)``."""
    JOBLIB = "joblib"
    """``joblib.Parallel(n, batch_size=, prefer=)(delayed(func)(item) for item in data)``."""
    LOKY = "loky"
    """``loky.get_reusable_executor(n).map(func, data, chunksize=)``."""
    THREADS = "threads"
    """``concurrent.futures.ThreadPoolExecutor(n).map(func, data)``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolUse:
    """How one pool is best used for all items, and how long that takes."""

    pool: PoolName
    kind: PoolKind
    n_jobs: int
    chunksize: int
    expected: Makespan | None = None
    """``None`` where the pool cannot do it, or nothing was measured."""
    low_s: float = 0.0
    high_s: float = 0.0
    serial_s: float = 0.0
    """The plain loop over the items."""
    reason: Rejection | None = None
    """Why the pool cannot do it, or why it is not wise."""
    typical: bool = False
    """What the pool itself costs was not measured on this machine."""
    unseen: tuple[str, ...] = ()
    """What is sent to another process, and was not measured: it is taken to cost nothing."""
