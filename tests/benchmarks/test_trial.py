from __future__ import annotations

import pytest

from benchmarks.measure.contestants import ACCOUNT, OURS, PLAIN
from benchmarks.measure.trial import Check, Request, difference, perform
from benchmarks.tasks.computing import add_one
from benchmarks.workloads.base import Job

JOB = Job(func=add_one, data=lambda: iter(range(6)))
RIGHT = [1, 2, 3, 4, 5, 6]


def request(contestant: str, workload: str = "medium-1ms") -> Request:
    return Request(workload=workload, amount=2, contestant=contestant, check=Check.ALL)


def test_the_clock_is_announced_before_it_starts_and_after_it_stops() -> None:
    said: list[str] = []

    reply = perform(request(PLAIN), said.append)

    assert said == ["started", "ran"]
    assert reply.failure is None
    assert reply.items == 2
    assert reply.seconds is not None
    assert reply.seconds > 0


def test_what_cannot_be_done_is_said() -> None:
    said: list[str] = []

    reply = perform(request("pool", "lambda-small"), said.append)

    assert said == ["started"]
    assert reply.seconds is None
    assert reply.failure is not None
    assert "pickle" in reply.failure.lower()


def test_our_own_account_comes_along() -> None:
    assert perform(request(OURS), lambda _: None).account is None

    account = perform(request(ACCOUNT), lambda _: None).account
    assert account is not None
    assert account["engine"] == "serial"
    assert account["reruns"] == 0


def test_a_notebook_has_another_thread_and_it_is_gone_afterwards() -> None:
    assert perform(request("ours-notebook"), lambda _: None).failure is None


def test_a_warm_trial_has_called_before() -> None:
    warm = Request(workload="small-20us", amount=5, contestant=PLAIN, warm=True)

    assert perform(warm, lambda _: None).items == 5


@pytest.mark.parametrize("check", Check)
def test_right_answers_pass(check: Check) -> None:
    assert difference(RIGHT, JOB, check) is None


@pytest.mark.parametrize("at", range(6))
def test_a_wrong_result_is_seen_wherever_it_is(at: int) -> None:
    wrong = [*RIGHT[:at], -1, *RIGHT[at + 1 :]]

    assert difference(wrong, JOB, Check.ALL) == f"wrong result for item {at}"


@pytest.mark.parametrize(("at", "seen"), [(0, True), (1, False), (3, True), (5, True)])
def test_a_spot_check_looks_at_both_ends_and_the_middle(at: int, *, seen: bool) -> None:
    wrong = [*RIGHT[:at], -1, *RIGHT[at + 1 :]]

    assert (difference(wrong, JOB, Check.SPOT) is not None) is seen


@pytest.mark.parametrize("check", Check)
@pytest.mark.parametrize("results", [RIGHT[:-1], [*RIGHT, 7], []])
def test_a_wrong_number_of_results_is_seen(results: list[int], check: Check) -> None:
    assert difference(results, JOB, check) == f"{len(results)} results for 6 items"
