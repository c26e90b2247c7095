from __future__ import annotations

from math import sqrt

import pytest

from amorsize.stats.means import Mean
from amorsize.stats.probes import Probe, next_probe, with_probes

HERE = Mean(mean_s=1.0, low_s=0.9, high_s=1.1, error=0.05, spread=0.2, seen_spread=0.3)


def ahead(*probes: Probe, position: int = 0, length: int = 100) -> Mean:
    return with_probes(HERE, probes, position=position, length=length)


def test_a_probe_that_agrees_counts_by_what_it_knows() -> None:
    mean = ahead(Probe(99, 1.1))  # strata say 1.05 with variance 0.01, here is 0.0025

    assert (mean.mean_s, mean.low_s, mean.high_s) == pytest.approx((1.01, 0.909, 1.111))


def test_a_probe_that_contradicts_is_believed_with_its_doubt() -> None:
    mean = ahead(Probe(99, 3.0))
    reach = 1.64 * sqrt(0.5 + 0.2**2 / 99)

    assert mean == pytest.approx((2.0, 0.9, 2 * (1 + reach), sqrt(0.5), 0.2, 0.3))


def test_the_strata_are_trapezia() -> None:
    mean = ahead(Probe(49, 3.0, 99), Probe(99, 5.0, 99))  # 49 items at 2, 49 items at 4

    assert mean.mean_s == pytest.approx(3)
    assert mean.error == pytest.approx(sqrt(2 * (49 * 2) ** 2 / 2) / (49 * 6))


def test_beyond_the_last_probe_items_cost_as_much() -> None:
    mean = ahead(Probe(49, 3.0, 99))  # 49 items at 2, 50 items at 3

    assert mean.mean_s == pytest.approx((49 * 2 + 50 * 3) / 99)
    assert mean.low_s == pytest.approx(0.9 * (49 * 1 + 50 * 3) / 99)


def test_a_probe_at_the_very_end_may_be_further_than_the_promised_length() -> None:
    assert ahead(Probe(149, 3.0, 99), length=100).mean_s == pytest.approx(2)


@pytest.mark.parametrize(
    ("items", "agrees"),
    [(1, True), (2, False), (1000, False)],
)
def test_the_more_items_a_probe_ran_the_more_it_says(items: int, agrees: bool) -> None:
    mean = ahead(Probe(99, 1.3, items))  # 0.15 apart; noise is 0.18, 0.14 and 0.08

    assert (mean.mean_s < 1.14) is agrees


def test_equal_calls_still_differ_by_a_tenth() -> None:
    flat = HERE._replace(spread=0.0, error=0.0)
    near, far = (
        with_probes(flat, [Probe(99, cost_s)], position=0, length=100).mean_s
        for cost_s in (1.16, 1.17)
    )

    assert near == 1
    assert far > 1.08


@pytest.mark.parametrize(
    ("probes", "index"),
    [
        ([], 99),
        ([Probe(98, 1.0)], 99),
        ([Probe(99, 1.0)], 49),
        ([Probe(49, 1.0), Probe(99, 1.0)], 24),
        ([Probe(24, 1.0), Probe(49, 1.0), Probe(99, 1.0)], 74),
        ([Probe(24, 1.0), Probe(49, 1.5), Probe(99, 1.5)], 36),
        ([Probe(49, 10.0), Probe(99, 10.0)], 24),
        ([Probe(49, 1.0), Probe(52, 3.0), Probe(99, 3.0)], 75),
    ],
)
def test_the_next_probe_goes_where_most_is_open(probes: list[Probe], index: int) -> None:
    assert next_probe(1.0, probes, position=0, length=100) == index


def test_nothing_is_probed_where_nothing_is_left() -> None:
    assert next_probe(1.0, [], position=100, length=100) is None
    assert next_probe(1.0, [Probe(99, 1.0)], position=99, length=100) is None
    assert next_probe(1.0, [Probe(99, 1.0)], position=98, length=100) == 98
