from __future__ import annotations

from dataclasses import astuple, replace
from math import fsum
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amorsize.model.makespan import Capacity
from amorsize.model.replay import replay
from amorsize.model.sharing import Calls
from amorsize.vocab.estimate import Assumed
from amorsize.vocab.plan import Candidate, EngineKind, Makespan
from tests.unit.model.test_makespan import FREE, capacities, price, prices, team

if TYPE_CHECKING:
    from amorsize.vocab.situation import Price

MANY_CORES = Capacity(cores=256)
ONE = Candidate(engine=EngineKind.SERIAL, workers=1, chunk=1)


def of(engine: EngineKind, workers: int) -> Candidate:
    return Candidate(engine=engine, workers=workers, chunk=1)


def fixed(workers: int, chunk: int) -> Candidate:
    return replace(team(workers, chunk), fixed=True)


def played(
    calls: Calls,
    candidate: Candidate,
    *,
    paid: Price = FREE,
    capacity: Capacity = MANY_CORES,
    guess_s: float | None = None,
) -> Makespan:
    return replay(calls, candidate, price=paid, capacity=capacity, guess_s=guess_s)


costs = st.lists(st.floats(0, 1), min_size=1, max_size=60)
calls_of_all_kinds = st.builds(
    Calls,
    costs_s=costs,
    load=st.floats(0.01, 2),
    away_s=st.floats(0, 0.1),
    caller_s=st.floats(0, 0.1),
)
candidates = st.builds(
    Candidate,
    engine=st.sampled_from([EngineKind.TEAM, EngineKind.LOKY, EngineKind.THREADS]),
    workers=st.integers(1, 40),
    chunk=st.integers(1, 20),
    fixed=st.booleans(),
)


@given(calls_of_all_kinds, candidates, prices, capacities)
def test_no_run_is_shorter_than_its_span_or_its_share_of_the_work(
    calls: Calls, candidate: Candidate, paid: Price, capacity: Capacity
) -> None:
    total_s = played(calls, candidate, paid=paid, capacity=capacity).total_s
    at_once = capacity.of(candidate.workers, calls.load)

    assert total_s >= calls.span_s * (1 - 1e-9)
    assert total_s >= fsum(calls.costs_s) / at_once * (1 - 1e-9)


@given(calls_of_all_kinds, candidates, prices, capacities)
def test_the_parts_of_a_run_add_up_and_none_is_negative(
    calls: Calls, candidate: Candidate, paid: Price, capacity: Capacity
) -> None:
    run = played(calls, candidate, paid=paid, capacity=capacity)

    assert min(astuple(run)) >= -1e-9 * run.total_s
    assert run.total_s == pytest.approx(sum(astuple(run)))


@given(calls_of_all_kinds, candidates, capacities)
def test_one_worker_is_the_plain_loop(
    calls: Calls, candidate: Candidate, capacity: Capacity
) -> None:
    alone = played(calls, replace(candidate, workers=1), capacity=capacity)
    away_s = calls.away_s if candidate.engine is EngineKind.THREADS else 0.0

    assert alone.total_s == pytest.approx(fsum(calls.costs_s) + away_s * len(calls.costs_s))
    assert played(calls, ONE).total_s == pytest.approx(fsum(calls.costs_s))


def dearer(paid: Price, by_s: float, part: str) -> Price:
    estimate = getattr(paid, part)
    return replace(paid, **{part: Assumed(median_s=estimate.median_s + by_s, why="dearer")})


PARTS = ["blocking", "per_worker", "delay", "per_chunk"]


@given(
    st.integers(1, 60),
    st.floats(1e-3, 1),
    st.builds(fixed, st.integers(1, 40), st.integers(1, 20)),
    prices,
    st.floats(0, 1),
    st.sampled_from(PARTS),
)
def test_equal_items_take_longer_where_anything_is_dearer(
    items: int, item_s: float, candidate: Candidate, paid: Price, by_s: float, part: str
) -> None:
    calls = Calls(costs_s=[item_s] * items)

    cheap_s = played(calls, candidate, paid=paid).total_s

    assert played(calls, candidate, paid=dearer(paid, by_s, part)).total_s >= cheap_s * (1 - 1e-9)


@given(costs, candidates, prices, st.floats(0, 1), st.sampled_from(PARTS))
def test_unequal_ones_hardly_ever_gain_from_it(
    costs_s: list[float], candidate: Candidate, paid: Price, by_s: float, part: str
) -> None:
    """Only who takes which chunk may turn out better: by one round at most (Graham, 1966)."""
    calls = Calls(costs_s=costs_s)
    dear = dearer(paid, by_s, part)
    longest_chunk_s = calls.span_s * 20 + dear.per_chunk.median_s

    cheap_s = played(calls, candidate, paid=paid).total_s

    assert played(calls, candidate, paid=dear).total_s >= cheap_s - longest_chunk_s


def test_two_workers_halve_equal_items() -> None:
    run = played(Calls(costs_s=[1.0] * 4), team(2))

    assert run == Makespan(startup_s=0, compute_s=2, dispatch_s=0, transfer_s=0, tail_s=0)


