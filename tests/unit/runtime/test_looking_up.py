"""When a run asks what earlier calls have learned."""

from __future__ import annotations

from typing import Any

import pytest

from amorsize.engines.source import source_of
from amorsize.runtime.ledger import Hooks, Ledger
from amorsize.runtime.memory import Memory
from amorsize.runtime.opening import Opening
from amorsize.runtime.sampler import Sampler
from amorsize.runtime.surroundings import Surroundings
from amorsize.vocab.options import DEFAULT_OPTIONS


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


def test_probes_may_take_long_enough_for_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first question comes after 0.5 ms: what is known must reach the decision all the same."""
    looked: list[float] = []
    source, memory = source_of([1, 2]), Memory(abs, wanted=True)
    sampler = Sampler(abs, source, Ledger(Hooks(), 2), memory=memory)
    opening = Opening(
        abs,
        source,
        Ledger(Hooks(), 2),
        options=DEFAULT_OPTIONS,
        surroundings=Surroundings(),
        sampler=sampler,
    )
    opening.items, opening.spent_s = 1, 1e-3

    def probe(_most: int = 0) -> None:
        opening.spent_s = 3e-3

    monkeypatch.setattr(Memory, "_read", lambda _: looked.append(opening.spent_s))
    monkeypatch.setattr(opening, "probe", probe)
    for name in ("_looks_short", "_could_pay", "_is_long_enough"):
        monkeypatch.setattr(opening, name, lambda *_, said=name != "_looks_short": said)

    assert opening._is_worth_asking()  # noqa: SLF001 - before anything is decided
    assert looked == [3e-3]
