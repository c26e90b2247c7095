"""One measurement, inside the process that exists for it alone."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from itertools import islice
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from benchmarks.measure.contestants import contestant_named
from benchmarks.workloads.base import same
from benchmarks.workloads.registry import workload_named

if TYPE_CHECKING:
    from benchmarks.workloads.base import Job


WARM_CALLS: Final = 10
"""The interpreter adapts code to its types after eight runs."""

WARM_ITEMS: Final = 3


class Check(StrEnum):
    """How much of the answer is compared with the plain loop's, after the clock has stopped."""

    ALL = "all"
    SPOT = "spot"
    """Its length, and the first, the middle and the last result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to measure."""

    workload: str
    amount: int
    contestant: str
    check: Check = Check.SPOT
    limit_s: float = 20.0
    warm: bool = False
    """The process has made a few small calls of the same kind before."""

    @property
    def needs(self) -> tuple[str, ...]:
        """Modules to import before the process is made."""
        return (*workload_named(self.workload).needs, *contestant_named(self.contestant).needs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came out of it: seconds, or why there are none."""

    seconds: float | None = None
    items: int = 0
    failure: str | None = None
    account: dict[str, Any] | None = None
    """What our library says that it did."""
    foreign_share: float = 0.0
    """Share of the machine that others used meanwhile."""


Tell = Callable[[str], None]


def perform(request: Request, tell: Tell) -> Reply:
    """Run the contestant once; ``tell`` is called just before the clock starts and stops."""
    for module in request.needs:
        import_module(module)
    contestant = contestant_named(request.contestant)
    try:
        job = workload_named(request.workload).make(request.amount)
    except Exception as error:  # noqa: BLE001 - the case is then left out, with this as its reason
        return Reply(failure=_headline(error))
    with _closed(job), _company(wanted=contestant.beside_thread):
        if request.warm:
            for _ in range(WARM_CALLS):
                contestant.call(job.func, list(islice(job.data(), WARM_ITEMS)))
        data = job.data()
        # reads every object once, too: later no page of them has to be copied from the nursery
        gc.collect()
        tell("started")
        try:
            began = perf_counter()
            results = contestant.call(job.func, data)
            seconds = perf_counter() - began
        except Exception as error:  # noqa: BLE001 - whatever a contestant raises is its result
            return Reply(failure=_headline(error))
        tell("ran")
        del data
        wrong = difference(results, job, request.check)
    if wrong is not None:
        return Reply(items=len(results), failure=wrong)
    return Reply(seconds=seconds, items=len(results), account=getattr(results, "account", None))


def difference(results: list[Any], job: Job, check: Check) -> str | None:
    """Say what is wrong with the results, if anything is."""
    wanted = {0, len(results) // 2, len(results) - 1} if check is Check.SPOT else None
    items = 0
    for index, item in enumerate(job.data()):
        items += 1
        if index >= len(results):
            continue
        if (wanted is None or index in wanted) and not same(results[index], job.func(item)):
            return f"wrong result for item {index}"
    return None if items == len(results) else f"{len(results)} results for {items} items"


@contextmanager
def _closed(job: Job) -> Iterator[None]:
    try:
        yield
    finally:
        job.close()


@contextmanager
def _company(*, wanted: bool) -> Iterator[None]:
    """Keep another Python thread alive."""
    if not wanted:
        yield
        return
    done = threading.Event()
    thread = threading.Thread(target=done.wait, name="a notebook's thread")
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _headline(error: BaseException) -> str:
    first = str(error).partition("\n")[0]
    return f"{type(error).__name__}: {first}"[:200]
