"""A computing job that is short is left alone, and blocks grow with what was spent."""

from __future__ import annotations

from itertools import pairwise
from time import thread_time
from typing import Any

import pytest

from amorsize import execute
from amorsize.engines.blocks import BLOCK_S, LONGEST_BLOCK_S, Pace
from amorsize.runtime.surroundings import Surroundings


def spin(cost_s: float) -> float:
    began = thread_time()
    while thread_time() - began < cost_s:
        pass
    return cost_s


def test_only_a_job_that_is_long_enough_is_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    real = Surroundings.situation

    def situation(around: Surroundings, **how: Any) -> Any:
        asked.append(around)
        return real(around, **how)

    monkeypatch.setattr(Surroundings, "situation", situation)
    monkeypatch.setattr("amorsize.plan.tunables.COMPUTING_SCREEN_S", 1e9)
    execute(spin, [1e-4] * 60)
    assert asked == []

    monkeypatch.setattr("amorsize.plan.tunables.COMPUTING_SCREEN_S", 0.0)
    execute(spin, [1e-4] * 60)
    assert asked


def test_blocks_grow_with_what_was_spent_up_to_an_end() -> None:
    sizes = []
    for spent_s in (0.0, 0.02, 0.05, 0.1, 10.0):
        pace = Pace()
        for _ in range(5):
            pace.took(pace.size * 1e-5, spent_s=spent_s)
        sizes.append(pace.size)

    assert sizes[0] == round(BLOCK_S / 1e-5)
    assert all(shorter < longer for shorter, longer in pairwise(sizes[1:4]))
    assert sizes[-1] == round(LONGEST_BLOCK_S / 1e-5)


class AskedError(Exception):
    """The question came up."""


def test_a_heavy_end_is_seen_although_the_job_looks_short(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[float] = []

    def situation(*_: object, **__: object) -> None:
        raise AskedError

    def note(cost_s: float) -> None:
        calls.append(spin(cost_s))

    monkeypatch.setattr(Surroundings, "situation", situation)
    with pytest.raises(AskedError):
        execute(note, [1e-4] * 60 + [3e-2] * 4)

    assert len(calls) < 50


def test_others_count_now_and_not_for_later(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = iter([3, 2, 4, 1])
    monkeypatch.setattr("amorsize.runtime.surroundings.others_running", lambda: next(seen))
    around = Surroundings()

    assert around.situation().others == 2, "one of them only woke for a moment"
    assert around.situation().others == 2, "two more have come meanwhile, maybe for a moment"
    assert around.situation().others == 1, "one of them has ended"
    assert Surroundings(now=False).situation().others == 0
