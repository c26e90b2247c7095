"""Who runs a workload: the plain loop, what people use, ours, and the oracle's configurations.

Everybody is called as its documentation shows first, with its defaults. Modules are imported
before the clock starts; what a package loads on first use belongs to its time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

Call = Callable[[Callable[[Any], Any], Iterable[Any]], list[Any]]

PLAIN: Final = "plain"
AGAIN: Final = "plain-again"
"""The plain loop against itself: what differs is noise."""

OURS: Final = "ours"
NOTEBOOK: Final = "ours-notebook"
ACCOUNT: Final = "ours-account"
"""Never timed: says which engine did the work."""

ORACLE: Final = "oracle"
"""Not a contestant: the name under which the chosen configuration is timed."""

THREAD_COUNTS: Final = (2, 4, 8, 16, 32, 64)
CHUNK_DIVISORS: Final = (64, 16, 4, 1)
"""A pool of n gets chunks of N/64p, N/16p, N/4p and N/p items, and of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """A way to run ``[func(x) for x in data]``."""

    name: str
    label: str
    call: Call
    needs: tuple[str, ...] = ()
    """Modules that its users import."""
    beside_thread: bool = False
    """Another Python thread is alive, as it is in every notebook."""


def plain_loop(func: Callable[[Any], Any], data: Iterable[Any]) -> list[Any]:
    """Run what everybody is measured against."""
    return [func(item) for item in data]


def _process_pool(func: Callable[[Any], Any], data: Iterable[Any]) -> list[Any]:
    from multiprocessing import Pool

    with Pool() as pool:
        return pool.map(func, data)


def _process_executor(func: Callable[[Any], Any], data: Iterable[Any]) -> list[Any]:
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor() as pool:
        return list(pool.map(func, data))


def _thread_executor(func: Callable[[Any], Any], data: Iterable[Any]) -> list[Any]:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor() as pool:
        return list(pool.map(func, data))


def _joblib(func: Callable[[Any], Any], data: Iterable[Any]) -> list[Any]:
    from joblib import Parallel, delayed

    return list(Parallel(n_jobs=-1)(delayed(func)(item) for item in data))


def _mpire(func: Callable[[Any], Any], data: Iterable[Any]) -> list[Any]:
    """One default is changed: it would join arrays into one, and the answer would be another."""
    from mpire.pool import WorkerPool

    with WorkerPool() as pool:
        return list(pool.map(func, data, concatenate_numpy_output=False))


def _ours(func: Callable[[Any], Any], data: Iterable[Any]) -> list[Any]:
    from amorsize import execute

    return execute(func, data)


class Accounted(list[Any]):
    """Results that bring the account of their run along."""

    def __init__(self, results: list[Any], account: dict[str, Any]) -> None:
        super().__init__(results)
        self.account = account


def _accounted(func: Callable[[Any], Any], data: Iterable[Any]) -> list[Any]:
    from amorsize.api.run import run

    done = run(func, data)
    record = done.record
    account = {
        "engine": str(record.engine),
        "workers": record.workers,
        "serial_items": record.serial_items,
        "reruns": len(record.reruns),
        "warnings": list(record.warnings),
    }
    return Accounted(done.results, account)


def _static_threads(workers: int, func: Callable[[Any], Any], data: Iterable[Any]) -> list[Any]:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(func, data))


def _static_pool(
    size: tuple[int, int], func: Callable[[Any], Any], data: Iterable[Any]
) -> list[Any]:
    from multiprocessing import get_context

    workers, chunk = size
    with get_context("fork").Pool(workers) as pool:
        return pool.map(func, data, chunk)


POOLS: Final = ("multiprocessing.pool",)
FUTURES: Final = ("concurrent.futures.thread", "concurrent.futures.process")

CONTESTANTS: Final = (
    Contestant(name=PLAIN, label="plain loop", call=plain_loop),
    Contestant(name=AGAIN, label="plain loop again", call=plain_loop),
    Contestant(name="pool", label="Pool", call=_process_pool, needs=POOLS),
    Contestant(
        name="processes", label="ProcessPoolExecutor", call=_process_executor, needs=FUTURES
    ),
    Contestant(name="threads", label="ThreadPoolExecutor", call=_thread_executor, needs=FUTURES),
    Contestant(name="joblib", label="joblib", call=_joblib, needs=("joblib",)),
    Contestant(name="mpire", label="mpire", call=_mpire, needs=("mpire",)),
    Contestant(name=OURS, label="amorsize", call=_ours, needs=("amorsize.api.execute",)),
    Contestant(
        name=NOTEBOOK,
        label="amorsize in a notebook",
        call=_ours,
        needs=("amorsize.api.execute",),
        beside_thread=True,
    ),
    Contestant(
        name=ACCOUNT,
        label="amorsize, asked what it did",
        call=_accounted,
        needs=("amorsize.api.execute",),
    ),
)
PEERS: Final = ("pool", "processes", "threads", "joblib", "mpire")
BY_NAME: Final = {contestant.name: contestant for contestant in CONTESTANTS}


def contestant_named(name: str) -> Contestant:
    """Find a contestant, or read a configuration of the oracle's grid from its name.

    Raises:
        KeyError: there is no such contestant.
        ValueError: it is no such configuration either.
    """
    kind, colon, sizes = name.partition(":")
    if not colon:
        return BY_NAME[name]
    numbers = [int(size) for size in sizes.split(":")]
    if kind == "threads":
        (workers,) = numbers
        threads = partial(_static_threads, workers)
        return Contestant(name=name, label=name, call=threads, needs=FUTURES)
    workers, chunk = numbers
    pool = partial(_static_pool, (workers, chunk))
    return Contestant(name=name, label=name, call=pool, needs=POOLS)


def grid(items: int, cores: int) -> tuple[str, ...]:
    """List the configurations that the oracle chooses from, the plain loop first."""
    threads = [f"threads:{workers}" for workers in THREAD_COUNTS]
    chunks = {1, *(max(1, items // (divisor * cores)) for divisor in CHUNK_DIVISORS)}
    pools = [
        f"pool:{workers}:{chunk}" for workers in sorted({2, cores}) for chunk in sorted(chunks)
    ]
    return (PLAIN, *threads, *pools)
