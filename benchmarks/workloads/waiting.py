"""Functions that wait, for a clock, a program or a server, alone or mixed with computing."""

from __future__ import annotations

from functools import partial
from itertools import cycle, islice
from typing import TYPE_CHECKING, Final

from benchmarks.tasks.waiting import run_program, sleep_ms, wait_and_compute, wait_or_compute
from benchmarks.tasks.web import fetch
from benchmarks.workloads.base import Family, Job, Kind, Workload
from benchmarks.workloads.computing import MEDIUM

if TYPE_CHECKING:
    from collections.abc import Callable

PATTERN_MS: Final = (1, 2, 8, 1, 4, 2, 20, 2)
"""Waits that differ; together 40 ms."""

SERVER_DELAY_S: Final = 5e-3
SERVER_LIMIT: Final = 8
EVERYBODY: Final = 10_000
"""So many at once is no limit."""

WEB: Final = ("asyncio", "http.client")


def _equal_sleeps(milliseconds: int) -> Callable[[int], Job]:
    return lambda amount: Job(func=sleep_ms, data=lambda: [milliseconds] * amount)


def _different_sleeps(amount: int) -> Job:
    return Job(func=sleep_ms, data=lambda: list(islice(cycle(PATTERN_MS), amount)))


def _numbers(func: Callable[[int], int]) -> Callable[[int], Job]:
    return lambda amount: Job(func=func, data=lambda: list(range(amount)))


def _fetching(at_once: int, amount: int) -> Job:
    from benchmarks.workloads.server import serve

    server = serve(delay_s=SERVER_DELAY_S, at_once=at_once)
    where = f"http://127.0.0.1:{server.port}"
    fetch(f"{where}/ready")
    return Job(func=fetch, data=lambda: [f"{where}/{i}" for i in range(amount)], close=server.stop)


def _both(amount: int) -> Job:
    return Job(func=wait_and_compute, data=lambda: [2 * MEDIUM] * amount)


def _waiting(
    name: str, make: Callable[[int], Job], ten_ms: int, *, needs: tuple[str, ...] = ()
) -> Workload:
    return Workload(
        name=name, family=Family.WAITING, make=make, ten_ms=ten_ms, kind=Kind.WAITS, needs=needs
    )


def _mixed(name: str, make: Callable[[int], Job], ten_ms: int) -> Workload:
    return Workload(name=name, family=Family.MIXED, make=make, ten_ms=ten_ms, kind=Kind.BOTH)


WORKLOADS: Final = (
    _waiting("sleep-1ms", _equal_sleeps(1), 10),
    _waiting("sleep-5ms", _equal_sleeps(5), 2),
    _waiting("sleep-different", _different_sleeps, 2),
    _waiting("subprocess", _numbers(run_program), 2),
    _waiting("http-open", partial(_fetching, EVERYBODY), 2, needs=WEB),
    _waiting("http-limited", partial(_fetching, SERVER_LIMIT), 2, needs=WEB),
    _mixed("wait-and-compute", _both, 2),
    _mixed("wait-or-compute", _numbers(wait_or_compute), 2),
)
