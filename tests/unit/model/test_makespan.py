from __future__ import annotations

from dataclasses import astuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amorsize.model.makespan import Capacity, Work, joint_rate, makespan
from amorsize.vocab.estimate import Assumed
from amorsize.vocab.plan import Candidate, EngineKind
from amorsize.vocab.situation import Price


def price(*, blocking: float = 0, each: float = 0, delay: float = 0, chunk: float = 0) -> Price:
    blocking_s, each_s, delay_s, chunk_s = (
        Assumed(median_s=seconds, why="an example") for seconds in (blocking, each, delay, chunk)
    )
    return Price(blocking=blocking_s, per_worker=each_s, delay=delay_s, per_chunk=chunk_s)


def team(workers: int, chunk: int = 1) -> Candidate:
    return Candidate(engine=EngineKind.TEAM, workers=workers, chunk=chunk)


FREE = price()
seconds = st.floats(1e-7, 1)
prices = st.builds(price, blocking=seconds, each=seconds, delay=seconds, chunk=seconds)
works = st.builds(
    Work,
    items=st.integers(1, 10**6),
    item_s=seconds,
    spread=st.floats(0, 5),
    longest_s=seconds,
    load=st.floats(0.01, 4),
    away_s=st.floats(0, 1),
    caller_s=st.floats(0, 1),
    read_s=st.floats(0, 1e-7),
)
capacities = st.builds(
    Capacity,
    cores=st.floats(1, 256),
    each_adds=st.floats(0, 1),
    locked=st.floats(0, 1),
)
teams = st.builds(team, st.integers(1, 256), st.integers(1, 1000))


@given(works, teams, prices, capacities)
def test_no_schedule_beats_the_work_divided_by_the_workers(
    work: Work, candidate: Candidate, paid: Price, capacity: Capacity
) -> None:
    total_s = makespan(work, candidate, price=paid, capacity=capacity).total_s

    assert total_s >= work.serial_s / candidate.workers * (1 - 1e-9)
    assert total_s >= work.longest_s * (1 - 1e-9)


@given(works, teams, prices, capacities)
def test_no_part_is_negative_and_they_add_up(
    work: Work, candidate: Candidate, paid: Price, capacity: Capacity
) -> None:
    expected = makespan(work, candidate, price=paid, capacity=capacity)

    assert min(astuple(expected)) >= -1e-9 * expected.total_s
    assert expected.total_s == pytest.approx(sum(astuple(expected)))


@given(works, teams, prices, capacities)
def test_no_more_calls_run_at_once_than_there_are_cores(
    work: Work, candidate: Candidate, paid: Price, capacity: Capacity
) -> None:
    compute_s = makespan(work, candidate, price=paid, capacity=capacity).compute_s

    assert compute_s * max(1, capacity.cores / work.load) >= work.serial_s * (1 - 1e-9)


@given(works, st.integers(2, 64), prices)
def test_a_later_start_costs_only_what_workers_would_have_added(
    work: Work, workers: int, paid: Price
) -> None:
    cores = Capacity(cores=workers)
    startup_s = makespan(work, team(workers), price=paid, capacity=cores).startup_s
    blocked_s = paid.blocking.median_s + (min(workers, work.items) - 1) * paid.per_worker.median_s

    assert startup_s <= blocked_s + min(paid.delay.median_s, work.serial_s) + 1e-9


def test_two_workers_halve_equal_items() -> None:
    work = Work(items=100, item_s=1.0, spread=0.0, longest_s=0.01)

    expected = makespan(work, team(2), price=FREE, capacity=Capacity(cores=2))

    assert expected.compute_s == 50
    assert expected.transfer_s == expected.startup_s == expected.dispatch_s == 0


def test_items_that_do_not_divide_evenly_leave_workers_idle() -> None:
    work = Work(items=9, item_s=1.0, spread=0.0, longest_s=1.0)

    expected = makespan(work, team(8), price=FREE, capacity=Capacity(cores=8))

    assert expected.total_s == pytest.approx(2)


def test_one_long_item_bounds_everybody() -> None:
    work = Work(items=10, item_s=1.0, spread=3.0, longest_s=8.0)

    expected = makespan(work, team(8), price=FREE, capacity=Capacity(cores=8))

    assert expected.total_s == pytest.approx(8, rel=0.02)  # it is one of the first, or a bit later


def test_a_long_item_that_may_come_last_is_waited_for() -> None:
    """Ten seconds for each of ten; one call of 5 s begins at any moment of it alike."""
    work = Work(items=1000, item_s=0.1, spread=0.0, longest_s=5.0)

    expected = makespan(work, team(10), price=FREE, capacity=Capacity(cores=10))

    assert expected.tail_s == pytest.approx(5**2 / (2 * 10), rel=0.02)


def test_results_that_pass_through_the_caller_cap_the_speed() -> None:
    dicts = Work(
        items=300_000, item_s=683e-9, spread=0, longest_s=1e-6, away_s=424e-9, caller_s=418e-9
    )

    assert joint_rate(dicts, 2.0) == pytest.approx(1.24, abs=0.01)  # measured: 1.18 to 1.35
    assert joint_rate(dicts, 64.0) == pytest.approx(683 / 418)


def test_nothing_is_gained_from_items_dearer_to_fetch_than_to_run() -> None:
    costly = Work(items=9, item_s=1e-6, spread=0, longest_s=1e-6, caller_s=2e-6)

    assert joint_rate(costly, 8.0) == pytest.approx(0.5)


def test_reading_the_input_is_left_to_the_caller() -> None:
    half = Work(items=9, item_s=2e-6, spread=0, longest_s=2e-6, read_s=1e-6)

    assert joint_rate(half, 2.0) == pytest.approx(2.0)  # it reads two, runs none of them
    assert joint_rate(half, 64.0) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("capacity", "load", "calls"),
    [
        (Capacity(cores=4), 1.0, 4),
        (Capacity(cores=1.5), 1.0, 1.5),
        (Capacity(cores=4), 0.1, 16),
        (Capacity(cores=4), 2.0, 2),
        (Capacity(cores=4, locked=0.5), 0.5, 2),
        (Capacity(cores=32, each_adds=0.5), 1.0, 8.5),
        (Capacity(cores=1, locked=1.0), 1.0, 1),
    ],
)
def test_sixteen_workers_are_worth(capacity: Capacity, load: float, calls: float) -> None:
    assert capacity.of(16, load) == pytest.approx(calls)


def test_chunks_that_do_not_shrink_have_a_long_tail() -> None:
    work = Work(items=100, item_s=1.0, spread=0.1, longest_s=1.0)
    shrinking, fixed = (
        makespan(
            work,
            Candidate(engine=EngineKind.TEAM, workers=4, chunk=20, fixed=fixed),
            price=FREE,
            capacity=Capacity(cores=4),
        )
        for fixed in (False, True)
    )

    assert shrinking.tail_s < 1
    assert fixed.tail_s == pytest.approx(15)  # two rounds of 20 for someone: 40 instead of 25
