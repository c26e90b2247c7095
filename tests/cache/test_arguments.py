"""Odd arguments of the public names are refused in words, not by an error from the depths."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from amorsize import cache
from tests.cache.pairs import one

if TYPE_CHECKING:
    from collections.abc import Callable

PROFILES = 'workload_profiles must be a list of {"data_size": n, "avg_time": s}, got '
RESULT = "optimization_result must be an OptimizationResult, got "
TIME = "avg_time must be from 1e-09 to 1e+12 seconds, got "
MOST = 2**63 - 1


def of_size(data_size: Any) -> Callable[[], object]:
    return lambda: cache.prewarm_cache(one, [{"data_size": data_size, "avg_time": 1.0}])


def of_time(avg_time: Any) -> Callable[[], object]:
    return lambda: cache.prewarm_cache(one, [{"data_size": 1000, "avg_time": avg_time}])


def with_profiles(profiles: Any) -> Callable[[], object]:
    return lambda: cache.prewarm_cache(one, profiles)


def with_result(result: Any) -> Callable[[], object]:
    return lambda: cache.prewarm_cache(one, None, result)


def with_path(function: Callable[[Any], object], path: Any) -> Callable[[], object]:
    return lambda: function(path)


PATHS: dict[str, Callable[[Any], object]] = {
    "output_file": cache.export_cache,
    "input_file": cache.import_cache,
    "cache_file": cache.validate_cache_entry,
}

ODD = [
    (of_size(10**400), f"data_size must be at most {MOST}, got 1000"),
    (of_size(10**5000), f"data_size must be at most {MOST}, got a int"),
    (of_size("5"), "data_size must be an integer, got str"),
    (of_time(1e308), f"{TIME}1e+308"),
    (of_time(5e-324), f"{TIME}5e-324"),
    (of_time("1"), f"{TIME}'1'"),
    (with_profiles(5), f"{PROFILES}5"),
    (with_profiles({"data_size": 1, "avg_time": 1}), f"{PROFILES}{{'data_size': 1"),
    (with_profiles([1]), f"{PROFILES}1 in it"),
    (with_profiles("ab"), f"{PROFILES}'a' in it"),
    (with_result(5), f"{RESULT}5"),
    (with_result(0), f"{RESULT}0"),
    (with_result(SimpleNamespace(n_jobs=1)), f"{RESULT}namespace(n_jobs=1)"),
    *(
        (with_path(function, path), f"{name} must be a path, got {got}")
        for name, function in PATHS.items()
        for path, got in (
            (None, "NoneType"),
            (5, "int"),
            (["x"], "list"),
            ("a\0b", r"'a\x00b'"),
            ("", "''"),
        )
    ),
    (
        lambda: cache.compute_benchmark_cache_key(one, 10**300),
        f"data_size must be at most {MOST}, got 1000",
    ),
    (lambda: cache.load_cache_entry("k", 10**5000), "ttl_seconds must be a finite number, got a"),
]


@pytest.mark.parametrize(("call", "complaint"), ODD, ids=range(len(ODD)))
def test_an_odd_argument_is_named_with_what_is_wanted(
    call: Callable[[], object], complaint: str
) -> None:
    with pytest.raises(ValueError, match=r"^Invalid parameter: ") as caught:
        call()

    assert str(caught.value).startswith(f"Invalid parameter: {complaint}")
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("strategy", [[], None, 3])
def test_a_merge_strategy_is_one_of_three_words(strategy: Any) -> None:
    with pytest.raises(ValueError, match=r"^Invalid merge_strategy: ") as caught:
        cache.import_cache("x", strategy)

    choices = "'skip', 'overwrite', or 'update'"
    assert str(caught.value) == f"Invalid merge_strategy: {strategy}. Must be {choices}"


@pytest.mark.parametrize(
    ("size", "time"), [(MOST, 1e12), (MOST, 1e-9), (1, 1e12), (1, 1e-9), (True, 1)]
)
def test_the_largest_and_smallest_workloads_are_decided_for(size: int, time: float) -> None:
    assert cache.prewarm_cache(one, [{"data_size": size, "avg_time": time}], force=True) == 1
    entry, reason = cache.load_cache_entry(cache.compute_cache_key(one, 1, 1))

    assert entry is not None, reason
    assert 0 < entry.estimated_speedup <= entry.n_jobs


def test_a_result_with_senseless_values_is_refused_as_a_saved_entry_is() -> None:
    result: Any = SimpleNamespace(
        n_jobs=0, chunksize=1, executor_type="thread", estimated_speedup=1, reason="", warnings=[]
    )
    with pytest.raises(ValueError, match=r"Invalid n_jobs: 0 \(must be >= 1\)"):
        cache.prewarm_cache(one, None, result)
    result.n_jobs, result.warnings = 2, 5
    with pytest.raises(ValueError, match=r"Invalid warnings: 5 \(must be a list\)"):
        cache.prewarm_cache(one, None, result)


@pytest.mark.parametrize("kind", [str, bytes, Path])
def test_a_path_may_be_said_in_any_way(kind: type, tmp_path: Path) -> None:
    text = str(tmp_path / "out.json")
    path: Any = text.encode() if kind is bytes else kind(text)
    cache.save_cache_entry("k", 2, 1, "thread", 1.5, "", [])

    assert cache.export_cache(path) == 1
    assert cache.import_cache(path) == (0, 1, 0)
    assert cache.validate_cache_entry(path)[0] is False
