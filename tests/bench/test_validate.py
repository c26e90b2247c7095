from __future__ import annotations

import math
import os
import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest

from amorsize import (
    BenchmarkResult,
    OptimizationResult,
    UsageError,
    execute,
    optimize,
    quick_validate,
    validate_optimization,
)
from amorsize.bench.timed import Times
from amorsize.cache import get_benchmark_cache_stats
from amorsize.vocab.trials import Agreement, Runner
from tests.bench import jobs

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.slow

ROUNDS = [4_000] * 60


def pool_of(kind: str = "process", speedup: float = 2.0) -> OptimizationResult:
    return OptimizationResult(2, 5, "it is what is tested", speedup, executor_type=kind)


def test_the_plain_loop_and_the_advised_pool_are_held_against_each_other() -> None:
    result = validate_optimization(jobs.busy, ROUNDS, pool_of(), use_cache=False)

    assert 0 < result.serial_time < math.inf
    assert 0 < result.parallel_time < math.inf
    assert result.predicted_speedup == 2.0
    assert result.error_percent == pytest.approx(100 * (result.actual_speedup - 2) / 2)
    assert result.is_accurate(result.accuracy_percent)
    assert not result.is_accurate(100.1)
    assert result.speedup_interval is not None
    assert result.speedup_interval[0] <= result.actual_speedup <= result.speedup_interval[1]
    assert [name for name, _ in result.lines] == ["the plain loop", "Pool(2), chunksize=5"]
    assert (result.agreement, result.items, result.cache_hit) == (Agreement.SAME, 60, False)
    assert str(result).startswith(result.verdict[:40])
    assert repr(result).startswith("BenchmarkResult(actual_speedup=")


def test_threads_are_run_where_threads_are_advised() -> None:
    result = validate_optimization(jobs.slow, range(40), pool_of("thread"), use_cache=False)

    assert result.verdict.startswith("right: ThreadPoolExecutor(2) is ")


def test_execute_is_held_against_the_loop_by_its_own_promise() -> None:
    _, told = execute(jobs.slow, range(200), return_optimization_result=True)

    result = validate_optimization(jobs.slow, range(200), told, use_cache=False)

    assert result.lines[1][0] == "execute"
    assert result.predicted_speedup == told.estimated_speedup


def test_where_the_loop_is_advised_the_best_pool_turned_down_runs() -> None:
    result = validate_optimization(jobs.square, range(50), use_cache=False)

    assert result.optimization.n_jobs == 1
    assert result.verdict.startswith("right: the plain loop was advised, and Pool(2), ")
    assert (result.actual_speedup, result.parallel_time) == (1.0, result.serial_time)


def test_a_loop_that_nothing_can_be_held_against_is_said() -> None:
    loop = OptimizationResult(1, 1, "it is what is tested")

    result = validate_optimization(jobs.square, range(50), loop)

    assert result.verdict == "the plain loop was advised, and there is nothing to hold it against"
    assert result.serial_time > 0


@pytest.mark.parametrize(
    ("func", "agreement", "told"),
    [
        (jobs.knows_its_process, Agreement.DIFFERENT, "side effects"),
        (jobs.random_number, Agreement.NOT_REPEATABLE, "random numbers"),
    ],
)
def test_wrong_results_are_reported_as_what_they_are(
    func: Callable[[int], Any], agreement: Agreement, told: str
) -> None:
    result = validate_optimization(func, range(1, 40), pool_of(), use_cache=False)

    assert result.agreement is agreement
    assert told in result.recommendations[0]
    assert result.verdict.startswith("the results differ; ") == (agreement is Agreement.DIFFERENT)


def test_times_are_kept_and_said_to_be() -> None:
    Times(jobs.busy, 60, jobs.setup(Runner.PROCESS, 2, 5)).keep(2.0, 1.0, 2.0)

    again = validate_optimization(jobs.busy, ROUNDS, pool_of())

    assert again.cache_hit
    assert (again.serial_time, again.parallel_time, again.actual_speedup) == (2.0, 1.0, 2.0)
    assert "from the benchmark cache, not run now" in str(again)
    assert again.verdict.startswith("right: ")
    assert not validate_optimization(jobs.busy, ROUNDS, pool_of(), use_cache=False).cache_hit
    assert not validate_optimization(jobs.busy, ROUNDS, pool_of("thread")).cache_hit


