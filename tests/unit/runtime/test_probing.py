"""How much is run out of turn."""

from __future__ import annotations

from amorsize.engines.blocks import BLOCK_ITEMS
from amorsize.runtime.probing import (
    FIRST_PROBES,
    MOST_PROBES,
    ProbeBudget,
    probe_width,
    probes_for,
)


def test_nothing_is_probed_before_the_price_of_a_worker_is_spent() -> None:
    budget = ProbeBudget()

    assert not budget.allows(spent_s=0.5e-3, items=10, most=9)
    assert budget.allows(spent_s=2e-3, items=10, most=9)
    assert not budget.allows(spent_s=2e-3, items=10**6, most=9), "tiny items are not probed"


def test_probes_end_by_number_and_by_time() -> None:
    budget = ProbeBudget()
    for _ in range(FIRST_PROBES):
        assert budget.allows(spent_s=10e-3, items=100, most=FIRST_PROBES)
        budget.made(0.1e-3)

    assert not budget.allows(spent_s=10e-3, items=100, most=FIRST_PROBES)
    assert budget.allows(spent_s=10e-3, items=100, most=2 * FIRST_PROBES)
    budget.made(2e-3)
    assert not budget.allows(spent_s=10e-3, items=100, most=2 * FIRST_PROBES)


def test_a_probe_takes_neighbours_where_items_are_tiny() -> None:
    assert probe_width(1e-3) == 1
    assert probe_width(5e-6) == 10
    assert probe_width(0.0) == BLOCK_ITEMS


def test_a_long_job_is_worth_more_probes() -> None:
    assert [probes_for(whole_s) for whole_s in (1e-3, 50e-3, 10.0)] == [
        FIRST_PROBES,
        10,
        MOST_PROBES,
    ]
