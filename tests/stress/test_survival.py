"""A sample of what ``scripts/survival_figures.py`` tries; no seconds are judged."""

from __future__ import annotations

import pytest

from tests.stress.marks import on_linux
from tests.stress.survival import (
    KINDS,
    interrupt,
    kill_one,
    name_the_poison,
    run_many,
)

pytestmark = [on_linux, pytest.mark.slow]


def test_runs_whose_workers_are_killed_are_complete_and_right() -> None:
    assert [seed for seed in range(12) if not kill_one(seed).right] == []


def test_the_poisonous_item_is_named() -> None:
    assert [seed for seed in range(12) if not name_the_poison(seed)] == []


def test_many_runs_in_one_process_leave_nothing() -> None:
    leaks = run_many(60)

    assert [name for name in leaks.growing if name != "resident bytes"] == [], leaks.counted


@pytest.mark.parametrize("seed", range(len(KINDS)), ids=list(KINDS))
def test_ctrl_c_brings_back_what_is_done_and_leaves_nothing(seed: int) -> None:
    assert interrupt(seed).complaints == []
