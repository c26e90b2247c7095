"""Planners that were broken on purpose: what holds the planner to its figures sees each of them.

Each breaks one thing that a choice rests on, and is tried on workloads that hang on it, chosen
from the pairs of ``test_planner`` and ``test_formula``, where the planner as it is passes.
"""

from __future__ import annotations

from math import ceil
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from amorsize.testing import regret
from tests.simulated.test_formula import EVERY, OURS, POOLS, Formula, faults
from tests.simulated.test_planner import MEDIAN, worst_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from amorsize.testing.regret import Regret
    from amorsize.testing.workloads import Workload

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


class Broken(NamedTuple):
    """What is put in the place of what, and the workloads that show it."""

    kinds: set[str]
    parts: Mapping[str, Callable[..., Any]]


def equal_shares(items: int, _item_s: float, workers: int, *, most: int) -> Iterator[int]:
    """Instead of chunks that shrink."""
    left, each = items, max(ceil(items / workers), ceil(items / most))
    while left > 0:
        yield min(each, left)
        left -= each


def one_chunk_each(tried: Any, jobs: int, _most: int) -> set[int]:
    return {max(1, ceil(tried.work.items / jobs))}


def single_items(_tried: object, _jobs: int, _most: int) -> set[int]:
    return {1}


def all_cores(offer: Callable[[int], Any], _best: object, most: int) -> Any:
    return offer(most)


def as_few_as_can_be(_offer: object, best: Any, _most: int) -> Any:
    return best


def nothing(*_: object, **__: object) -> float:
    return 0.0


def no_start(*_: object) -> tuple[float, float]:
    return 0.0, 0.0


def whatever_it_costs(*_: object) -> None:
    return None


def transfers_forgotten(_work: object, joint: float) -> float:
    return joint


NO_TAIL = {"amorsize.model.makespan.tail_s": nothing, "amorsize.model.pools.tail_s": nothing}

DECISIONS = {
    "chunks do not shrink": Broken(
        {"large results", "large arrays"}, {"amorsize.model.rules.chunk_sizes": equal_shares}
    ),
    "as many workers as cores": Broken(
        {"large results", "ramp down"}, {"amorsize.plan.search.fastest": all_cores}
    ),
    "two workers": Broken({"uniform"}, {"amorsize.plan.search.fastest": as_few_as_can_be}),
    "starts cost nothing": Broken(
        {"large results", "ramp down", "two phases", "mixed"},
        {
            "amorsize.model.makespan.start_of": no_start,
            "amorsize.plan.search.blocking_s": nothing,
            "amorsize.plan.pays.blocking_s": nothing,
        },
    ),
    "everything pays": Broken(
        {"large results", "large arrays", "tiny", "mixed"},
        {"amorsize.plan.choose.does_not_pay": whatever_it_costs},
    ),
    "transfers cost nothing": Broken(
        {"large results", "large arrays"},
        {
            "amorsize.model.makespan.joint_rate": transfers_forgotten,
            "amorsize.plan.search.joint_rate": transfers_forgotten,
        },
    ),
}

ADVICE = {
    "one chunk for each worker": Broken(
        {"ramp up", "ramp down"}, {"amorsize.plan.pool_search.Tried._chunks": one_chunk_each}
    ),
    "chunks of one item": Broken(
        {"skewed", "ramp down", "uniform"},
        {"amorsize.plan.pool_search.Tried._chunks": single_items},
    ),
    "no straggler tail": Broken({"ramp up", "ramp down"}, NO_TAIL),
}

FORMULAS: dict[str, tuple[Formula, Mapping[str, Callable[..., Any]]]] = {
    "no straggler tail": (POOLS, NO_TAIL),
    "starts cost nothing": (OURS, {"amorsize.model.makespan.start_of": no_start}),
    "transfers cost nothing": (OURS, {"amorsize.model.makespan.joint_rate": transfers_forgotten}),
}


def put_in_place(parts: Mapping[str, Callable[..., Any]], patch: pytest.MonkeyPatch) -> None:
    for name, part in parts.items():
        patch.setattr(name, part)


def pairs(kinds: set[str], *, every: int) -> list[tuple[Workload, int]]:
    return [pair for pair in regret.suite(every=every) if pair[0].kind in kinds]


def is_good(found: list[Regret]) -> bool:
    return median(one.share for one in found) <= MEDIAN and not worst_of(found)


@pytest.mark.parametrize("name", DECISIONS)
def test_a_broken_decision_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = DECISIONS[name]
    put_in_place(broken.parts, monkeypatch)
    made = (regret.of_decision(*pair) for pair in pairs(broken.kinds, every=4))

    assert not is_good([one for one in made if one is not None])


@pytest.mark.parametrize("name", ADVICE)
def test_broken_advice_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = ADVICE[name]
    put_in_place(broken.parts, monkeypatch)

    assert not is_good([regret.of_advice(*pair) for pair in pairs(broken.kinds, every=8)])


@pytest.mark.parametrize("name", FORMULAS)
def test_a_broken_formula_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    formula, parts = FORMULAS[name]
    put_in_place(parts, monkeypatch)
    found = [miss for pair in regret.suite(every=EVERY) for miss in formula.misses(*pair)]

    assert faults(found, formula)
