"""``stream``: results as they come, and input that is read no further than the window."""

from __future__ import annotations

import gc
import itertools
import os
import threading
from contextlib import suppress
from contextvars import ContextVar
from pathlib import Path
from time import perf_counter, sleep
from typing import TYPE_CHECKING, Any

import pytest

import amorsize
from amorsize.engines.nesting import INSIDE
from tests.support import offspring

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psutil

FORCED: list[dict[str, Any]] = [
    {"backend": "serial"},
    {"backend": "threads"},
    {"backend": "threads", "n_jobs": 3},
    {"backend": "processes"},
    {"backend": "processes", "n_jobs": 3, "chunksize": 2},
]


def busy(item: int) -> int:
    until = perf_counter() + 1e-3
    while perf_counter() < until:
        pass
    return -item


def doubled(item: int) -> int:
    return 2 * item


def workers() -> list[psutil.Process]:
    """Those of this test that still run after a moment; no tracker is one."""
    sleep(0.05)
    return [child for child in offspring.running() if "tracker" not in " ".join(child.cmdline())]


@pytest.fixture(autouse=True)
def begin() -> None:
    offspring.begin()


def memory_files_bytes() -> int:
    """What files that exist in memory only hold now."""
    total = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # the one that lists the others
            if "memfd:amorsize" in str(descriptor.readlink()):
                total += descriptor.stat().st_blocks * 512
    return total


class Counted:
    """Numbers without an end, and how many of them have been read."""

    def __init__(self) -> None:
        self.read = 0

    def __iter__(self) -> Iterator[int]:
        for number in itertools.count():
            self.read += 1
            yield number


@pytest.mark.parametrize("forced", FORCED)
def test_results_come_in_input_order_from_every_engine(forced: dict[str, Any]) -> None:
    given = list(amorsize.stream(busy, iter(range(100)), **forced))

    assert given == [-item for item in range(100)]


@pytest.mark.parametrize("forced", FORCED)
def test_unordered_results_are_the_same_ones(forced: dict[str, Any]) -> None:
    given = list(amorsize.stream(busy, range(100), ordered=False, **forced))

    assert sorted(given) == [-item for item in reversed(range(100))]


@pytest.mark.parametrize("window", [1, 2, 5, 50])
@pytest.mark.parametrize("forced", FORCED)
def test_no_more_than_the_window_is_ever_read_ahead(forced: dict[str, Any], window: int) -> None:
    data, ahead = Counted(), 0
    with amorsize.stream(busy, data, window=window, **forced) as results:
        for taken, _ in zip(range(1, 120), results, strict=False):
            ahead = max(ahead, data.read - (taken - 1))

    assert ahead <= window


def test_an_idle_head_keeps_the_window_shut() -> None:
    def slow_first(item: int) -> int:
        sleep(0.3 if item == 3 else 1e-3)
        return item

    data, ahead = Counted(), 0
    with amorsize.stream(slow_first, data, window=6, backend="threads", n_jobs=3) as results:
        for taken, _ in zip(range(1, 30), results, strict=False):
            ahead = max(ahead, data.read - (taken - 1))

    assert ahead == 6


def test_the_bytes_of_results_keep_the_window_small() -> None:
    data, ahead = Counted(), 0
    with amorsize.stream(
        lambda _: bytes(1 << 20), data, window_bytes=4 << 20, backend="serial"
    ) as results:
        for taken, _ in zip(range(1, 200), results, strict=False):
            ahead = max(ahead, data.read - taken)

    assert ahead <= 4


@pytest.mark.parametrize("forced", FORCED)
def test_a_stream_left_early_leaves_no_worker_and_the_input_where_it_says(
    forced: dict[str, Any],
) -> None:
    data = iter(Counted())
    results = amorsize.stream(busy, data, **forced)
    for result in results:
        if result == -60:
            break
    results.close()

    assert results.delivered == 61
    assert next(data) == results.pulled
    assert not workers()
    assert not [t for t in threading.enumerate() if t.name.startswith("amorsize-")]


def test_a_loop_that_is_left_closes_a_stream_that_nobody_holds() -> None:
    for result in amorsize.stream(busy, itertools.count(), backend="processes", n_jobs=2):
        if result == -50:
            break
    gc.collect()

    assert not workers()


def test_nothing_is_read_before_the_first_result_is_asked_for() -> None:
    data = Counted()
    results = amorsize.stream(doubled, data)

    assert data.read == 0
    assert next(results) == 0
    results.close()


