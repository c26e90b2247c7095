"""A comparison of pretended runs, on a clock that only they move."""

from __future__ import annotations

from math import inf
from random import Random

import pytest

from amorsize.plan.rounds import Goal, base_of, limit_s, next_round
from amorsize.vocab.trials import Ended, Series, Trial


def took(*seconds: float) -> Series:
    return Series(tuple(Trial(ended=Ended.FINISHED, elapsed_s=one) for one in seconds))


STOPPED = Series((Trial(ended=Ended.TIME_UP, elapsed_s=1.0),))


def played(
    costs: dict[str, float], goal: Goal, *, budget_s: float = inf, noise: float = 0.01
) -> dict[str, int]:
    """How often each runs."""
    random, series, spent_s = Random(1), {name: Series() for name in costs}, 0.0
    for turn in range(100):
        names = next_round(series, goal, turn=turn, left_s=budget_s - spent_s)
        if not names:
            break
        for name in names:
            cost_s = costs[name] * (1 + random.uniform(-noise, noise))
            spent_s += cost_s
            series[name] = series[name].with_one_more(Trial(ended=Ended.FINISHED, elapsed_s=cost_s))
    return {name: len(one.seconds) for name, one in series.items()}


def test_a_clear_difference_takes_three_rounds() -> None:
    assert played({"a": 2.0, "b": 1.0}, Goal()) == {"a": 3, "b": 3}


def test_a_figure_takes_more_rounds_where_there_is_noise() -> None:
    runs = played({"a": 2.0, "b": 1.0}, Goal(precise=True), noise=0.12)

    assert 3 < runs["a"] == runs["b"] <= 15


def test_noise_without_end_is_given_up_on() -> None:
    assert played({"a": 1.0, "b": 1.0}, Goal(precise=True), noise=0.9) == {"a": 15, "b": 15}


def test_who_is_settled_does_not_run_again_and_the_base_does() -> None:
    runs = played({"a": 1.0, "b": 3.0, "c": 1.0}, Goal(), noise=0.1)

    assert runs["b"] == 3
    assert runs["a"] == runs["c"] > 3


def test_a_round_that_does_not_fit_into_the_time_left_is_not_begun() -> None:
    assert played({"a": 2.0, "b": 1.0}, Goal(), budget_s=7.0) == {"a": 2, "b": 2}


def test_one_way_alone_runs_three_times() -> None:
    assert played({"a": 1.0}, Goal()) == {"a": 3}


def test_every_other_round_turns_the_order_round() -> None:
    series = {"a": took(1.0), "b": took(1.0)}

    assert next_round(series, Goal(), turn=1, left_s=9) == ("b", "a")
    assert next_round(series, Goal(), turn=2, left_s=9) == ("a", "b")


def test_the_base_is_the_first_that_comes_to_its_end() -> None:
    assert base_of({"a": STOPPED, "b": took(1.0), "c": took(1.0)}) == "b"
    assert base_of({"a": STOPPED}) is None
    assert next_round({"a": STOPPED, "b": took(1.0)}, Goal(), turn=1, left_s=9) == ("b",)
    assert next_round({"a": STOPPED}, Goal(), turn=1, left_s=9) == ()


@pytest.mark.parametrize(("at", "share"), [(0, 3.0), (1, 4.5), (2, 9.0)])
def test_a_first_run_leaves_the_others_their_share(at: int, share: float) -> None:
    assert limit_s(["a", "b", "c"], at, turn=0, left_s=9.0) == share
    assert limit_s(["a", "b", "c"], at, turn=1, left_s=9.0) == 9.0
