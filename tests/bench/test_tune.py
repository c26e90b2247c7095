from __future__ import annotations

import os
import signal
from collections import Counter
from typing import Any

import pytest

from amorsize import (
    AmorsizeError,
    UsageError,
    bayesian_tune_parameters,
    quick_tune,
    tune_parameters,
)
from amorsize.bench.tune import Search
from amorsize.plan.halving import Guess
from amorsize.vocab.trials import Runner, Setup
from tests.bench import jobs

pytestmark = pytest.mark.slow

ROUNDS = [4_000] * 60


def test_the_best_numbers_are_among_those_that_ran() -> None:
    result = tune_parameters(jobs.busy, ROUNDS)

    top = result.get_top_configurations(2)
    assert (result.best_n_jobs, result.best_chunksize) in result.whole
    assert result.configurations_tested == len(result.all_results) >= 1
    assert len(top) <= 2
    assert result.best_speedup == pytest.approx(result.serial_time / result.best_time)
    assert result.optimization_hint is not None
    assert (result.search_strategy, result.executor_type) == ("halving", "process")
    assert str(result).startswith("best: ")
    assert repr(result).startswith("TuningResult(best_n_jobs=")


def test_threads_are_tuned_where_they_are_asked_for() -> None:
    result = quick_tune(jobs.slow, range(100), prefer_threads_for_io=True)

    assert result.executor_type == "thread"
    assert result.best_n_jobs > 2
    assert {chunk for _, chunk in result.all_results} == {1}


def test_ranges_are_kept_to() -> None:
    result = tune_parameters(
        jobs.slow,
        range(60),
        n_jobs_range=[2, 3],
        chunksize_range=[5, 10],
        use_optimizer_hint=False,
        prefer_threads_for_io=False,
    )

    asked = {(jobs, chunk) for jobs in (2, 3) for chunk in (5, 10)}
    assert result.all_results.keys() <= asked | {(1, 1)}
    assert result.optimization_hint is None


def test_the_other_name_makes_the_same_search() -> None:
    result = bayesian_tune_parameters(
        jobs.slow,
        range(60),
        n_iterations=2,
        n_jobs_min=2,
        n_jobs_max=4,
        chunksize_min=3,
        chunksize_max=6,
        use_optimizer_hint=False,
        random_state=1,
    )

    tried = result.all_results.keys() - {(1, 1)}
    assert 1 <= len(tried) <= 2
    assert all(2 <= jobs <= 4 and 3 <= chunk <= 6 for jobs, chunk in tried)


def search(func: Any, items: Any, expected: dict[Setup, float], *, loop_s: float = 0.0) -> Search:
    one = Search(
        func=func,
        items=items,
        price=lambda setup, count: expected.get(setup, loop_s) * count / len(items),
        allowed_s=20.0,
        say=lambda _: None,
    )
    one.run([Guess(setup=setup, expected_s=cost_s) for setup, cost_s in expected.items()])
    return one


def test_a_hopeless_configuration_is_not_run_to_its_end() -> None:
    threads, loop = jobs.setup(Runner.THREAD, 40), Setup(runner=Runner.SERIAL)
    calls: list[int] = []

    def noted(x: int) -> int:
        calls.append(x)
        return jobs.slow(x)

    found = search(noted, range(400), {threads: 0.02, loop: 0.03})

    assert found.tuned.best == threads
    assert found.tuned.times[loop] == float("inf")
    assert 400 <= len(calls) < 800


def test_many_run_on_a_share_of_the_items_and_few_on_all_of_them() -> None:
    loop = Setup(runner=Runner.SERIAL)
    several = [jobs.setup(Runner.THREAD, count) for count in (8, 9, 10, 11)]
    calls: Counter[int] = Counter()

    def noted(x: int) -> int:
        calls[x] += 1
        return jobs.slow(x)

    found = search(noted, range(1000), dict.fromkeys(several, 1.0), loop_s=9.0)

    assert len(found.tuned.times) == 4
    assert len(found.tuned.whole) == 2
    assert loop not in found.tuned.times
    assert calls[0] - calls[1] == 4  # the share is spread: every tenth item


def test_a_pool_that_gains_nothing_is_held_against_the_loop() -> None:
    loop = Setup(runner=Runner.SERIAL)
    threads = jobs.setup(Runner.THREAD, 2)

    found = Search(
        func=jobs.square,
        items=range(2000),
        price=lambda _, count: count * 1e-7,
        allowed_s=20.0,
        say=lambda _: None,
    ).run([Guess(setup=threads, expected_s=1e-4)])

    assert found.best == loop
    assert set(found.times) == {threads, loop}


def test_ctrl_c_keeps_what_was_found() -> None:
    calls: list[int] = []

    def interrupts(x: int) -> int:
        calls.append(x)
        if len(calls) == 150:
            os.kill(os.getpid(), signal.SIGINT)
        return jobs.slow(x)

    result = tune_parameters(
        interrupts, range(50), n_jobs_range=[8, 16, 32], prefer_threads_for_io=True
    )

    assert result.interrupted
    assert result.best_time < float("inf")
    assert "interrupted: this is what was found so far" in result.recommendations


def test_what_does_not_work_is_told_of() -> None:
    result = tune_parameters(lambda x: jobs.busy(x), ROUNDS, [2], None, False)  # noqa: PLW0108 - it has no name

    assert result.best_n_jobs == 1
    assert any("did not work: " in told for told in result.recommendations)


def test_no_time_at_all_is_an_error() -> None:
    with pytest.raises(AmorsizeError, match="no configuration came to its end"):
        tune_parameters(jobs.slow, range(500), n_jobs_range=[2], timeout_per_config=1e-3)


def test_what_the_function_raises_is_raised_as_itself() -> None:
    with pytest.raises(KeyError):
        tune_parameters(jobs.fails, range(40))


def test_no_item_of_a_one_shot_input_is_lost() -> None:
    result = quick_tune(jobs.square, iter(range(50)))

    assert list(result.data) == list(range(50))


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"n_jobs_range": []}, "n_jobs_range must not be empty"),
        ({"n_jobs_range": [0]}, "n_jobs_range must be positive, got 0"),
        ({"n_jobs_range": "12"}, "n_jobs_range must be a list of integers, got str"),
        ({"chunksize_range": 3}, "chunksize_range must be a list of integers, got int"),
        ({"timeout_per_config": 0}, "timeout_per_config must be positive, got 0"),
        ({"use_optimizer_hint": "x"}, "use_optimizer_hint must be a boolean, got str"),
        ({"data": ()}, "data parameter must not be empty"),
    ],
)
def test_bad_arguments_are_refused(arguments: dict[str, Any], complaint: str) -> None:
    good: dict[str, Any] = {"func": jobs.square, "data": [1]}

    with pytest.raises(UsageError) as caught:
        tune_parameters(**good | arguments)

    assert str(caught.value).startswith(f"Invalid parameter: {complaint}")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"n_jobs_min": 3, "n_jobs_max": 2}, "n_jobs_min must not exceed n_jobs_max, got 3 > 2"),
        ({"chunksize_min": 0}, "chunksize_min must be positive, got 0"),
        ({"n_iterations": 0}, "n_iterations must be positive, got 0"),
    ],
)
def test_bad_ranges_are_refused(arguments: dict[str, Any], complaint: str) -> None:
    with pytest.raises(UsageError) as caught:
        bayesian_tune_parameters(jobs.square, [1], **arguments)

    assert str(caught.value) == f"Invalid parameter: {complaint}"
