from __future__ import annotations

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amorsize.stats.shrinkage import MOST, RUNS_OF_DOUBT, correction

ratios = st.lists(st.floats(1e-9, 1e9), max_size=20)
near = st.lists(st.floats(0.9, 1.1), min_size=4, max_size=4)


def test_without_runs_the_model_stands() -> None:
    assert correction([]) == 1


@pytest.mark.parametrize("runs", [1, 5, 20])
def test_runs_that_agree_count_by_their_number(runs: int) -> None:
    expected = runs / (runs + RUNS_OF_DOUBT) * log(1.5)

    assert log(correction([1.5] * runs)) == pytest.approx(expected)


@given(ratios)
def test_it_is_bounded_whatever_the_runs_took(took: list[float]) -> None:
    assert 1 / MOST < correction(took) < MOST


def test_what_no_clock_gives_is_bounded_too() -> None:
    assert correction([0.0]) == pytest.approx(1 / correction([float("inf")]))


@given(ratios.filter(bool), st.data())
def test_a_run_that_took_longer_never_makes_the_next_shorter(
    took: list[float], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(took) - 1))
    longer = [*took[:at], took[at] * data.draw(st.floats(1, 1e3)), *took[at + 1 :]]

    assert correction(longer) >= correction(took)


@given(near, st.sampled_from([0.01, 100.0]))
def test_one_strange_run_of_five_changes_little(took: list[float], strange: float) -> None:
    usual = correction([*took, 1.0])
    spread = max(took) / min(took)

    assert 1 / spread <= correction([*took, strange]) / usual <= spread
    assert correction([1.05] * 4 + [strange]) == pytest.approx(correction([1.05] * 5))


def test_of_two_runs_the_one_nearer_to_the_model_is_believed() -> None:
    assert correction([1.1, 100.0]) == pytest.approx(correction([1.1, 1.1]))
    assert correction([0.5, 100.0]) == 1


@given(ratios)
def test_more_runs_that_agree_are_believed_more(took: list[float]) -> None:
    longer = sorted(took)

    assert abs(log(correction([2.0] * (len(longer) + 1)))) > abs(
        log(correction([2.0] * len(longer)))
    )
