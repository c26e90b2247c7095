"""What one call learns, the next one uses; and says so."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from amorsize import execute, optimize
from amorsize.cache import get_cache_dir, prewarm_cache
from amorsize.cache.memory import recall
from amorsize.plan.recall import profile_from
from amorsize.runtime.memory import Memory
from amorsize.vocab.lookup import Hit
from tests.support.calls import PROCESSES, Work, once

if TYPE_CHECKING:
    from pathlib import Path

    from amorsize.api.result import OptimizationResult
    from amorsize.vocab.learned import Learned

SLOW_S = 3e-3
"""One item is enough to look up, ten of them to keep what was learned."""


@pytest.fixture(autouse=True)
def short_runs_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that no test has to last."""
    monkeypatch.setattr("amorsize.runtime.memory.KEEP_AFTER_S", 10 * SLOW_S / 4)


@pytest.fixture
def work(tmp_path: Path) -> Work:
    """Dear enough that the first item is followed by a lookup."""
    return Work(tmp_path / "calls", cost_s=SLOW_S)


def ran(work: Work, items: int, **options: Any) -> OptimizationResult:
    """The account of a run over so many items."""
    results, told = execute(work, range(items), return_optimization_result=True, **options)
    assert results == list(range(items))
    return told


def learned(func: Any) -> Learned:
    """What is stored about ``func``."""
    found = recall(func).found
    assert isinstance(found, Hit)
    assert found.record.learned is not None
    return found.record.learned


def test_advice_is_given_from_memory_without_a_call(work: Work) -> None:
    cold = optimize(work, range(100))
    calls = work.calls
    warm = optimize(work, range(100))

    assert (cold.cache_hit, warm.cache_hit) == (False, True), warm.memory
    assert work.calls == calls
    assert warm.n_jobs == cold.n_jobs
    assert "remembered: what was learned about this function" in warm.reason
    assert "remembered" in warm.explain()


def test_another_length_and_other_options_are_decided_again(work: Work) -> None:
    optimize(work, range(100))
    calls = work.calls
    few, forced = optimize(work, range(2)), optimize(work, range(5000), n_jobs=3)

    assert (few.cache_hit, forced.cache_hit) == (True, True)
    assert (few.n_jobs, forced.n_jobs) == (1, 3)
    assert work.calls == calls


def test_without_the_cache_nothing_is_read_or_kept(work: Work) -> None:
    for _ in range(2):
        assert not optimize(work, range(100), use_cache=False).cache_hit
        assert not ran(work, 20, use_cache=False).cache_hit

    assert not list(get_cache_dir().glob("*"))


def test_a_run_keeps_what_it_took_and_the_next_one_uses_it(work: Work) -> None:
    first, second = ran(work, 20), ran(work, 20)

    assert (first.cache_hit, second.cache_hit) == (False, True)
    assert first.run is not None
    assert "No cached entry found for this workload" in first.run.memory
    assert "remembered" in second.explain()
    known = learned(work)
    assert (known.runs, known.items, known.sampled) == (2, 20, 20)
    assert work.calls == once([*range(20), *range(20)])


def test_short_runs_leave_no_file(work: Work) -> None:
    work.cost_s = 1e-5
    ran(work, 3)

    assert not list(get_cache_dir().glob("*.json"))


def test_verbose_says_whether_it_hit(work: Work, capsys: pytest.CaptureFixture[str]) -> None:
    for said in ("✗ Cache miss - No cached entry found for this workload", "✓ Cache hit!"):
        optimize(work, range(100), verbose=True)
        assert said in capsys.readouterr().out.splitlines()


def test_a_function_that_has_changed_its_behaviour_is_noticed(tmp_path: Path) -> None:
    dial = tmp_path / "seconds"

    def turn(item: int) -> int:
        return Work(tmp_path / "calls", cost_s=float(dial.read_text()))(item)

    dial.write_text("1e-3")
    ran(turn, 60)  # type: ignore[arg-type]  # it is called like work
    dial.write_text("8e-3")
    ran(turn, 60)  # type: ignore[arg-type]  # it is called like work
    assert learned(turn).mean_s > 4e-3


def test_what_costs_another_time_now_is_not_decided_from_memory(work: Work) -> None:
    optimize(work, range(100))
    memory = Memory(work, wanted=True)
    memory.look_up()
    known = memory.known
    assert known is not None
    seen = profile_from(known, items=100)
    now = replace(seen, mean_s=known.mean_s / 10)

    assert memory.completed(seen).mean_s == seen.mean_s
    assert memory.verdict == "✓ Cache hit!"
    assert memory.completed(now) is now
    assert memory.verdict.startswith("✗ Cache miss - a call took")
    assert "takes another time now" in memory.told


def test_a_decision_without_measurements_is_served_as_it_stands(work: Work) -> None:
    prewarm_cache(work, [{"data_size": 1000, "avg_time": 0.01}])
    told = optimize(work, range(10))

    assert told.cache_hit
    assert "decided beforehand for 1,000 items" in told.reason
    assert list(told.data) == list(range(10))
    assert not work.calls


def test_what_cannot_be_identified_is_not_shared_and_that_is_said(tmp_path: Path) -> None:
    work = Work(tmp_path / "calls", cost_s=SLOW_S)
    memory = memoryview(bytearray(8))

    def call(item: int) -> int:
        return work(item) + len(memory) - 8

    told = optimize(call, range(100))

    assert not told.cache_hit
    assert told.memory.startswith("not remembered")
    assert "memoryview" in told.memory


def test_a_spoilt_file_costs_a_sample_and_is_named(work: Work) -> None:
    optimize(work, range(100))
    (file,) = get_cache_dir().glob("*.json")
    document = json.loads(file.read_text())
    file.write_text(json.dumps(document | {"n_jobs": 5000}))

    told = optimize(work, range(100))

    assert not told.cache_hit
    assert "Failed to load cache" in told.memory


def test_what_a_tracer_made_slower_is_not_kept(work: Work) -> None:
    before = sys.gettrace()
    sys.settrace(lambda *_: None)
    try:
        optimize(work, range(100))
    finally:
        sys.settrace(before)

    assert not list(get_cache_dir().glob("*.json"))


def test_what_results_cost_is_not_taken_from_other_data(work: Work) -> None:
    def odd(item: int) -> Any:
        work(item)
        return (lambda: item) if item < 0 else item

    execute(odd, range(20))
    results, told = execute(odd, range(-40, -1), return_optimization_result=True)

    assert told.cache_hit
    assert not told.warnings
    assert [result() for result in results] == [*range(-40, -1)]
    assert work.calls == once([*range(20), *range(-40, -1)])


def test_runs_correct_the_next_prediction(work: Work) -> None:
    optimize(work, range(400))
    for _ in range(3):
        ran(work, 40, backend="processes", n_jobs=2)
    past = learned(work).past
    told = optimize(work, range(400))

    assert len(past) == 3
    assert all(run.engine in PROCESSES and run.modelled_s for run in past)
    assert (told.cache_hit, told.profile and told.profile.past) == (True, past)
    assert "3 runs (processes" in told.explain()
