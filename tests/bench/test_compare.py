from __future__ import annotations

import math
import os
import signal
from typing import Any

import pytest

from amorsize import (
    AmorsizeError,
    ComparisonConfig,
    UsageError,
    compare_strategies,
    compare_with_optimizer,
)
from amorsize.bench import registry
from amorsize.bench.registry import Entry
from amorsize.vocab.trials import Choice, Runner
from tests.bench import jobs

pytestmark = pytest.mark.slow

SERIAL = ComparisonConfig("Serial")
POOL = ComparisonConfig("Pool", 2, 5)
THREADS = ComparisonConfig("Threads", 8, executor_type="thread")

KINDS = "'serial', 'process', 'thread', 'adaptive', 'joblib', 'mpire', 'loky'"


def test_ways_are_compared_with_the_first() -> None:
    result = compare_strategies(jobs.slow, range(60), [SERIAL, THREADS, POOL])

    assert result.configs == [SERIAL, THREADS, POOL]
    assert result.best_config is THREADS
    assert result.best_time == min(result.execution_times) == result.execution_times[1]
    assert result.speedups[0] == 1.0
    assert result.speedups[1] == pytest.approx(
        result.execution_times[0] / result.execution_times[1]
    )
    assert result.differences[:2] == [Choice.NO_DIFFERENCE, Choice.FASTER]
    assert result.get_sorted_configs()[0] == (THREADS, result.best_time, result.speedups[1])
    assert "fastest: Threads" in str(result)
    assert repr(result).startswith("ComparisonResult(best='Threads', time=")


def test_any_of_them_may_be_the_baseline() -> None:
    result = compare_strategies(jobs.slow, range(60), [THREADS, SERIAL])

    assert result.speedups[0] == 1.0
    assert result.speedups[1] < 1
    assert result.differences[1] is Choice.SLOWER


def test_our_own_run_and_loky_take_part() -> None:
    configs = [ComparisonConfig(kind, 2, 5, kind) for kind in ("serial", "adaptive", "loky")]

    result = compare_strategies(jobs.square, range(40), configs)

    assert all(time < math.inf for time in result.execution_times)


def test_what_does_not_work_is_told_of_and_the_others_are_compared() -> None:
    result = compare_strategies(lambda x: x, range(40), [SERIAL, POOL])

    assert (result.execution_times[1], result.speedups[1]) == (math.inf, 0.0)
    assert result.recommendations[0].startswith("Pool did not work: ")
    assert "pickle" in result.recommendations[0]


def test_what_is_not_installed_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "HOMES", registry.HOMES | {Runner.MPIRE: Entry("not_there")})

    result = compare_strategies(
        jobs.square, range(9), [SERIAL, ComparisonConfig("m", 2, 1, "mpire")]
    )

    assert result.recommendations == ["m did not work: not_there is not installed"]


def test_a_baseline_that_does_not_come_to_its_end_is_replaced() -> None:
    result = compare_strategies(lambda x: x, range(40), [POOL, SERIAL])

    assert "speed-ups are over Serial: what comes before it has" in result.recommendations[1]
    assert result.speedups == [0.0, 1.0]


def test_time_that_is_up_stops_each() -> None:
    with pytest.raises(AmorsizeError) as caught:
        compare_strategies(jobs.hangs, range(40), [SERIAL, POOL], timeout=0.6)

    told = str(caught.value)
    assert told.startswith("no configuration came to its end: Serial: stopped after ")
    assert "3 of 40 items were done; Pool: stopped after " in told
    assert told.endswith("\n\nhint: give more time, or fewer items")


def test_results_that_differ_are_told_of() -> None:
    result = compare_strategies(jobs.knows_its_process, range(1, 40), [SERIAL, POOL])

    assert result.recommendations[0].startswith("Pool gives other results than Serial, first at ")


def test_the_advice_takes_part() -> None:
    result, advice = compare_with_optimizer(jobs.slow, iter(range(60)), [POOL])

    assert [config.name for config in result.configs] == ["Serial", "Optimizer", "Pool"]
    assert result.configs[1].n_jobs == advice.n_jobs
    assert list(result.data) == list(range(60))


def test_ctrl_c_keeps_what_was_found() -> None:
    calls: list[int] = []

    def interrupts(x: int) -> int:
        calls.append(x)
        if len(calls) == 60:
            os.kill(os.getpid(), signal.SIGINT)
        return x

    result = compare_strategies(interrupts, range(40), [SERIAL, THREADS])

    assert result.interrupted
    assert result.best_config is SERIAL
    assert result.execution_times[1] == math.inf
    assert "interrupted: this is what was found so far" in result.recommendations


def test_what_the_function_raises_names_the_way_of_running() -> None:
    with pytest.raises(KeyError) as caught:
        compare_strategies(jobs.fails, range(40), [POOL, SERIAL])

    assert caught.value.__notes__[-1] == "amorsize: raised while Pool(2), chunksize=5 was timed"


def test_max_items_are_the_first_ones() -> None:
    assert compare_strategies(jobs.fails, range(40), [SERIAL], max_items=7).items == 7


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("",), "name must be text, got ''"),
        ((3,), "name must be text, got 3"),
        (("a", 0), "n_jobs must be positive, got 0"),
        (("a", 1.5), "n_jobs must be an integer, got float"),
        (("a", 1, 0), "chunksize must be positive, got 0"),
        (("a", 1, 1, "dask"), f"executor_type must be one of {KINDS}, got 'dask'"),
    ],
)
def test_bad_configurations_are_refused(arguments: tuple[Any, ...], complaint: str) -> None:
    with pytest.raises(UsageError) as caught:
        ComparisonConfig(*arguments)

    assert str(caught.value) == f"Invalid parameter: {complaint}"


@pytest.mark.parametrize(
    ("configs", "complaint"),
    [
        ([], "configs must not be empty"),
        (SERIAL, "configs must be a list of ComparisonConfig, got ComparisonConfig"),
        (3, "configs must be a list of ComparisonConfig, got int"),
        ([SERIAL, 3], "configs must be a list of ComparisonConfig, got int in it"),
        ([SERIAL, SERIAL], "configs must have different names, got 'Serial' twice"),
    ],
)
def test_bad_lists_of_them_are_refused(configs: Any, complaint: str) -> None:
    with pytest.raises(UsageError) as caught:
        compare_strategies(jobs.square, [1], configs)

    assert str(caught.value).startswith(f"Invalid parameter: {complaint}")


def test_names_that_are_taken_are_refused() -> None:
    with pytest.raises(UsageError, match="different names, got 'Serial' twice"):
        compare_with_optimizer(jobs.square, [1], [SERIAL])
    with pytest.raises(UsageError, match="timeout must be positive"):
        compare_strategies(jobs.square, [1], [SERIAL], timeout=-1)
