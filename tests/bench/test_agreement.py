from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pytest

from amorsize.bench.agreement import compare, same
from amorsize.vocab.trials import Agreement


class Plain:
    """Has no equality of its own."""

    def __init__(self, value: int) -> None:
        self.value = value


@dataclass
class Hostile:
    value: int

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    __hash__ = None  # type: ignore[assignment]  # as data classes have it

    def __reduce__(self) -> Any:
        raise RuntimeError


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (1, 1, True),
        (1, 2, False),
        (1, True, False),
        (0.1 + 0.2, 0.3, True),
        (0.1, 0.2, False),
        (math.nan, float("nan"), True),
        ([1, [math.nan]], [1, [math.nan]], True),
        ([1, 2], [1], False),
        ({"a": 0.3}, {"a": 0.1 + 0.2}, True),
        ({"a": 1}, {"b": 1}, False),
        (Plain(3), Plain(3), True),
        (Plain(3), Plain(4), False),
        (Hostile(3), Hostile(3), False),
    ],
)
def test_results_are_the_same_if_they_cannot_be_told_apart(
    one: object, other: object, equal: bool
) -> None:
    assert same(one, other) is equal


def test_arrays_may_differ_in_their_last_digits() -> None:
    np = pytest.importorskip("numpy")
    array = np.array([1.0, np.nan])

    assert same(array, array * (1 + 1e-12))
    assert not same(array, array * 1.1)
    assert not same(array, array[:1])
    assert same(np.float64(0.3), np.float64(0.1) + np.float64(0.2))


def test_tables_are_compared_as_a_whole() -> None:
    pd = pytest.importorskip("pandas")

    assert same(pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1]}))
    assert not same(pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [2]}))


@pytest.mark.parametrize(
    ("found", "agreement", "index"),
    [
        ([1, 2, 3], Agreement.SAME, None),
        ([1, 3, 2], Agreement.UNORDERED, 1),
        ([1, 2, 4], Agreement.DIFFERENT, 2),
        ([1, 2], Agreement.DIFFERENT, 2),
        ([1, lambda: 2, 3], Agreement.DIFFERENT, 1),
    ],
)
def test_the_first_difference_is_found(
    found: list[Any], agreement: Agreement, index: int | None
) -> None:
    compared = compare([1, 2, 3], found)

    assert (compared.agreement, compared.index) == (agreement, index)
