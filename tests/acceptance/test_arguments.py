"""Every misuse is told in the words of the reference, before anything runs."""

from __future__ import annotations

import math
import sys
from fractions import Fraction
from typing import Any

import pytest

from amorsize import UsageError, execute


class Index:
    """As numpy's integers are."""

    def __index__(self) -> int:
        return 2


def never(item: object) -> None:
    raise AssertionError(item)


BAD: list[tuple[dict[str, Any], str]] = [
    ({"func": None}, "func parameter cannot be None"),
    ({"func": 5}, "func parameter must be callable, got int"),
    ({"func": "never"}, "func parameter must be callable, got str"),
    ({"data": None}, "data parameter cannot be None"),
    ({"data": 5}, "data parameter must be iterable, got int"),
    ({"data": never}, "data parameter must be iterable, got function"),
    (
        {"data": range(10**20)},
        f"data parameter must have at most {sys.maxsize:,} items, got range(0, {10**20})",
    ),
    ({"sample_size": 0}, "sample_size must be positive, got 0"),
    ({"sample_size": -3}, "sample_size must be positive, got -3"),
    ({"sample_size": 1.5}, "sample_size must be an integer, got float"),
    ({"sample_size": "5"}, "sample_size must be an integer, got str"),
    ({"sample_size": None}, "sample_size must be an integer, got NoneType"),
    ({"target_chunk_duration": 0}, "target_chunk_duration must be positive, got 0"),
    ({"target_chunk_duration": -0.5}, "target_chunk_duration must be positive, got -0.5"),
    ({"target_chunk_duration": math.nan}, "target_chunk_duration must be a finite number, got nan"),
    ({"target_chunk_duration": math.inf}, "target_chunk_duration must be a finite number, got inf"),
    ({"target_chunk_duration": "1"}, "target_chunk_duration must be a finite number, got '1'"),
    ({"n_jobs": 0}, "n_jobs must be positive or -1, got 0"),
    ({"n_jobs": -2}, "n_jobs must be positive or -1, got -2"),
    ({"n_jobs": 2.0}, "n_jobs must be an integer, got float"),
    ({"n_jobs": "all"}, "n_jobs must be an integer, got str"),
    ({"chunksize": 0}, "chunksize must be positive, got 0"),
    ({"chunksize": -1}, "chunksize must be positive, got -1"),
    ({"chunksize": 1.5}, "chunksize must be an integer, got float"),
    (
        {"backend": "thread"},
        "backend must be one of 'auto', 'serial', 'threads', 'processes', got 'thread'",
    ),
    (
        {"backend": None},
        "backend must be one of 'auto', 'serial', 'threads', 'processes', got None",
    ),
    ({"order": "random"}, "order must be one of 'any', 'input', got 'random'"),
    ({"verbose": "yes"}, "verbose must be a boolean, got str"),
    ({"profile": "no"}, "profile must be a boolean, got str"),
    ({"fail_fast": "yes"}, "fail_fast must be a boolean, got str"),
    ({"rerun_lost": b"no"}, "rerun_lost must be a boolean, got bytes"),
    ({"use_cache": "x"}, "use_cache must be a boolean, got str"),
    ({"progress": "bar"}, "progress must be a boolean, got str"),
    ({"progress_callback": 5}, "progress_callback must be callable, got int"),
]


@pytest.mark.parametrize(("arguments", "complaint"), BAD, ids=[f"{a}" for a, _ in BAD])
def test_a_bad_argument_is_refused(arguments: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=r"^Invalid parameter: ") as caught:
        execute(**{"func": never, "data": [1], **arguments})
    assert str(caught.value).splitlines()[0] == f"Invalid parameter: {complaint}"
    assert type(caught.value) is UsageError
    assert caught.value.exit_code == 2


GOOD: list[dict[str, Any]] = [
    {"sample_size": Index()},
    {"sample_size": True},
    {"target_chunk_duration": Fraction(1, 3)},
    {"n_jobs": Index()},
    {"n_jobs": True},
    {"n_jobs": None},
    {"chunksize": Index()},
    {"chunksize": None},
    {"verbose": 0},
    {"profile": 1},
    {"fail_fast": None},
    {"progress": 0},
    {"use_cache": []},
]


@pytest.mark.parametrize("arguments", GOOD, ids=str)
def test_numbers_and_flags_are_taken_as_python_takes_them(arguments: dict[str, Any]) -> None:
    assert execute(str, range(4), **arguments) == ["0", "1", "2", "3"]


def test_the_order_of_the_first_arguments_is_that_of_the_first_version() -> None:
    as_before: Any = execute
    first = (str, range(3), 5, 0.2, False, True, True, False, True, None, True, True)
    results, told = as_before(*first)
    assert results == ["0", "1", "2"]
    assert repr(told).startswith("OptimizationResult(n_jobs=1, ")
    with pytest.raises(TypeError, match="positional arguments"):
        as_before(*first, 2)


def test_an_unknown_argument_is_refused() -> None:
    unknown: dict[str, Any] = {"jobs": 2}
    with pytest.raises(TypeError, match="unexpected keyword argument 'jobs'"):
        execute(str, range(3), **unknown)
