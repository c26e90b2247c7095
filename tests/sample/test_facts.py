from __future__ import annotations

import datetime as dt
import threading
import time
from decimal import Decimal
from enum import Enum
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from amorsize.sample.facts import RUSAGE_THREAD, Meter, is_async, returns_its_item

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

BURNT_S = 0.02


class Colour(Enum):
    RED = 1


class Box:
    """Changed in place by anybody who holds it."""


async def fetch(item: int) -> int:
    return item


async def pages(item: int) -> AsyncIterator[int]:
    yield item


def plain(item: int) -> int:
    return item


class Fetcher:
    async def __call__(self, item: int) -> int:
        return item

    async def fetch(self, item: int) -> int:
        return item

    def plain(self, item: int) -> int:
        return item


class Evasive:
    """Answers every question with an error."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __call__(self, item: int) -> int:
        return item


def burn() -> None:
    """Use the CPU for BURNT_S, however long that takes."""
    enough_s = time.thread_time() + BURNT_S
    while time.thread_time() < enough_s:
        pass


def test_the_meter_sees_the_cpu_time_of_this_thread() -> None:
    meter = Meter()
    burn()

    used = meter.read()

    assert used.cpu_s >= BURNT_S
    assert used.process_cpu_s >= BURNT_S / 2  # by another clock of the system


def test_the_meter_sees_what_other_threads_use_apart_from_this_one() -> None:
    other = threading.Thread(target=burn)
    meter = Meter()
    other.start()
    other.join()

    used = meter.read()

    assert used.process_cpu_s - used.cpu_s >= BURNT_S / 2


@pytest.mark.skipif(RUSAGE_THREAD is None, reason="this system does not count switches by thread")
def test_the_meter_counts_waits() -> None:
    meter = Meter()
    for _ in range(7):
        time.sleep(1e-4)

    assert meter.read().waits >= 7


CHANGEABLE = {
    "list": [],
    "dict": {},
    "bytearray": bytearray(),
    "object of a class": Box(),
    "tuple with a list in it": (1, ([],)),
    "object that answers with errors": Evasive(),
}

UNCHANGEABLE = {
    "int": 1,
    "str": "a",
    "bytes": b"a",
    "None": None,
    "range": range(3),
    "frozenset": frozenset[int](),
    "builtin": len,
    "function": plain,
    "class": Box,
    "module": time,
    "enum": Colour.RED,
    "tuple": (1, ("a", None)),
    "Decimal": Decimal(1),
    "Path": Path(),
    "date": dt.date(2000, 1, 1),
}


@pytest.mark.parametrize("item", CHANGEABLE.values(), ids=CHANGEABLE)
def test_a_result_that_is_its_mutable_item_is_noticed(item: object) -> None:
    assert returns_its_item([1, item], [2, item])


@pytest.mark.parametrize("item", UNCHANGEABLE.values(), ids=UNCHANGEABLE)
def test_handing_back_what_cannot_change_says_nothing(item: object) -> None:
    assert not returns_its_item([item], [item])


def test_an_equal_result_is_not_the_same_one() -> None:
    assert not returns_its_item([[1], [2]], [[1], [2]])


def test_values_of_numpy_cannot_change_but_its_arrays_can() -> None:
    numpy = pytest.importorskip("numpy")
    value, array = numpy.float64(1), numpy.zeros(3)

    assert not returns_its_item([value], [value])
    assert returns_its_item([array], [array])


AWAITED = {
    "function": fetch,
    "generator": pages,
    "object": Fetcher(),
    "method": Fetcher().fetch,
    "partial": partial(fetch),
    "partial of a generator": partial(partial(pages)),
    "partial of an object": partial(Fetcher()),
}

CALLED = {
    "function": plain,
    "class of awaited objects": Fetcher,
    "method": Fetcher().plain,
    "partial": partial(plain),
    "object of a C class": lru_cache(plain),
    "object that answers with errors": Evasive(),
    "builtin": len,
    "method of a builtin": "x".join,
    "unbound method of a builtin": str.upper,
    "builtin class": int,
    "nothing to call": 3,
}


@pytest.mark.parametrize("func", AWAITED.values(), ids=AWAITED)
def test_a_function_to_be_awaited_is_recognised(func: object) -> None:
    assert is_async(func)


@pytest.mark.parametrize("func", CALLED.values(), ids=CALLED)
def test_other_callables_are_not(func: object) -> None:
    assert not is_async(func)