def test_times_of_another_job_of_that_length_are_not_taken() -> None:
    kept = Times(jobs.busy, 60, jobs.setup(Runner.PROCESS, 2, 5))
    kept.keep(2.0, 1.0, 2.0)

    other = Times(jobs.busy, 60, jobs.setup(Runner.PROCESS, 2, 6))
    assert kept.look_up(1.5).entry is not None
    assert "took another time before" in kept.look_up(0.01).why_not
    assert other.look_up(1.5).why_not == "other n_jobs or chunksize than the stored times are for"
    assert (
        "No cached benchmark" in Times(jobs.busy, 61, jobs.setup(Runner.PROCESS)).look_up(1).why_not
    )


def test_what_cannot_be_identified_leaves_no_file() -> None:
    lock = threading.Lock()

    def locked(x: int) -> int:
        with lock:
            return x

    validate_optimization(locked, range(60), pool_of("thread"))

    assert get_benchmark_cache_stats().total_entries == 0


def test_a_long_job_runs_on_fewer_items_and_says_so() -> None:
    advice = optimize(jobs.slow, range(10_000), use_cache=False)

    result = validate_optimization(jobs.slow, range(10_000), advice, timeout=2.0, use_cache=False)

    assert 16 <= result.items < 2_000
    assert f"{result.items:,} of 10,000 items were run, evenly spread" in result.recommendations[0]


def test_no_item_of_a_one_shot_input_is_lost() -> None:
    result = validate_optimization(jobs.square, iter(range(50)), max_items=20)

    assert result.items == 20
    assert list(result.data) == list(range(50))


def test_time_that_is_up_stops_it_and_tells_what_was_done() -> None:
    result = validate_optimization(jobs.hangs, range(40), pool_of(), timeout=0.6)

    assert math.isnan(result.serial_time)
    assert not result.is_accurate(0)
    assert result.verdict == "not enough was measured for a verdict"
    assert "3 of 40 items were done" in str(result)


def test_ctrl_c_keeps_what_was_found() -> None:
    calls: list[int] = []

    def interrupts(x: int) -> int:
        calls.append(x)
        if len(calls) == 130:
            os.kill(os.getpid(), signal.SIGINT)
        return x

    result = validate_optimization(interrupts, range(40), pool_of("thread"), use_cache=False)

    assert result.interrupted
    assert "interrupted: this is what was found so far" in result.recommendations
    assert result.serial_time > 0


def test_what_the_function_raises_is_raised_as_itself() -> None:
    with pytest.raises(KeyError) as caught:
        validate_optimization(jobs.fails, range(40), pool_of())

    assert caught.value.__notes__ == ["amorsize: raised while the plain loop was timed"]


def test_quick_is_the_same_on_a_few_items() -> None:
    result = quick_validate(jobs.square, range(1000), sample_size=20)

    assert isinstance(result, BenchmarkResult)
    assert result.items == 20


def test_verbose_tells_of_each_run(capsys: pytest.CaptureFixture[str]) -> None:
    validate_optimization(jobs.busy, ROUNDS, pool_of(), verbose=True)

    out = capsys.readouterr().out
    assert "✗ Cache miss - No cached benchmark result found for this workload\n" in out
    assert "the plain loop: " in out
    assert "accuracy of the predicted speed-up: " in out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"timeout": 0}, "timeout must be positive, got 0"),
        ({"timeout": math.nan}, "timeout must be a finite number, got nan"),
        ({"max_items": 0}, "max_items must be positive, got 0"),
        ({"max_items": "5"}, "max_items must be an integer, got str"),
        ({"optimization": 3}, "optimization must be an OptimizationResult, got int"),
        ({"use_cache": "no"}, "use_cache must be a boolean, got str"),
        ({"data": []}, "data parameter must not be empty"),
        ({"data": 3}, "data parameter must be iterable, got int"),
        ({"func": None}, "func parameter cannot be None"),
    ],
)
def test_bad_arguments_are_refused(arguments: dict[str, Any], complaint: str) -> None:
    good: dict[str, Any] = {"func": jobs.square, "data": [1]}

    with pytest.raises(UsageError) as caught:
        validate_optimization(**good | arguments)

    assert str(caught.value).startswith(f"Invalid parameter: {complaint}")


def test_a_bad_sample_size_is_refused() -> None:
    with pytest.raises(ValueError, match="Invalid parameter: sample_size must be positive, got 0"):
        quick_validate(jobs.square, [1], 0)
