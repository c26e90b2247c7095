from __future__ import annotations

from dataclasses import astuple, replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amorsize.model.makespan import Capacity, Work
from amorsize.model.pools import fixed_chunk, pool_makespan
from amorsize.plan.prices import POOL_FORK, POOL_THREADS
from amorsize.vocab.advice import PoolCandidate, PoolKind
from amorsize.vocab.estimate import Assumed
from tests.unit.model.test_makespan import capacities, prices, works

if TYPE_CHECKING:
    from amorsize.vocab.situation import Price


def pool(n_jobs: int, chunksize: int) -> PoolCandidate:
    return PoolCandidate(kind=PoolKind.PROCESSES, n_jobs=n_jobs, chunksize=chunksize)


def work(items: int, item_s: float, **more: float) -> Work:
    return Work(items=items, item_s=item_s, spread=0.1, longest_s=item_s, **more)


pools = st.builds(pool, st.integers(2, 64), st.integers(1, 10**6))


@given(works, pools, prices, capacities)
def test_a_pool_cannot_beat_its_workers_its_caller_or_its_cores(
    given_work: Work,
    candidate: PoolCandidate,
    paid: Price,
    capacity: Capacity,
) -> None:
    expected = pool_makespan(given_work, candidate, price=paid, capacity=capacity)

    assert min(astuple(expected)) >= -1e-9 * expected.total_s
    assert expected.total_s >= given_work.serial_s / candidate.n_jobs * (1 - 1e-9)
    assert expected.total_s >= given_work.items * given_work.caller_s * (1 - 1e-9)
    assert expected.total_s >= given_work.longest_s * (1 - 1e-9)


def test_an_empty_pool_costs_its_start_and_end() -> None:
    expected = pool_makespan(work(1, 1e-6), pool(2, 1), price=POOL_FORK, capacity=Capacity(cores=2))

    assert 5e-3 < expected.total_s < 8e-3  # measured: 5.4 to 7.6 ms


def test_the_caller_needs_a_core_too() -> None:
    tenths = work(10_000, 1e-4)

    full, spare = (
        pool_makespan(tenths, pool(2, 1), price=POOL_FORK, capacity=Capacity(cores=cores))
        for cores in (2, 4)
    )

    assert full.total_s > spare.total_s > tenths.serial_s / 2
    assert full.total_s > 0.75 * tenths.serial_s  # measured: about as slow as the plain loop


def test_a_caller_that_unpickles_slowly_sets_the_pace() -> None:
    fetched = work(1000, 1e-3, caller_s=2e-3)

    expected = pool_makespan(fetched, pool(8, 10), price=POOL_FORK, capacity=Capacity(cores=64))

    assert expected.compute_s + expected.transfer_s + expected.dispatch_s == pytest.approx(
        1000 * 2e-3 + 100 * POOL_FORK.per_chunk.median_s
    )


def test_threads_that_wait_pay_for_each_item() -> None:
    sleeps = work(320, 5e-3, load=0.01)
    threads = PoolCandidate(kind=PoolKind.THREADS, n_jobs=32, chunksize=1)

    expected = pool_makespan(
        sleeps, threads, price=POOL_THREADS, capacity=Capacity(cores=2, locked=0.01)
    )

    assert expected.total_s == pytest.approx(57e-3, rel=0.1)  # measured: 57.6 ms


def test_threads_that_hold_the_lock_are_slower_than_the_loop() -> None:
    computing = work(200, 1e-3)
    threads = PoolCandidate(kind=PoolKind.THREADS, n_jobs=2, chunksize=1)

    expected = pool_makespan(
        computing, threads, price=POOL_THREADS, capacity=Capacity(cores=2, locked=1.0)
    )

    assert expected.total_s > computing.serial_s


@pytest.mark.parametrize("spread", [0.1, 0.5, 2.0])
def test_chunks_shrink_as_items_differ_more(spread: float) -> None:
    mixed = Work(items=10_000, item_s=1e-4, spread=spread, longest_s=1e-3)
    calmer = Work(items=10_000, item_s=1e-4, spread=spread / 2, longest_s=1e-3)

    assert 1 <= fixed_chunk(mixed, 4, POOL_FORK) < fixed_chunk(calmer, 4, POOL_FORK) <= 2500


def test_the_fixed_chunk_is_that_of_kruskal_and_weiss() -> None:
    items = Work(items=2000, item_s=1e-3, spread=1.0, longest_s=1e-3)

    assert fixed_chunk(items, 8, POOL_FORK) == 6  # (sqrt2 2000 60e-6 / (1e-3 8 sqrt(ln 8)))^(2/3)


def test_equal_items_are_shared_out_once() -> None:
    equal = Work(items=99, item_s=1e-3, spread=0.0, longest_s=1e-3)

    assert fixed_chunk(equal, 4, POOL_FORK) == 25


def test_what_a_pool_does_for_each_item_does_not_shrink_with_larger_chunks() -> None:
    calls = work(10_000, 1e-6)
    dear = replace(POOL_FORK, per_item=Assumed(median_s=1e-5, why="a call and its arguments"))

    for chunksize in (1, 5000):
        usual, more = (
            pool_makespan(calls, pool(2, chunksize), price=price, capacity=Capacity(cores=4))
            for price in (POOL_FORK, dear)
        )
        assert more.dispatch_s - usual.dispatch_s == pytest.approx(10_000 * 1e-5, rel=0.1)
