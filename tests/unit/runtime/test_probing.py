"""How much is run out of turn."""

from __future__ import annotations

from amorsize.engines.blocks import BLOCK_ITEMS
from amorsize.runtime.probing import (
    FIRST_PROBES,
    MOST_PROBES,
    Probes,
    probe_width,
    probes_for,
)


def test_nothing_is_probed_before_the_price_of_a_worker_is_spent() -> None:
    probes = Probes()

    assert not probes.may_go_on(spent_s=0.5e-3, items=10, left=90)
    assert probes.may_go_on(spent_s=2e-3, items=10, left=90)
    assert not probes.may_go_on(spent_s=2e-3, items=10**6, left=90), "tiny items are not probed"


def test_probes_end_by_number() -> None:
    probes = Probes()
    for _ in range(FIRST_PROBES):
        assert probes.may_go_on(spent_s=10e-3, items=100, left=90, most=FIRST_PROBES)
        probes.took(0.1e-3)

    assert not probes.may_go_on(spent_s=10e-3, items=100, left=90, most=FIRST_PROBES)
    assert probes.may_go_on(spent_s=10e-3, items=100, left=90)


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
