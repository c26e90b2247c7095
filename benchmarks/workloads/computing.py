"""Pure Python that computes: from items that cost less than their call to a few long ones."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from benchmarks.tasks.computing import add_one, look_up, spin
from benchmarks.workloads.base import Family, Job, Workload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SMALL: Final = 300
"""Rounds of ``spin`` that take about 20 us."""

MEDIUM: Final = 15_000
"""About 1 ms."""

TABLE_SHARE: Final = 8
"""The slow first call takes as long as an eighth of everything."""

LONG_ITEMS: Final = 8


def alternating(rounds: int, items: int) -> list[int]:
    """Items that cost the same and are not all the same."""
    return [rounds + i % 7 for i in range(items)]


def divided(amount: int, items: int) -> list[int]:
    """So many equal items that take ``amount`` rounds together."""
    return [max(1, amount // items)] * items


def _trivial_add(amount: int) -> Job:
    return Job(func=add_one, data=lambda: list(range(amount)))


def _trivial_abs(amount: int) -> Job:
    return Job(func=abs, data=lambda: list(range(-amount, 0)))


def _spinning(rounds: int) -> Callable[[int], Job]:
    return lambda amount: Job(func=spin, data=lambda: alternating(rounds, amount))


def _divided(items: int) -> Callable[[int], Job]:
    return lambda amount: Job(func=spin, data=lambda: divided(amount, items))


def _slow_first(amount: int) -> Job:
    """The amount counts rounds; after the table it is all items of about 100 us."""
    table = amount // TABLE_SHARE
    items = max(1, (amount - table) // (5 * SMALL))
    return Job(func=partial(look_up, table), data=lambda: alternating(5 * SMALL, items))


def _generated(rounds: int) -> Callable[[int], Job]:
    def numbers(amount: int) -> Iterator[int]:
        yield from alternating(rounds, amount)

    return lambda amount: Job(func=spin, data=partial(numbers, amount))


def _generated_trivial(amount: int) -> Job:
    return Job(func=add_one, data=lambda: (number for number in range(amount)))


def _lambda(amount: int) -> Job:
    return Job(func=lambda rounds: spin(rounds) + 1, data=lambda: alternating(SMALL, amount))


def _closure(amount: int) -> Job:
    seen: dict[int, Any] = {}

    def within(rounds: int) -> int:
        return spin(rounds) + len(seen)

    return Job(func=within, data=lambda: alternating(MEDIUM, amount))


WORKLOADS: Final = (
    Workload(name="trivial-add", family=Family.TRIVIAL, make=_trivial_add, ten_ms=200_000),
    Workload(name="trivial-abs", family=Family.TRIVIAL, make=_trivial_abs, ten_ms=300_000),
    Workload(name="small-20us", family=Family.SMALL, make=_spinning(SMALL), ten_ms=500),
    Workload(name="small-100us", family=Family.SMALL, make=_spinning(5 * SMALL), ten_ms=100),
    Workload(name="medium-1ms", family=Family.MEDIUM, make=_spinning(MEDIUM), ten_ms=10),
    Workload(name="long-8", family=Family.LONG, make=_divided(LONG_ITEMS), ten_ms=150_000),
    Workload(name="few-2", family=Family.FEW, make=_divided(2), ten_ms=150_000),
    Workload(name="few-3", family=Family.FEW, make=_divided(3), ten_ms=150_000),
    Workload(name="slow-first-call", family=Family.SLOW_FIRST, make=_slow_first, ten_ms=150_000),
    Workload(
        name="generator-trivial", family=Family.GENERATOR, make=_generated_trivial, ten_ms=200_000
    ),
    Workload(name="generator-small", family=Family.GENERATOR, make=_generated(SMALL), ten_ms=500),
    Workload(name="generator-medium", family=Family.GENERATOR, make=_generated(MEDIUM), ten_ms=10),
    Workload(name="lambda-small", family=Family.LAMBDA, make=_lambda, ten_ms=500),
    Workload(name="closure-medium", family=Family.LAMBDA, make=_closure, ten_ms=10),
)
