"""Workloads whose cost is in what has to travel: arguments, results, and the function itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from benchmarks.tasks.computing import spin
from benchmarks.tasks.moving import (
    LIST_ITEMS,
    Model,
    array_of,
    checksum,
    label_of,
    list_of,
    page_of,
    record_of,
    spread_of,
    sum_of_squares,
)
from benchmarks.workloads.base import Family, Job, Workload
from benchmarks.workloads.computing import MEDIUM, alternating

if TYPE_CHECKING:
    from collections.abc import Callable

BLOCK_BYTES: Final = 512 * 1024

ARGUMENT_NUMBERS: Final = 2**20 // 8

HEAVY_BYTES: Final = 32 * 2**20
NUMPY: Final = ("numpy",)


def _big_bytes(amount: int) -> Job:
    return Job(func=checksum, data=lambda: [bytes([i % 251]) * BLOCK_BYTES for i in range(amount)])


def _big_lists(amount: int) -> Job:
    numbers = list(range(LIST_ITEMS))
    return Job(func=sum_of_squares, data=lambda: [numbers[:-1] for _ in range(amount)])


def _big_arrays(amount: int) -> Job:
    """Windows of one array: what a pool sends is 1 MB each, what they occupy is little more."""
    import numpy as np

    numbers = np.arange(ARGUMENT_NUMBERS + amount, dtype=float)
    return Job(
        func=spread_of,
        data=lambda: [numbers[i : i + ARGUMENT_NUMBERS] for i in range(amount)],
    )


def _returning(func: Callable[[int], Any], rounds: int) -> Callable[[int], Job]:
    return lambda amount: Job(func=func, data=lambda: alternating(rounds, amount))


def _counted(func: Callable[[int], Any]) -> Callable[[int], Job]:
    return lambda amount: Job(func=func, data=lambda: list(range(amount)))


def _within(size_bytes: int) -> Callable[[int], Job]:
    def make(amount: int) -> Job:
        table = bytes(max(1, size_bytes))

        def look_up(rounds: int) -> int:
            return spin(rounds) + table[rounds % len(table)]

        return Job(func=look_up, data=lambda: alternating(MEDIUM, amount))

    return make


def _method_of(size_bytes: int) -> Callable[[int], Job]:
    def make(amount: int) -> Job:
        return Job(func=Model(size_bytes).score, data=lambda: alternating(MEDIUM, amount))

    return make


def _heavy(name: str, make: Callable[[int], Job], *, in_suite: bool) -> Workload:
    return Workload(
        name=name, family=Family.HEAVY_FUNCTION, make=make, ten_ms=10, in_suite=in_suite
    )


WORKLOADS: Final = (
    Workload(name="bytes-in", family=Family.BIG_ARGUMENTS, make=_big_bytes, ten_ms=4),
    Workload(name="lists-in", family=Family.BIG_ARGUMENTS, make=_big_lists, ten_ms=10),
    Workload(
        name="arrays-in", family=Family.BIG_ARGUMENTS, make=_big_arrays, ten_ms=20, needs=NUMPY
    ),
    Workload(
        name="bytes-out", family=Family.BIG_RESULTS, make=_returning(page_of, MEDIUM), ten_ms=10
    ),
    Workload(
        name="lists-out", family=Family.BIG_RESULTS, make=_returning(list_of, MEDIUM), ten_ms=7
    ),
    Workload(
        name="arrays-out",
        family=Family.BIG_RESULTS,
        make=_returning(array_of, MEDIUM),
        ten_ms=6,
        needs=NUMPY,
    ),
    Workload(
        name="dicts-out", family=Family.SMALL_OBJECTS, make=_counted(record_of), ten_ms=16_000
    ),
    Workload(name="texts-out", family=Family.SMALL_OBJECTS, make=_counted(label_of), ten_ms=25_000),
    _heavy("heavy-closure", _within(HEAVY_BYTES), in_suite=True),
    _heavy("light-closure", _within(0), in_suite=False),
    _heavy("heavy-self", _method_of(HEAVY_BYTES), in_suite=True),
    _heavy("light-self", _method_of(0), in_suite=False),
)
