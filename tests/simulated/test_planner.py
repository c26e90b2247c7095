"""Decisions for machines that are not here, against the best that the simulator can find.

``python scripts/planner_figures.py`` shows all pairs of workloads and cores; here each workload
meets one number of cores. What is compared, and what is not, is said in ``testing.regret``:

- The best of the grid may only start what the planner's promise (never much slower than the
  plain loop) lets it start by what the sample has shown.
- Where what is left takes more than 1.5 times as long as the sample tells, or as short, the sample
  has misled, and the worst case is not the planner's. The median counts them all.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

import pytest

from amorsize.testing import regret

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amorsize.testing.regret import Regret

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

MEDIAN = 0.05
WORST = 0.2


@pytest.fixture(scope="module")
def decisions() -> list[Regret]:
    pairs = (regret.of_decision(load, cores) for load, cores in regret.suite(every=4))
    return [one for one in pairs if one is not None]


@pytest.fixture(scope="module")
def advice() -> list[Regret]:
    return [regret.of_advice(load, cores) for load, cores in regret.suite(every=8)]


def worst_of(found: Sequence[Regret]) -> list[str]:
    return [
        f"{one.load.kind} {one.load.number} on {one.cores}: {one.share:.0%}"
        for one in found
        if one.share > WORST and not one.misled
    ]


def test_there_are_enough_workloads_and_a_third_of_them_are_hard() -> None:
    loads = {load.number: load for load, _ in regret.suite(every=4)}

    assert len(loads) >= 500
    assert sum(load.is_hard for load in loads.values()) >= len(loads) / 3


def test_a_decision_is_close_to_the_best_there_is(decisions: list[Regret]) -> None:
    assert median(one.share for one in decisions) <= MEDIAN
    assert worst_of(decisions) == []


def test_so_is_advice_for_the_standard_pools(advice: list[Regret]) -> None:
    assert median(one.share for one in advice) <= MEDIAN
    assert worst_of(advice) == []


def test_samples_seldom_mislead(decisions: list[Regret]) -> None:
    assert sum(one.misled for one in decisions) <= len(decisions) / 8


def test_decisions_are_not_all_alike(decisions: list[Regret]) -> None:
    """Every engine is chosen, and seldom all the cores of a large machine."""
    chosen = {one.chosen.engine for one in decisions}  # type: ignore[union-attr]  # none is a pool
    largest = [one for one in decisions if one.cores == 128]

    assert len(chosen) == 4
    assert sum(one.chosen.workers == 128 for one in largest) < len(largest) / 3  # type: ignore[union-attr]  # likewise