def test_with_a_window_of_one_the_input_may_depend_on_the_results() -> None:
    said: list[int] = [1]

    def conversation() -> Iterator[int]:
        while said:
            yield said.pop()

    heard = []
    for result in amorsize.stream(doubled, conversation(), window=1):
        heard.append(result)
        if result < 1000:
            said.append(result)

    assert heard == [2**power for power in range(1, 11)]


@pytest.mark.parametrize("forced", FORCED)
@pytest.mark.parametrize("ordered", [True, False])
def test_all_results_before_a_failure_are_given_before_it_is_raised(
    forced: dict[str, Any], *, ordered: bool
) -> None:
    def failing(item: int) -> int:
        if item in {70, 71, 90}:
            raise LookupError(item)
        return busy(item)

    given: list[int] = []
    with pytest.raises(LookupError, match="70") as caught:
        given.extend(amorsize.stream(failing, range(100), ordered=ordered, **forced))

    assert set(given) >= {-item for item in range(70)}
    assert not ordered or len(given) == 70
    assert "item 70" in caught.value.__notes__[-1]
    assert not workers()


@pytest.mark.parametrize("forced", FORCED)
def test_what_reading_raises_comes_after_the_results_of_what_was_read(
    forced: dict[str, Any],
) -> None:
    def broken() -> Iterator[int]:
        yield from range(40)
        raise OSError(5, "gone")

    given: list[int] = []
    with pytest.raises(OSError, match="gone"):
        given.extend(amorsize.stream(busy, broken(), **forced))

    assert given == [-item for item in range(40)]


@pytest.mark.parametrize("window", [3, None])
def test_results_that_cannot_travel_do_not_hold_up_the_others(window: int | None) -> None:
    def awkward(item: int) -> Any:
        busy(item)
        return threading.Lock() if item % 10 == 5 else item

    given = list(
        amorsize.stream(awkward, iter(range(60)), window=window, backend="processes", n_jobs=3)
    )

    assert [item for item in given if isinstance(item, int)] == [
        item for item in range(60) if item % 10 != 5
    ]
    assert len(given) == 60


def test_the_consumer_does_not_see_the_context_of_the_run() -> None:
    name: ContextVar[str] = ContextVar("name", default="unset")

    def told(item: int) -> str:
        busy(item)
        return name.get()

    name.set("mine")
    for result in amorsize.stream(told, range(80), backend="processes", n_jobs=2):
        assert result == "mine"
        assert INSIDE.get() is None
        name.set("other")


def test_a_stream_may_be_taken_inside_another() -> None:
    outer = amorsize.stream(busy, range(40), backend="processes", n_jobs=2)
    sums = [
        sum(amorsize.stream(busy, range(10), backend="processes", n_jobs=2)) + result
        for result in outer
    ]

    assert sums == [-45 - item for item in range(40)]
    assert not workers()


def test_large_arrays_leave_nothing_in_the_workers_files() -> None:
    numpy = pytest.importorskip("numpy")

    def filled(item: int) -> Any:
        busy(item)
        return numpy.full(1 << 17, item % 256, dtype="u1")

    most, count = 0, 0
    with amorsize.stream(
        filled, itertools.count(), backend="processes", n_jobs=2, window=8
    ) as results:
        for array in itertools.islice(results, 300):
            assert array[0] == count % 256
            count += 1
            most = max(most, memory_files_bytes() if count % 10 == 0 else 0)

    assert 0 < most < 24 << 20


def test_arguments_are_refused_in_the_words_users_know() -> None:
    with pytest.raises(ValueError, match="window must be positive"):
        amorsize.stream(doubled, [1], window=0)
    with pytest.raises(ValueError, match="func parameter cannot be None"):
        amorsize.stream(None, [1])  # type: ignore[arg-type]  # as a user might


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_of_the_consumer_ends_no_workers_of_its_parent() -> None:
    results = iter(amorsize.stream(busy, iter(range(200)), n_jobs=2, backend="processes"))
    given = list(itertools.islice(results, 20))
    pid = os.fork()
    if pid == 0:
        try:
            results.close()  # type: ignore[attr-defined]  # as at the end of the child
        finally:
            os._exit(0)
    os.waitpid(pid, 0)

    assert [*given, *results] == [-item for item in range(200)]
