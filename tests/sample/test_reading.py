from __future__ import annotations

import pytest

from amorsize.sample.reading import Reader


class FakeClock:
    """Time passes when the code under test says so, and a little at each look."""

    def __init__(self, look_s: float) -> None:
        self.now_s, self._look_s = 0.0, look_s

    def __call__(self) -> float:
        self.now_s += self._look_s
        return self.now_s

    def sleep(self, seconds: float) -> float:
        self.now_s += seconds
        return seconds


@pytest.mark.parametrize("look_s", [0.0, 0.5])
def test_reading_is_told_from_calling_and_from_looking_at_the_clock(look_s: float) -> None:
    clock = FakeClock(look_s)
    reader, results = Reader(clock), list[float]()

    reader(clock.sleep, (clock.sleep(2.0) + 1.0 for _ in range(4)), results)

    assert results == [3.0] * 4
    assert reader.item_s == pytest.approx(2.0)


def test_what_was_called_before_a_failure_is_kept() -> None:
    results = list[int]()

    with pytest.raises(ZeroDivisionError):
        Reader()(lambda item: 1 // item, [1, 1, 0, 1], results)

    assert results == [1, 1]


def test_a_function_that_raises_stop_iteration_does_not_end_the_input() -> None:
    with pytest.raises(StopIteration):
        Reader()(lambda _: next(iter(())), [1], [])


def test_nothing_is_said_of_an_input_without_items() -> None:
    reader = Reader()
    reader(abs, [], [])

    assert reader.item_s is None
