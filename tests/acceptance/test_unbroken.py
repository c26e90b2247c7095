"""The unbroken loop over tiny items, ended by its alarm in the middle of a call."""

from __future__ import annotations

import threading
import time

import pytest

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

    stretch = run_to_the_end(func, IndexedSource(range(10)), patience_s=1e-3)

    assert isinstance(stretch.error, LookupError)
    assert stretch.done == deadly


def test_an_alarm_ends_the_loop_after_the_call_that_it_meets() -> None:
    def func(item: int) -> int:
        meet_the_alarm()
        return item

    stretch = run_to_the_end(func, IndexedSource(range(10)), patience_s=1e-3)

    assert (stretch.results, stretch.error, stretch.done) == ([0], None, 1)


def test_earlier_results_head_the_list_and_nothing_is_called_for_them() -> None:
    called = []

    def func(item: int) -> int:
        called.append(item)
        return -item

    source = IndexedSource(range(1000))
    source.advance(3)
    stretch = run_to_the_end(func, source, patience_s=1.0, before=["a", "b", "c"])

    assert stretch.results == ["a", "b", "c", *(-item for item in range(3, 1000))]
    assert (stretch.said_again, stretch.done) == (3, 997)
    assert called == list(range(3, 1000))


def test_many_earlier_results_are_not_said_again() -> None:
    source = IndexedSource(range(1000))
    source.advance(30)
    stretch = run_to_the_end(abs, source, patience_s=1.0, before=["early"] * 30)

    assert (stretch.said_again, stretch.results) == (0, list(range(30, 1000)))


def test_an_error_behind_earlier_results_is_counted_from_them() -> None:
    source = IndexedSource(range(1000))
    source.advance(2)
    stretch = run_to_the_end((5).__floordiv__, source, patience_s=1.0, before=[0, 0])

    assert (stretch.error, stretch.done) == (None, 998)
    source = IndexedSource([1, 1, 2, 0, *[1] * 1000])
    source.advance(2)
    stretch = run_to_the_end((5).__floordiv__, source, patience_s=1.0, before=[0, 0])

    assert isinstance(stretch.error, ZeroDivisionError)
    assert stretch.done == 1
