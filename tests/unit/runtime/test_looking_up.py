"""When a run asks what earlier calls have learned."""

from __future__ import annotations

from typing import Any

import pytest

from amorsize.engines.source import source_of
from amorsize.runtime.ledger import Hooks, Ledger
from amorsize.runtime.memory import Memory
from amorsize.runtime.sampler import Sampler


@pytest.mark.parametrize(("spent_s", "times"), [(1.9e-3, 0), (2.1e-3, 1)])
def test_nothing_is_looked_up_before_two_milliseconds(
    spent_s: float, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[Any] = []

    def read(memory: Memory) -> None:
        looked.append(memory)

    monkeypatch.setattr(Memory, "_read", read)
    memory = Memory(abs, wanted=True)
    sampler = Sampler(abs, source_of([1, 2]), Ledger(Hooks(), 2), memory=memory)
    sampler.recalls(spent_s)

    assert looked == [memory] * times
