from __future__ import annotations

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amorsize.stats.means import Part, interval, mean_of

parts = st.lists(
    st.builds(Part, st.integers(1, 1000), st.floats(1e-9, 10, allow_nan=False)), min_size=1
)


@given(parts, st.integers(0, 10**6))
def test_the_mean_lies_between_its_ends(some: list[Part], left: int) -> None:
    mean = mean_of(some, left)

    assert 0 <= mean.low_s <= mean.mean_s <= mean.high_s
    assert mean.mean_s == pytest.approx(sum(p.elapsed_s for p in some) / sum(p.items for p in some))


def test_two_equal_blocks_do_not_prove_a_flat_workload() -> None:
    mean = mean_of([Part(1, 1.0), Part(1, 1.0)], 10**6)

    assert mean.low_s == pytest.approx(1 - 1.64 * (0.5 / 3 / 2) ** 0.5, abs=1e-3)


def test_equal_blocks_make_it_sure() -> None:
    few, many = (mean_of([Part(10, 1.0)] * n, 10**6) for n in (4, 32))

    assert few.low_s < many.low_s < many.mean_s == 0.1
    assert many.low_s > 0.95 * many.mean_s


def test_the_spread_of_one_item_is_found_from_blocks_of_many() -> None:
    sums = [100 + 20 * (-1) ** n for n in range(32)]  # sd 20 in sums of 100: sd 2 in one

    assert mean_of([Part(100, s) for s in sums], 1).seen_spread == pytest.approx(2, rel=0.02)


def test_few_items_left_are_less_sure_than_many() -> None:
    blocks = [Part(1, 1.0 + 0.5 * (-1) ** n) for n in range(32)]

    assert mean_of(blocks, 2).low_s < mean_of(blocks, 1000).low_s


def test_one_towering_block_does_not_hide_what_the_rest_surely_cost() -> None:
    blocks = [*[Part(1, 1.0)] * 20, Part(1, 100.0)]

    assert mean_of(blocks, 1000).low_s == pytest.approx(0.94, abs=0.03)


def test_a_long_block_does_not_tower_a_slow_item_does() -> None:
    steady = [*[Part(10, 10e-3)] * 30, Part(2000, 2.0)]

    mean = mean_of([*steady, Part(10, 1.0)], 10**6)

    assert mean.low_s == pytest.approx(mean_of(steady, 10**6).low_s)


def test_two_blocks_have_nothing_to_tower_above() -> None:
    low_s = 5.5 * (1 - 1.64 * sqrt((0.5 + 2 * (4.5 / 5.5) ** 2) / 3 / 2))

    assert mean_of([Part(1, 1.0), Part(1, 10.0)], 10**9).low_s == pytest.approx(low_s)


def test_the_spread_is_that_of_the_sample() -> None:
    mean = mean_of([Part(1, 1.0), Part(1, 1.0), Part(1, 4.0)], 1)

    assert mean.seen_spread == pytest.approx(sqrt(6 / 2) / 2)
    assert mean.spread == pytest.approx(sqrt((2 * 0.5**2 + 6 / 4) / 4))


def test_the_error_is_that_of_blocks_by_their_weight() -> None:
    mean = mean_of([Part(1, 1.0), Part(3, 6.0)], 1)  # mean 7/4; squares 9/16 and 9/48
    squares = (9 / 16 + 9 / 48) / (7 / 4) ** 2

    assert mean.error == pytest.approx(sqrt((0.5 + squares * 2 / 4) / 3 * 10 / 16))


def test_the_ends_are_that_many_errors_away() -> None:
    mean = interval(2.0, 0.1, spread=0.4, left=16)

    assert mean == pytest.approx(
        (2.0, 2 * (1 - 1.64 * sqrt(0.02)), 2 * (1 + 1.64 * sqrt(0.02)), 0.1, 0.4, 0.4)
    )


def test_a_clock_that_saw_nothing_gives_no_nonsense() -> None:
    assert mean_of([Part(5, 0.0)], 10) == (0, 0, 0, 0, 0, 0)
