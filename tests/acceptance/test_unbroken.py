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
