from __future__ import annotations

from dataclasses import astuple
from math import fsum
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amorsize.model.makespan import Capacity
from amorsize.model.pools import pool_startup_s
from amorsize.model.replay_pools import replay_pool
from amorsize.model.sharing import Calls
from amorsize.vocab.advice import PoolCandidate, PoolKind
from amorsize.vocab.plan import Makespan
from tests.unit.model.test_makespan import FREE, capacities, price, prices
from tests.unit.model.test_pools import pool
from tests.unit.model.test_replay import PARTS, calls_of_all_kinds, dearer

if TYPE_CHECKING:
    from amorsize.vocab.situation import Price

MANY_CORES = Capacity(cores=256)


def played(
    calls: Calls,
    candidate: PoolCandidate,
    *,
    paid: Price = FREE,
    capacity: Capacity = MANY_CORES,
) -> Makespan:
    return replay_pool(calls, candidate, price=paid, capacity=capacity)


pools = st.builds(pool, st.integers(1, 40), st.integers(1, 70))


@given(calls_of_all_kinds, pools, prices, capacities)
def test_a_pool_cannot_beat_its_workers_its_caller_or_its_longest_item(
    calls: Calls, candidate: PoolCandidate, paid: Price, capacity: Capacity
) -> None:
    total_s = played(calls, candidate, paid=paid, capacity=capacity).total_s
    at_once = capacity.of(candidate.n_jobs, calls.load)
    caller_s = len(calls.costs_s) * calls.caller_s if candidate.n_jobs > 1 else 0.0

    assert total_s >= fsum(calls.costs_s) / at_once * (1 - 1e-9)
    assert total_s >= max(calls.span_s, caller_s) * (1 - 1e-9)
    if candidate.n_jobs > 1:
        assert total_s >= pool_startup_s(paid, candidate.n_jobs)


@given(calls_of_all_kinds, pools, prices, capacities)
def test_the_parts_of_a_pool_add_up_and_none_is_negative(
    calls: Calls, candidate: PoolCandidate, paid: Price, capacity: Capacity
) -> None:
    run = played(calls, candidate, paid=paid, capacity=capacity)

    assert min(astuple(run)) >= -1e-9 * run.total_s
    assert run.total_s == pytest.approx(sum(astuple(run)))


@given(calls_of_all_kinds)
def test_one_job_is_the_plain_loop(calls: Calls) -> None:
    assert played(calls, pool(1, 1)).total_s == pytest.approx(fsum(calls.costs_s))


@given(
    st.integers(1, 60), st.floats(1e-3, 1), pools, prices, st.floats(0, 1), st.sampled_from(PARTS)
)
def test_equal_items_take_longer_where_anything_is_dearer(
    items: int, item_s: float, candidate: PoolCandidate, paid: Price, by_s: float, part: str
) -> None:
    calls = Calls(costs_s=[item_s] * items)
    dear = dearer(paid, by_s, part)

    cheap_s = played(calls, candidate, paid=paid).total_s

    assert played(calls, candidate, paid=dear).total_s >= cheap_s * (1 - 1e-9)


def test_chunks_are_dealt_out_in_order_to_whoever_is_idle() -> None:
    """One worker is in the first chunk for 4 s; the other runs the rest in that time."""
    run = played(Calls(costs_s=[2.0, 2.0, 1.0, 1.0, 1.0, 1.0]), pool(2, 2))

    assert run == Makespan(startup_s=0, compute_s=4, dispatch_s=0, transfer_s=0, tail_s=0)


def test_a_pool_is_made_before_it_works() -> None:
    paid = price(blocking=1, each=0.5, delay=0.25)

    run = played(Calls(costs_s=[1.0] * 4), pool(2, 1), paid=paid)

    assert run.startup_s == 2.25
    assert run.total_s == 4.25


def test_workers_wait_for_a_caller_that_is_slow() -> None:
    """It sends a chunk in 1 s and fetches one in 1 s: 20 s of its own for ten."""
    run = played(Calls(costs_s=[0.1] * 10), pool(4, 1), paid=price(chunk=2))

    assert run.total_s == pytest.approx(20, abs=2.2)
    assert run.dispatch_s > run.tail_s


def test_results_come_home_one_after_the_other() -> None:
    run = played(Calls(costs_s=[1.0] * 8, caller_s=2.0), pool(8, 1))

    assert run.total_s == pytest.approx(1 + 8 * 2)


def test_a_busy_caller_takes_a_core_from_its_workers() -> None:
    calls, two = Calls(costs_s=[1.0] * 20, caller_s=0.5), pool(2, 1)

    full_s = played(calls, two, capacity=Capacity(cores=2)).total_s

    assert full_s > played(calls, two, capacity=Capacity(cores=3)).total_s
    assert full_s >= (20 + 20 * 0.5) / 2


def test_threads_that_hold_the_lock_are_slower_than_the_loop() -> None:
    threads = PoolCandidate(kind=PoolKind.THREADS, n_jobs=4, chunksize=1)
    held = Capacity(cores=8, locked=1.0)

    run = played(Calls(costs_s=[1.0] * 8), threads, paid=price(chunk=0.1), capacity=held)

    assert run.total_s >= 8.8
