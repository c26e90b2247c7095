"""Runs of every kind, each checked against the plain loop; the ground for what must not be left."""

from __future__ import annotations

import hashlib
import os
import time
from array import array
from contextlib import suppress
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any, Final, NoReturn

from amorsize.api.run import run
from amorsize.errors import ItemTimeoutError
from amorsize.vocab.options import Backend, OnCrash, Options
from tests.conformance.jobs import CannotBePickled
from tests.stress.kit import Elsewhere

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ITEMS: Final = 64
TEAM: Final = Options(backend=Backend.PROCESSES, n_jobs=2)
TRIO: Final = Options(backend=Backend.PROCESSES, n_jobs=3, chunksize=2)
THREADS: Final = Options(backend=Backend.THREADS, n_jobs=2)


def check(func: Callable[[Any], Any], data: Iterable[Any], options: Options) -> None:
    wanted = [func(index) for index in range(ITEMS)]
    assert run(func, data, options).results == wanted


def negative(index: int) -> int:
    return -index


def digest(index: int) -> str:
    return hashlib.sha256(bytes(20_000) * (index + 1)).hexdigest()


def some_array(index: int) -> array[float]:
    """Travels inside the pickle: 8 kB."""
    return array("d", [index] * 1000)


def fail_in_the_middle(index: int) -> int:
    if index >= ITEMS // 2:
        raise ValueError(index)
    return index


def a_list() -> None:
    check(negative, range(ITEMS), TEAM)


def three_workers() -> None:
    check(negative, list(range(ITEMS)), TRIO)


def a_generator() -> None:
    check(negative, (index for index in range(ITEMS)), TEAM)


def arrays() -> None:
    check(some_array, range(ITEMS), TEAM)


def large_arrays() -> None:
    """They lie beside the pickle, and are gone at the end of this."""
    try:
        import numpy as np
    except ImportError:
        return
    outcome = run(lambda index: np.full(20_000, index), range(ITEMS), TEAM)
    assert [int(array[-1]) for array in outcome.results] == list(range(ITEMS))


def a_failure() -> None:
    with suppress(ValueError):
        run(fail_in_the_middle, range(ITEMS), TEAM)
        must_fail()


def a_fast_failure() -> None:
    with suppress(ValueError):
        run(
            fail_in_the_middle,
            range(ITEMS),
            Options(backend=Backend.PROCESSES, n_jobs=2, fail_fast=True),
        )
        must_fail()


def a_broken_iterator() -> None:
    def breaking() -> Iterator[int]:
        yield from range(ITEMS // 2)
        raise ValueError

    with suppress(ValueError):
        run(negative, breaking(), TEAM)
        must_fail()


def results_that_cannot_travel() -> None:
    elsewhere = Elsewhere()

    def odd_one(index: int) -> Any:
        return CannotBePickled() if elsewhere and index % 9 == 0 else index

    assert run(odd_one, range(ITEMS), TEAM).results == list(range(ITEMS))


def an_interrupt() -> None:
    def pressed(index: int) -> int:
        if index == ITEMS // 2:
            raise KeyboardInterrupt
        return index

    with suppress(KeyboardInterrupt):
        run(pressed, range(ITEMS), TEAM)
        must_fail()


def watched() -> None:
    check(negative, range(ITEMS), Options(isolate=True, n_jobs=2))


def a_watched_generator() -> None:
    check(negative, (index for index in range(ITEMS)), Options(isolate=True, n_jobs=2))


def an_item_that_ends_its_worker() -> None:
    def deadly(index: int) -> int:
        if index == ITEMS // 2:
            os._exit(1)
        return index

    results = run(deadly, range(ITEMS), Options(on_crash=OnCrash.SKIP, n_jobs=2)).results
    assert [r for r in results if isinstance(r, int)] == [
        index for index in range(ITEMS) if index != ITEMS // 2
    ]


def an_item_without_end() -> None:
    def endless(index: int) -> int:
        while index == ITEMS // 2:
            time.sleep(1)
        return index

    with suppress(ItemTimeoutError):
        run(endless, range(ITEMS), Options(timeout_s=0.05, n_jobs=2))
        must_fail()


def threads() -> None:
    check(digest, range(ITEMS), THREADS)


def failing_threads() -> None:
    with suppress(ValueError):
        run(fail_in_the_middle, range(ITEMS), THREADS)
        must_fail()


def serial() -> None:
    check(negative, range(ITEMS), Options(backend=Backend.SERIAL))


def automatic() -> None:
    check(digest, range(ITEMS), Options())


def must_fail() -> NoReturn:
    msg = "this run should have failed"
    raise AssertionError(msg)


KINDS: Final[dict[str, Callable[[], None]]] = {
    run.__name__.replace("_", " "): run
    for run in (
        a_list,
        three_workers,
        a_generator,
        arrays,
        large_arrays,
        a_failure,
        a_fast_failure,
        a_broken_iterator,
        results_that_cannot_travel,
        an_interrupt,
        watched,
        a_watched_generator,
        an_item_that_ends_its_worker,
        an_item_without_end,
        threads,
        failing_threads,
        serial,
        automatic,
    )
}


def mixed(count: int) -> Iterator[Callable[[], None]]:
    """So many runs, one kind after the other."""
    return islice(cycle(KINDS.values()), count)
