"""Progress in the caller's own display."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

import amorsize
from amorsize.api.progress import time_left
from amorsize.stats.arrivals import TimeLeft


class Bar:
    """What ``tqdm`` is, as far as we use it."""

    made: list[Bar] = []  # noqa: RUF012 - every bar of a test

    def __init__(self, *, total: int | None = None, desc: str = "") -> None:
        self.total, self.desc, self.n, self.closed = total, desc, 0, False
        Bar.made.append(self)

    def update(self, more: int) -> None:
        self.n += more

    def close(self) -> None:
        self.closed = True


@pytest.fixture(autouse=True)
def _no_bars() -> None:
    Bar.made.clear()


@pytest.mark.parametrize("data", [range(50), iter(range(50))])
def test_a_class_like_tqdm_is_made_moved_and_closed(data: Any) -> None:
    amorsize.execute(abs, data, progress=Bar)

    (bar,) = Bar.made
    assert (bar.n, bar.total, bar.closed) == (50, 50, True)


def test_so_is_a_partial_of_one() -> None:
    amorsize.execute(abs, range(5), progress=partial(Bar, desc="pages"))

    assert [(bar.desc, bar.n) for bar in Bar.made] == [("pages", 5)]


def test_a_bar_is_closed_after_a_failure() -> None:
    def fails(item: int) -> None:
        raise KeyError(item)

    with pytest.raises(KeyError):
        amorsize.execute(fails, range(5), progress=Bar)
    assert [bar.closed for bar in Bar.made] == [True]


def test_a_total_that_was_unknown_is_told_at_the_end() -> None:
    seen: list[tuple[int, int | None]] = []

    amorsize.execute(abs, iter(range(7)), progress=lambda done, total: seen.append((done, total)))

    assert seen[0][1] is None
    assert seen[-1] == (7, 7)


def test_whoever_takes_three_arguments_is_told_the_time_left() -> None:
    seen: list[tuple[int, int | None, TimeLeft | None]] = []

    def show(done: int, total: int | None, left: TimeLeft | None) -> None:
        seen.append((done, total, left))

    amorsize.execute(abs, range(7), progress=show)

    assert seen[-1][:2] == (7, 7)


def test_the_time_left_is_told_with_its_interval() -> None:
    left = TimeLeft(likely_s=12.0, low_s=10.5, high_s=float("inf"))

    assert time_left(left) == "about 12.0 s left (10.5 s to ?)"
