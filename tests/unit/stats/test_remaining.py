from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amorsize.stats.remaining import Costs, Forecast
from tests.unit.examples import seen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ITEMS = 500
SEEDS = 30


def forecast_of(costs: Sequence[float], *, prefix: int, probes: int) -> tuple[Forecast, float]:
    """Run a prefix and some probes; the forecast, and what the rest really costs."""
    account, taken = seen(costs[: prefix + 1]), set[int]()
    for _ in range(probes):
        index = account.next_probe(prefix + 1, len(costs))
        if index is not None:
            account.probe(index, costs[index])
            taken.add(index)
    left = [cost for i, cost in enumerate(costs) if i > prefix and i not in taken]
    known = account.forecast(left=len(left), position=prefix + 1, length=len(costs))
    return known, sum(left)


def noisy(luck: random.Random, shape: Sequence[float]) -> list[float]:
    return [cost * max(0.5, luck.gauss(1, 0.05)) for cost in shape]


FLAT = [1.0] * ITEMS
UP = [0.02 + 2 * i / ITEMS for i in range(ITEMS)]
DOWN = UP[::-1]
TWO_PHASES = [0.1] * (ITEMS // 2) + [2.0] * (ITEMS // 2)
HEAVY_END = [1.0] * (ITEMS - ITEMS // 20) + [20.0] * (ITEMS // 20)


@pytest.mark.parametrize("shape", [FLAT, UP, DOWN, TWO_PHASES, TWO_PHASES[::-1], HEAVY_END])
def test_ordered_inputs_are_foretold_within_a_tenth(shape: list[float]) -> None:
    for seed in range(SEEDS):
        known, true_s = forecast_of(noisy(random.Random(seed), shape), prefix=20, probes=20)

        assert known.remaining.median_s == pytest.approx(true_s, rel=0.1)
        assert known.remaining.low_s <= 1.03 * true_s


def lognormal(luck: random.Random, sigma: float) -> list[float]:
    return [luck.lognormvariate(-sigma * sigma / 2, sigma) for _ in range(ITEMS)]


def pareto(luck: random.Random, shape: float) -> list[float]:
    return [luck.paretovariate(shape) for _ in range(ITEMS)]


@pytest.mark.parametrize(
    ("draw", "shape", "error"),
    [(lognormal, 0.47, 0.2), (lognormal, 1.0, 0.4), (lognormal, 1.5, 0.7), (pareto, 1.5, 0.5)],
)
@pytest.mark.parametrize("probes", [0, 8])
def test_heavy_tails_leave_the_lower_end_safe(
    draw: Callable[[random.Random, float], list[float]], shape: float, error: float, probes: int
) -> None:
    runs = [
        forecast_of(draw(random.Random(seed), shape), prefix=30, probes=probes)
        for seed in range(SEEDS)
    ]
    safe = sum(known.remaining.low_s <= true_s for known, true_s in runs)
    errors = sorted(abs(known.remaining.median_s / true_s - 1) for known, true_s in runs)

    assert safe >= 0.9 * SEEDS
    assert errors[SEEDS // 2] <= error


def test_one_huge_last_item_is_not_taken_for_a_trend() -> None:
    known, true_s = forecast_of([*FLAT[:-1], 500.0], prefix=10, probes=20)

    assert known.remaining.median_s == pytest.approx(true_s, rel=0.01)
    assert known.longest_s == 500
    assert known.longest_left_s == pytest.approx(1)  # the huge one has been run


def test_a_heavy_end_is_not_taken_for_one_huge_item() -> None:
    known, _ = forecast_of(HEAVY_END, prefix=10, probes=8)

    assert known.longest_left_s == known.longest_s == 20


def test_one_probe_that_towers_is_not_staked_on() -> None:
    known, true_s = forecast_of([*FLAT[:-1], 500.0], prefix=10, probes=1)

    assert known.remaining.low_s <= true_s


def test_a_first_call_that_warms_up_is_not_extrapolated() -> None:
    known, true_s = forecast_of([1000.0, *FLAT], prefix=20, probes=0)

    assert known.remaining.median_s == pytest.approx(true_s)
    assert known.longest_s == 1


def test_the_first_call_must_do_until_there_is_a_second() -> None:
    few, many = (seen([0.1]).forecast(left=n, position=1, length=n + 1) for n in (9, 10**6))

    assert few.remaining.median_s == pytest.approx(0.9)
    assert few.trend == 1
    assert few.remaining.low_s == pytest.approx(0.1)  # as much again as was seen, at most
    assert many.remaining.low_s == pytest.approx(0.1)


def test_two_of_ten_items_give_a_usable_lower_end() -> None:
    known = seen([0.1, 0.1]).forecast(left=8, position=2, length=10)

    assert 0.1 < known.remaining.low_s < 0.8 == pytest.approx(known.remaining.median_s)


def test_unknown_length_means_as_much_again() -> None:
    account = seen([1.0] * 20)
    account.block(1, 100.0)

    known = account.forecast(left=None, position=21, length=None)

    assert known.remaining.median_s == pytest.approx(119)
    assert known.trend == 1


def test_a_late_change_of_cost_is_met_after_two_items() -> None:
    account = seen([0.0])
    for _ in range(300):
        account.block(4096, 200e-6)
    for _ in range(2):
        account.block(1, 1.0)

    known = account.forecast(left=1000, position=0, length=None)

    assert known.remaining.median_s == pytest.approx(1000)


def test_a_slow_item_inside_a_long_block_is_found() -> None:
    account = seen([1e-6, 1e-6])
    account.block(99, 99e-6)
    account.block(100, 50e-3)

    known = account.forecast(left=1, position=0, length=None)

    assert known.longest_s == pytest.approx(50e-3, rel=0.01)


def test_the_other_items_of_a_block_are_not_counted_as_its_longest() -> None:
    account = seen([1e-6, 1e-6])
    account.block(99, 99e-6)
    account.block(100, 150e-6)

    known = account.forecast(left=1, position=0, length=None)

    assert known.longest_s == pytest.approx(51e-6)


def test_trend_compares_what_comes_with_what_was_seen() -> None:
    known, _ = forecast_of(TWO_PHASES, prefix=20, probes=16)

    assert known.mean_s == pytest.approx(0.1)
    assert known.trend == pytest.approx(10.4, rel=0.1)


def test_probes_start_at_the_end_and_halve_the_gaps() -> None:
    account = seen([1.0, 1.0])
    found = []
    for _ in range(7):
        index = account.next_probe(2, 130)
        assert index is not None
        account.probe(index, 1.0)
        found.append(index)

    assert found == [129, 65, 33, 97, 17, 49, 81]


def test_probes_close_in_on_a_step() -> None:
    account, found = seen([1.0] * 11), []
    for _ in range(12):
        index = account.next_probe(11, 1000)
        assert index is not None
        account.probe(index, 1.0 if index < 900 else 50.0)
        found.append(index)

    assert min(abs(index - 900) for index in found) < 5


@given(st.integers(0, 40), st.integers(1, 40))
def test_every_item_is_probed_once_and_then_no_more(position: int, length: int) -> None:
    account, found = seen([1.0, 1.0]), []
    while (index := account.next_probe(position, length)) is not None:
        account.probe(index, 1.0)
        found.append(index)

    assert sorted(found) == list(range(position, length))


@given(st.lists(st.tuples(st.integers(1, 5000), st.just(0.0) | st.floats(1e-9, 1)), max_size=300))
def test_the_account_stays_bounded_and_adds_up(blocks: list[tuple[int, float]]) -> None:
    account = Costs()
    account.first(0.5)
    for count, elapsed_s in blocks:
        account.block(count, elapsed_s)
    total, items = math.fsum(s for _, s in blocks), sum(n for n, _ in blocks)

    known = account.forecast(left=items, position=0, length=None)

    assert known.mean_s * items == pytest.approx(total if blocks else 0)
    assert len(account._parts()) <= 32  # noqa: SLF001 - the bound is the point


def test_probes_that_took_no_time_change_nothing() -> None:
    account = seen([0.0, 0.0])
    account.probe(9, 0.0)

    known = account.forecast(left=7, position=2, length=10)

    assert known.remaining.median_s == known.remaining.high_s == 0


def test_probes_alone_must_do_until_items_run_in_order() -> None:
    account = seen([1.0])
    account.probe(99, 3.0, 2)

    known = account.forecast(left=97, position=1, length=100)

    assert known.mean_s == 3
    assert known.remaining.median_s == pytest.approx(97 * 3)


def test_a_probe_of_many_items_is_believed_where_one_is_not() -> None:
    single, many = seen([0.5, 1.5] * 8), seen([0.5, 1.5] * 8)
    single.probe(999, 1.9)
    many.probe(999, 1.9, 50)

    doubted, believed = (
        account.forecast(left=900, position=16, length=1000).remaining.median_s
        for account in (single, many)
    )

    assert doubted < 1.15 * 900 < believed


def test_a_probe_that_was_passed_by_counts_no_longer() -> None:
    account = seen([1.0] * 10)
    account.probe(5, 100.0)

    known = account.forecast(left=90, position=10, length=100)

    assert known.remaining.median_s == pytest.approx(90)
