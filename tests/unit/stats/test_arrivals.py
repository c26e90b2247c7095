"""The time left, from when items came in."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amorsize.stats.arrivals import MOST_MARKS, Arrivals


def fed(*marks: tuple[float, int]) -> Arrivals:
    arrivals = Arrivals()
    for now_s, done in marks:
        arrivals.note(now_s, done)
    return arrivals


def test_a_steady_rate_leaves_no_doubt() -> None:
    left = fed(*((second, 10 * second) for second in range(20))).left(20.0, 200, 500)

    assert left is not None
    assert (left.likely_s, left.low_s, left.high_s) == pytest.approx((30, 30, 30))


def test_a_rate_that_varies_gives_an_interval() -> None:
    marks = [(float(second), 10 * second + 4 * (second % 2)) for second in range(20)]
    left = fed(*marks).left(20.0, 200, 500)

    assert left is not None
    assert left.low_s < left.likely_s < left.high_s
    assert left.low_s > 15


def test_the_later_half_counts() -> None:
    slow = [(float(second), second) for second in range(10)]
    fast = [(10.0 + second, 10 + 10 * second) for second in range(12)]
    left = fed(*slow, *fast).left(22.0, 130, 230)

    assert left is not None
    assert left.likely_s == pytest.approx(10, rel=0.1)


@pytest.mark.parametrize(("marks", "total"), [(3, None), (20, None), (1, 100), (0, 100)])
def test_what_is_not_known_is_not_told(marks: int, total: int | None) -> None:
    arrivals = fed(*((float(second), second) for second in range(marks)))

    assert arrivals.left(float(marks), marks, total) is None


def test_it_may_never_end() -> None:
    marks = [(0.0, 0), (1.0, 1), (2.0, 2), (3.0, 3), (4.0, 4), (5.0, 5), (105.0, 6), (106.0, 106)]
    left = fed(*marks).left(107.0, 107, 1000)

    assert left is not None
    assert left.high_s == inf


@given(st.lists(st.tuples(st.floats(1e-3, 10), st.integers(0, 100)), max_size=200))
def test_whatever_comes_the_interval_holds_the_likely_time(steps: list[tuple[float, int]]) -> None:
    arrivals, now_s, done = Arrivals(), 0.0, 0
    for step_s, more in steps:
        now_s, done = now_s + step_s, done + more
        arrivals.note(now_s, done)
        left = arrivals.left(now_s, done, done + 100)

        assert len(arrivals.marks) <= MOST_MARKS
        assert left is None or 0 <= left.low_s <= left.likely_s <= left.high_s
