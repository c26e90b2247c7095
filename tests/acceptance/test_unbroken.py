"""The unbroken loop over tiny items, ended by its alarm in the middle of a call."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from amorsize.engines.blocks import call_items, map_items
from amorsize.engines.source import IndexedSource
from amorsize.runtime.unbroken import run_to_the_end


def meet_the_alarm() -> None:
    """Return when the alarm has gone off: its thread ends then."""
    while any(thread.name == "amorsize-alarm" for thread in threading.enumerate()):
        time.sleep(1e-3)


@pytest.mark.parametrize("deadly", [0, 3, 9])
def test_an_alarm_during_the_failing_call_does_not_hide_its_index(deadly: int) -> None:
    def func(item: int) -> int:
        if item == deadly:
            meet_the_alarm()
            raise LookupError(item)
        return item

    stretch = run_to_the_end(func, IndexedSource(range(10)), [], patience_s=1e-3)

    assert isinstance(stretch.error, LookupError)
    assert stretch.done == deadly


def test_an_alarm_ends_the_loop_after_the_call_that_it_meets() -> None:
    def func(item: int) -> int:
        meet_the_alarm()
        return item

    stretch = run_to_the_end(func, IndexedSource(range(10)), [], patience_s=1e-3)

    assert (stretch.results, stretch.error, stretch.done) == ([0], None, 1)


def test_earlier_results_head_the_list_and_nothing_is_called_for_them() -> None:
    called = []

    def func(item: int) -> int:
        called.append(item)
        return -item

    source = IndexedSource(range(1000))
    source.advance(3)
    stretch = run_to_the_end(func, source, ["a", "b", "c"], patience_s=1.0)

    assert stretch.results == ["a", "b", "c", *(-item for item in range(3, 1000))]
    assert stretch.done == 997
    assert called == list(range(3, 1000))


@pytest.mark.parametrize("runner", [call_items, map_items])
@pytest.mark.parametrize("early", [2, 30, 700])
def test_earlier_results_come_first_however_many_they_are(runner: Any, early: int) -> None:
    source = IndexedSource(range(1000))
    source.advance(early)
    stretch = run_to_the_end(abs, source, ["early"] * early, patience_s=1.0, runner=runner)

    assert stretch.results == ["early"] * early + list(range(early, 1000))
    assert (stretch.error, stretch.done) == (None, 1000 - early)


@pytest.mark.parametrize("runner", [call_items, map_items])
def test_an_error_behind_earlier_results_is_counted_from_them(runner: Any) -> None:
    source = IndexedSource([1, 1, 2, 0, *[1] * 1000])
    source.advance(2)
    divide = (5).__floordiv__
    stretch = run_to_the_end(divide, source, [0, 0], patience_s=1.0, runner=runner)

    assert isinstance(stretch.error, ZeroDivisionError)
    assert stretch.done == 1


@pytest.mark.parametrize("runner", [call_items, map_items])
def test_a_stop_iteration_of_the_function_is_an_error(runner: Any) -> None:
    def stop(item: int) -> int:
        if item == 600:
            raise StopIteration
        return item

    stretch = run_to_the_end(stop, IndexedSource(range(1000)), [], patience_s=1.0, runner=runner)

    assert isinstance(stretch.error, StopIteration)
    assert stretch.done == 600


def test_an_alarm_is_not_taken_for_a_stop_iteration() -> None:
    def func(item: int) -> int:
        meet_the_alarm()
        return item

    source = IndexedSource(range(10))
    stretch = run_to_the_end(func, source, [], patience_s=1e-3, runner=map_items)

    assert (stretch.results, stretch.error, stretch.done) == ([0], None, 1)