def test_nine_items_take_eight_workers_two_rounds() -> None:
    run = played(Calls(costs_s=[1.0] * 9), team(8))

    assert run.total_s == 2
    assert run.tail_s == pytest.approx(7 / 8)


def test_the_caller_works_while_others_are_late() -> None:
    """Made after 1 s and twice 0.5 s; the others begin after 3.5 and 4 s, and it after 2."""
    paid = price(blocking=1, each=0.5, delay=2)

    run = played(Calls(costs_s=[1.0] * 10), team(3), paid=paid)

    assert run.total_s == 7
    assert run.startup_s == pytest.approx((2 + 3.5 + 4) / 3)
    assert run.compute_s == pytest.approx(10 / 3)


def test_nobody_waits_for_workers_that_come_too_late() -> None:
    run = played(Calls(costs_s=[1.0] * 3), team(4), paid=price(delay=100))

    assert run.total_s == 3


def test_threads_begin_as_they_are_made_and_the_caller_does_not_work() -> None:
    paid = price(each=1)

    assert played(Calls(costs_s=[3.0, 3.0]), of(EngineKind.THREADS, 2), paid=paid).total_s == 4
    assert played(Calls(costs_s=[3.0, 3.0]), team(2), paid=paid).total_s == 4
    assert played(Calls(costs_s=[1.5] * 2), of(EngineKind.THREADS, 2), paid=paid).total_s == 2.5


def test_four_workers_on_two_cores_are_two() -> None:
    run = played(Calls(costs_s=[1.0] * 8), team(4), capacity=Capacity(cores=2))

    assert run.total_s == pytest.approx(4)


def test_those_who_wait_need_no_core_and_share_the_lock() -> None:
    sleeps = Calls(costs_s=[1.0] * 64, load=0.25)
    threads = of(EngineKind.THREADS, 32)

    assert played(sleeps, threads, capacity=Capacity(cores=8)).total_s == pytest.approx(2)
    assert played(sleeps, threads, capacity=Capacity(cores=2)).total_s == pytest.approx(8)
    locked = Capacity(cores=8, locked=0.25)
    assert played(sleeps, threads, capacity=locked).total_s == pytest.approx(16)


def test_a_function_that_holds_the_lock_gains_nothing_on_threads() -> None:
    held = Capacity(cores=8, locked=1.0)

    run = played(Calls(costs_s=[1.0] * 8), of(EngineKind.THREADS, 8), capacity=held)

    assert run.total_s == pytest.approx(8)


def test_the_caller_brings_results_home_between_items_of_its_own() -> None:
    """Both run two items until 2 s, then the caller fetches the two of the other."""
    run = played(Calls(costs_s=[1.0] * 4, caller_s=0.5), team(2))

    assert run.total_s == 3
    assert run.transfer_s == pytest.approx(0.5)
    assert run.tail_s == pytest.approx(0.5)


def test_sending_costs_the_worker_time() -> None:
    run = played(Calls(costs_s=[1.0] * 2, away_s=0.5), team(2))

    assert run.total_s == 1.5


def test_each_chunk_costs_its_handling() -> None:
    run = played(Calls(costs_s=[1.0] * 8), fixed(2, 2), paid=price(chunk=0.25))

    assert run.total_s == 4.5
    assert run.dispatch_s == 0.5


def test_fixed_chunks_are_not_shared_and_those_of_the_rule_are() -> None:
    """All 40 items are in one chunk: expected to be nothing, they take 10 ms each."""
    calls = Calls(costs_s=[10e-3] * 40)

    assert played(calls, fixed(2, 40)).total_s == pytest.approx(0.4)
    assert played(calls, team(2), guess_s=1e-9).total_s == pytest.approx(0.2, abs=0.011)


def test_chunks_shrink_so_that_all_finish_together() -> None:
    calls = Calls(costs_s=[1e-4] * 10_000)

    for engine in (EngineKind.TEAM, EngineKind.THREADS, EngineKind.LOKY):
        assert played(calls, of(engine, 4)).tail_s < 2.5e-3


def test_threads_come_and_go_as_they_are_told() -> None:
    calls = Calls(costs_s=[1.0] * 40, load=0.01)
    threads = of(EngineKind.THREADS, 2)
    told: list[tuple[float, int, float]] = []

    def widen(now_s: float, items: int, took_s: float) -> int:
        told.append((now_s, items, took_s))
        return 4 if now_s < 2 else 1

    run = replay(calls, threads, price=FREE, capacity=MANY_CORES, widen=widen)

    # two run 2 until 1 s, four 4 until 2 s, and one the 34 that are left
    assert run.total_s == pytest.approx(36)
    assert sum(items for _, items, _ in told) == 40
    assert all(took_s == pytest.approx(1) for *_, took_s in told)


def test_no_items_take_no_time() -> None:
    assert played(Calls(costs_s=[]), team(4), paid=price(blocking=1)).total_s == 0
