"""A decision before the first run, made by the planner from what the user says."""

from __future__ import annotations

from typing import Any

import pytest

from amorsize import OptimizationResult, cache
from tests.cache.making import holding
from tests.cache.pairs import one, two


def entry_of(func: Any) -> cache.CacheEntry:
    entry, reason = cache.load_cache_entry(cache.compute_cache_key(func, 1, 1))
    assert entry is not None, reason
    return entry


def test_much_work_is_shared_out_and_little_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMORSIZE_NUM_CPUS", "4")
    assert cache.prewarm_cache(one, [{"data_size": 1000, "avg_time": 0.01}]) == 1
    assert cache.prewarm_cache(two, [{"data_size": 10, "avg_time": 1e-6}]) == 1

    assert entry_of(one).n_jobs == 4
    assert entry_of(one).estimated_speedup > 2
    assert (entry_of(two).n_jobs, entry_of(two).estimated_speedup) == (1, 1)
    assert entry_of(one).learned is None
    assert "1,000 items of 10.0 ms each, not measured" in entry_of(one).reason


def test_of_several_workloads_the_largest_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMORSIZE_NUM_CPUS", "2")
    jobs = [{"data_size": 5, "avg_time": 1e-6}, {"data_size": 500, "avg_time": 0.01}]

    assert cache.prewarm_cache(one, [*jobs, jobs[0]]) == 1
    assert entry_of(one).n_jobs == 2
    assert cache.prewarm_cache(two, []) == 0


def test_what_is_there_stays_unless_forced() -> None:
    key = cache.compute_cache_key(one, 1, 1)
    cache.save_cache_entry(key, 7, 1, "thread", 1.0, "mine", [])

    assert (cache.prewarm_cache(one), entry_of(one).n_jobs) == (0, 7)
    assert (cache.prewarm_cache(one, force=True), entry_of(one).n_jobs == 7) == (1, False)


def test_a_result_is_kept_as_it_is() -> None:
    result = OptimizationResult(3, 20, "tried", 2.5, ["careful"], executor_type="thread")

    assert cache.prewarm_cache(one, optimization_result=result) == 1
    kept = entry_of(one)
    assert (kept.n_jobs, kept.chunksize, kept.executor_type) == (3, 20, "thread")
    assert (kept.estimated_speedup, kept.reason, kept.warnings) == (2.5, "tried", ["careful"])


def test_nothing_is_kept_for_what_cannot_be_identified() -> None:
    assert cache.prewarm_cache(holding(iter([1])), force=True) == 0
    assert [*cache.get_cache_dir().iterdir()] == []


@pytest.mark.parametrize(
    "profile",
    [
        {},
        {"data_size": 1},
        {"data_size": 0, "avg_time": 1},
        {"data_size": 1.5, "avg_time": 1},
        {"data_size": 1, "avg_time": 0},
        {"data_size": 1, "avg_time": float("nan")},
        {"data_size": 1, "avg_time": "1"},
        3,
    ],
    ids=range(8),
)
def test_a_workload_is_a_number_of_items_and_a_time(profile: Any) -> None:
    with pytest.raises(ValueError, match="Invalid parameter: "):
        cache.prewarm_cache(one, [profile])
    with pytest.raises(ValueError, match="func parameter cannot be None"):
        cache.prewarm_cache(None)  # type: ignore[arg-type]  # bad input
