from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from amorsize.api.result import OptimizationResult
from amorsize.plan.advise import advise
from amorsize.vocab.options import DEFAULT_OPTIONS
from tests.unit.examples import TWO_CORES, profile, waiting
from tests.unit.report.test_text import SIXTY, run_of

if TYPE_CHECKING:
    from amorsize.vocab.profile import Profile

LONG = profile(left=995)


def advised(known: Profile) -> OptimizationResult:
    advice = advise(known, TWO_CORES, DEFAULT_OPTIONS)
    return OptimizationResult.from_advice(advice, known, machine=TWO_CORES, data=[1])


def test_it_can_be_built_by_position_and_changed() -> None:
    result = OptimizationResult(2, 10, "why", 1.9, ["careful"], [1], None, "thread", True)
    result.n_jobs = 3

    assert (result.n_jobs, result.chunksize, result.reason) == (3, 10, "why")
    assert (result.estimated_speedup, result.warnings, result.data) == (1.9, ["careful"], [1])
    assert (result.profile, result.executor_type, result.cache_hit) == (None, "thread", True)
    assert str(result) == "why\nwarning: careful"
    assert result.explain() == "why"


def test_its_repr_is_the_documented_one() -> None:
    result = OptimizationResult(2, 10, "why", 1.9)

    assert repr(result) == (
        "OptimizationResult(n_jobs=2, chunksize=10, executor_type='process', "
        "estimated_speedup=1.90x)"
    )


def test_no_two_results_share_their_warnings() -> None:
    OptimizationResult(1, 1, "why").warnings.append("careful")

    assert OptimizationResult(1, 1, "why").warnings == []


def test_advice_fills_every_field() -> None:
    result = advised(LONG)

    assert (result.n_jobs, result.chunksize, result.executor_type) == (2, 8, "process")
    assert result.predicted_s is not None
    assert result.predicted_s.low_s < result.predicted_s.median_s < result.predicted_s.high_s
    assert result.serial_s is not None
    assert result.estimated_speedup == result.serial_s.median_s / result.predicted_s.median_s
    assert (result.data, result.profile, result.machine) == ([1], LONG, TWO_CORES)


def test_threads_are_called_thread() -> None:
    assert advised(waiting()).executor_type == "thread"


def test_advice_prints_well() -> None:
    assert str(advised(LONG)) == (
        "Pool(2), chunksize=8 takes about 518 ms instead of 1.00 s, 1.93 times faster\n"
        "between 418 ms and 618 ms, 1.92 to 1.94 times faster, the pool made and closed\n"
        "measured: 5 of 1,000 items, 1.00 ms a call; explain() tells the rest"
    )
    assert advised(LONG).explain().startswith(advised(LONG).reason)


def test_a_connection_that_is_carried_is_warned_about() -> None:
    result = advised(replace(LONG, carries="an open sqlite3.Connection"))

    assert result.n_jobs == 1
    assert "an open sqlite3.Connection" in result.warnings[0]
    assert "\nwarning: the function carries an open sqlite3.Connection" in str(result)


def test_a_run_is_told_as_it_was() -> None:
    result = OptimizationResult.from_run(run_of(SIXTY), data=[1])

    assert (result.n_jobs, result.executor_type) == (2, "process")
    assert str(result).startswith("items: 1,812\n")
    assert result.explain().startswith("2 processes, forked: about")
    assert result.reason.startswith("2 processes, forked: about")


def test_a_run_without_a_decision_has_a_reason_too() -> None:
    record = replace(run_of(profile(left=8)), decision=None, profile=None)

    result = OptimizationResult.from_run(record)

    assert result.reason == "the plain loop: too short to ask whether workers would pay"
    assert (result.n_jobs, result.chunksize, result.estimated_speedup) == (1, 1, 1)


def test_a_run_on_threads_is_called_thread() -> None:
    assert OptimizationResult.from_run(run_of(waiting())).executor_type == "thread"
