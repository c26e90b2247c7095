from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amorsize.stats.medians import middle_of

samples = st.lists(st.floats(0, 1e3), min_size=1, max_size=60)


@given(samples)
def test_the_middle_lies_between_its_ends_and_those_were_seen(seen: list[float]) -> None:
    middle = middle_of(seen)

    assert middle.low_s <= middle.median_s <= middle.high_s
    assert {middle.low_s, middle.high_s} <= {*seen}
    assert middle.samples == len(seen)


@pytest.mark.parametrize(
    ("count", "left_out"),
    [(1, 0), (5, 0), (6, 0), (8, 0), (9, 1), (12, 2), (15, 3), (20, 5), (30, 9)],
)
def test_so_many_are_left_out_at_each_end(count: int, left_out: int) -> None:
    """The ranks of the sign test, as tables of it give them."""
    middle = middle_of(map(float, range(count)))

    assert (middle.low_s, middle.high_s) == (left_out, count - 1 - left_out)
    assert middle.median_s == (count - 1) / 2


def test_of_nothing_there_is_no_middle() -> None:
    with pytest.raises(ValueError, match="there must be samples"):
        middle_of([])
