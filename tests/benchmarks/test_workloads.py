from __future__ import annotations

import pickle
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest

from amorsize import execute
from benchmarks.measure.contestants import plain_loop
from benchmarks.workloads.base import Family, Job, same
from benchmarks.workloads.native import LETTERS
from benchmarks.workloads.registry import ALL, SUITE, workload_named
from benchmarks.workloads.skewed import HUGE_SHARE, huge_last, rising, rounds_of, spiky

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.workloads.base import Workload

LEAST_FAMILIES = 18
CANNOT_TRAVEL = {"lambda-small", "closure-medium", "heavy-closure", "light-closure"}


@pytest.fixture(params=ALL, ids=lambda workload: workload.name)
def workload(request: pytest.FixtureRequest) -> Workload:
    found: Workload = request.param
    for module in found.needs:
        pytest.importorskip(module)
    return found


@pytest.fixture
def job(workload: Workload) -> Iterator[Job]:
    """A twentieth of the smallest size: half a millisecond."""
    made = workload.make(max(1, workload.ten_ms // 20))
    yield made
    made.close()


def test_there_are_enough_workloads_and_every_family_has_one() -> None:
    families = Counter(workload.family for workload in SUITE)

    assert len(SUITE) >= 30
    assert set(families) == set(Family)
    assert len(families) > LEAST_FAMILIES


def test_no_two_workloads_share_a_name() -> None:
    assert Counter(workload.name for workload in ALL).most_common(1)[0][1] == 1


def test_the_answer_is_the_plain_loops(job: Job) -> None:
    expected = plain_loop(job.func, job.data())

    found = execute(job.func, job.data())

    assert expected
    assert len(found) == len(expected)
    assert all(map(same, found, expected))


def test_functions_travel_by_name_where_a_pool_is_to_have_a_chance(
    job: Job, workload: Workload
) -> None:
    if workload.name in CANNOT_TRAVEL:
        with pytest.raises((AttributeError, pickle.PicklingError)):
            pickle.dumps(job.func)
    else:
        item = next(iter(job.data()))

        assert same(pickle.loads(pickle.dumps(job.func))(item), job.func(item))


def test_the_input_can_be_had_twice_and_is_the_same(job: Job) -> None:
    first, again = (list(islice(job.data(), 5)) for _ in range(2))

    assert all(map(same, first, again))


def test_more_is_asked_for_and_more_is_made(workload: Workload) -> None:
    work = [_work(workload, workload.ten_ms * times) for times in (1, 3)]

    assert work[1] == pytest.approx(3 * work[0], rel=0.02)


def _work(workload: Workload, amount: int) -> float:
    """Rounds, where items say how many, else items."""
    job = workload.make(amount)
    try:
        items = list(job.data())
    finally:
        job.close()
    in_rounds = workload.ten_ms == 150_000
    return float(sum(items)) if in_rounds else float(len(items))


def test_an_unknown_workload_is_answered_with_the_known_ones() -> None:
    with pytest.raises(KeyError, match=r"no workload is called 'x': one of trivial-add, "):
        workload_named("x")


def test_rounds_are_shared_out_by_weight_and_everybody_gets_one() -> None:
    assert rounds_of([1, 3], 400) == [100, 300]
    assert rounds_of([1, 0], 10) == [10, 1]


def test_skews_are_what_they_are_called() -> None:
    assert rising() == sorted(rising())
    assert max(spiky()) / min(spiky()) == 20
    assert huge_last()[-1] / sum(huge_last()) == pytest.approx(HUGE_SHARE)
    assert max(huge_last()[:-1]) == 1


def test_compressed_text_can_be_compressed() -> None:
    assert len(LETTERS) == 256
    assert len(set(LETTERS)) < 20


@pytest.mark.parametrize(
    ("found", "expected", "equal"),
    [
        (1, 1, True),
        (1, 2, False),
        (1, True, False),
        (0.1 + 0.2, 0.3, True),
        (0.31, 0.3, False),
        ([1], [1], True),
        ((1,), [1], False),
        ("a", "b", False),
    ],
)
def test_sameness(found: Any, expected: Any, equal: bool) -> None:
    assert same(found, expected) is equal


def test_arrays_are_the_same_within_rounding_and_in_shape() -> None:
    np = pytest.importorskip("numpy")

    assert same(np.ones(3), np.ones(3) + 1e-12)
    assert not same(np.ones(3), np.ones(3) + 1e-3)
    assert not same(np.ones(3), np.ones((1, 3)))
    assert not same([1.0], np.ones(1))
