"""Pools of others: the standard library's, and joblib, loky and mpire where they are installed.

Each is made, used and closed as its users do it. A pool of n workers costs ``blocking + n *
per_worker + delay``, the last until it has given a first result; a larger one tells them apart.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any, Final, NamedTuple, TypeAlias

from amorsize.calibrate.loads import nothing, who
from amorsize.calibrate.rounds import Parts, Samples, rounds, share_s
from amorsize.vocab.situation import Priced

Run: TypeAlias = Callable[[Callable[[Any], Any], int], Any]
"""Call a function on so many numbers, each of them handed out by itself; gives the results."""

MORE: Final = 2
"""Workers that the larger pool has beyond the smaller one."""

CHUNKS: Final = 200

ALL_S: Final = 3.0
"""Workers that have not shown up by then never will."""


def _stay_warm() -> None:
    """Nothing is kept from one pool to the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """How to make one, how often, and how to forget that it was there."""

    opened: Callable[[int], AbstractContextManager[Run]]
    cool: Callable[[], None] = _stay_warm
    smaller: int = 1
    in_threads: bool = False
    """Threads are started when there is something for each of them to do."""
    come_late: bool = False
    """Workers need much longer to start than to work: their time is up when all are there."""
    keeps_a_server: bool = False
    """The first one of a process pays for what the next ones use: that is part of its delay."""
    most: int = 12
    seconds: float = 0.35


class Once(NamedTuple):
    """One pool, from its making to its end."""

    whole_s: float
    """Chunks left out."""
    first_s: float
    """From made to the first result."""
    chunk_s: float


def measure(what: Priced, pool: Pool) -> Samples:
    """Take the pool's price apart."""
    first = _once(pool, pool.smaller) if pool.keeps_a_server else None
    parts, small = Parts(), []
    for _ in rounds(pool.most, pool.seconds):
        one, more = _once(pool, pool.smaller), _once(pool, pool.smaller + MORE)
        parts.add(**_taken_apart(pool, one, more), per_chunk=one.chunk_s)
        small.append(one.whole_s)
    pool.cool()
    if first is not None:
        server_s = first.whole_s - median(small)
        parts.samples["delay"] = [max(0.0, server_s + median(parts.samples["delay"]))]
    return {what: parts.samples}


def _taken_apart(pool: Pool, one: Once, more: Once) -> dict[str, float]:
    """What each worker adds is part of making the pool, or of waiting for its first result."""
    made_s, first_s = one.whole_s - one.first_s, one.first_s
    late = pool.come_late or pool.in_threads
    most_s = (first_s if late else made_s) / pool.smaller
    each_s = share_s(more.whole_s - one.whole_s, MORE, most=most_s)
    workers_s = pool.smaller * each_s
    if late:
        return {"blocking": made_s, "per_worker": each_s, "delay": first_s - workers_s}
    return {"blocking": made_s - workers_s, "per_worker": each_s, "delay": first_s}


def _once(pool: Pool, workers: int) -> Once:
    pool.cool()
    began = perf_counter()
    with pool.opened(workers) as run:
        made = perf_counter()
        run(nothing, 1)
        first = perf_counter()
        if workers > 1:
            _gather(run, workers, pool)
        there = perf_counter()
        if workers == pool.smaller:
            run(nothing, CHUNKS)
        done = perf_counter()
    ended = perf_counter()
    return Once(there - began + ended - done, first - made, (done - there) / CHUNKS)


def _gather(run: Run, workers: int, pool: Pool) -> None:
    """Wait until all workers are there, where that is something to wait for."""
    if pool.in_threads:
        together = threading.Barrier(workers, timeout=ALL_S)
        run(lambda _: together.wait(), workers)
    if not pool.come_late:
        return
    give_up, seen = perf_counter() + ALL_S, set[int]()
    while len(seen) < workers and perf_counter() < give_up:
        seen.update(run(who, workers))


@contextmanager
def _multiprocessing(method: str, workers: int) -> Iterator[Run]:
    from multiprocessing import get_context

    with get_context(method).Pool(workers) as pool:
        yield lambda func, many: pool.map(func, range(many), 1)


@contextmanager
def _thread_executor(workers: int) -> Iterator[Run]:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(workers) as pool:
        yield lambda func, many: list(pool.map(func, range(many)))


@contextmanager
def _process_executor(workers: int) -> Iterator[Run]:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(workers, get_context("fork")) as pool:
        yield lambda func, many: list(pool.map(func, range(many)))


@contextmanager
def _loky_executor(workers: int) -> Iterator[Run]:
    import loky

    pool = loky.get_reusable_executor(max_workers=workers)
    yield lambda func, many: list(pool.map(func, range(many)))


def _cool_loky() -> None:
    import loky

    loky.get_reusable_executor().shutdown(wait=True, kill_workers=True)


@contextmanager
def _joblib(workers: int) -> Iterator[Run]:
    import joblib

    with joblib.Parallel(n_jobs=workers, backend="loky", batch_size=1) as parallel:
        yield lambda func, many: parallel(joblib.delayed(func)(number) for number in range(many))


def _cool_joblib() -> None:
    from joblib.externals import loky

    loky.get_reusable_executor().shutdown(wait=True, kill_workers=True)


@contextmanager
def _mpire(workers: int) -> Iterator[Run]:
    import mpire

    pools: Any = mpire  # exports its names without saying so
    with pools.WorkerPool(workers) as pool:
        yield lambda func, many: pool.map(func, range(many), chunk_size=1)


def _pool(method: str, **more: Any) -> Pool:
    return Pool(opened=partial(_multiprocessing, method), **more)


POOLS: Final = {
    Priced.POOL_FORK: _pool("fork"),
    Priced.POOL_FORKSERVER: _pool(
        "forkserver", keeps_a_server=True, come_late=True, most=4, seconds=0.3
    ),
    Priced.POOL_SPAWN: _pool("spawn", come_late=True, most=4, seconds=0.6),
    Priced.THREAD_POOL: Pool(opened=_thread_executor, in_threads=True, most=20, seconds=0.2),
    Priced.PROCESS_EXECUTOR: Pool(opened=_process_executor),
    Priced.LOKY_EXECUTOR: Pool(
        opened=_loky_executor, cool=_cool_loky, come_late=True, most=3, seconds=0.8
    ),
    Priced.JOBLIB: Pool(
        opened=_joblib, cool=_cool_joblib, come_late=True, smaller=2, most=3, seconds=0.8
    ),
    Priced.MPIRE: Pool(opened=_mpire, most=6),
}


def pool_called(name: str) -> Samples:
    """Measure the pool of this name."""
    what = Priced(name)
    return measure(what, POOLS[what])
