from __future__ import annotations

from math import exp, isinf
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amorsize.stats.repeated import choice_by, interval_of, ratio_of
from amorsize.vocab.trials import Choice

times = st.floats(1e-6, 1e4)


def noisy(middle_s: float, runs: int, *, noise: float, random: Random) -> list[float]:
    return [middle_s * exp(random.gauss(0, noise)) for _ in range(runs)]


def test_nothing_measured_tells_nothing() -> None:
    assert interval_of([]) is None
    assert ratio_of([], [1.0]) is None
    assert choice_by(None) is Choice.UNKNOWN


def test_one_run_has_a_middle_and_no_interval() -> None:
    once = interval_of([2.0])

    assert once is not None
    assert once.median_s == pytest.approx(2.0)
    assert (once.low_s, isinf(once.high_s)) == (0.0, True)
    assert choice_by(ratio_of([2.0], [1.0])) is Choice.UNKNOWN


def test_equal_runs_are_no_difference_and_twice_the_time_is_one() -> None:
    assert choice_by(ratio_of([1.0, 1.0, 1.0], [1.0, 1.0, 1.0])) is Choice.NO_DIFFERENCE
    assert choice_by(ratio_of([2.0, 2.02, 1.98], [1.0, 1.01, 1.0])) is Choice.FASTER
    assert choice_by(ratio_of([1.0, 1.01, 1.0], [2.0, 2.02, 1.98])) is Choice.SLOWER


def test_a_sure_difference_that_means_nothing_is_none() -> None:
    assert choice_by(ratio_of([1.01] * 9, [1.0] * 9)) is Choice.NO_DIFFERENCE


def test_one_disturbed_run_does_not_carry_the_rest_away() -> None:
    ratio = ratio_of([2.0] * 5 + [40.0], [1.0] * 6)

    assert ratio is not None
    assert ratio.middle == pytest.approx(2.0)


def test_rounds_that_only_one_was_in_are_left_out() -> None:
    ratio = ratio_of([2.0, 2.0, 9.0], [1.0, 1.0])

    assert ratio is not None
    assert ratio.runs == 2
    assert ratio.middle == pytest.approx(2.0)


@given(st.lists(st.tuples(times, times), min_size=2, max_size=20))
def test_the_other_way_round_is_the_other_side_of_one(pairs: list[tuple[float, float]]) -> None:
    base, other = zip(*pairs, strict=True)

    there, back = ratio_of(base, other), ratio_of(other, base)

    assert there is not None
    assert back is not None
    assert there.low <= there.middle * (1 + 1e-9) <= there.high * (1 + 1e-9) ** 2
    assert there.middle * back.middle == pytest.approx(1)
    assert there.sure_low <= there.low * (1 + 1e-9)


@pytest.mark.parametrize("runs", [3, 5, 8, 15])
def test_the_same_way_twice_is_called_different_once_in_twenty_times_at_most(runs: int) -> None:
    random = Random(runs)
    found = [
        choice_by(
            ratio_of(
                noisy(1.0, runs, noise=0.05, random=random),
                noisy(1.0, runs, noise=0.05, random=random),
            )
        )
        for _ in range(1000)
    ]

    assert sum(choice is not Choice.NO_DIFFERENCE for choice in found) <= 20


@pytest.mark.parametrize("runs", [3, 5, 8, 15])
def test_the_interval_covers_the_truth_as_often_as_it_says(runs: int) -> None:
    random = Random(runs)
    covered = 0
    for _ in range(1000):
        ratio = ratio_of(
            noisy(1.5, runs, noise=0.1, random=random), noisy(1.0, runs, noise=0.1, random=random)
        )
        assert ratio is not None
        covered += ratio.low <= 1.5 <= ratio.high

    assert covered >= 925
