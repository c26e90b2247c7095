from __future__ import annotations

from itertools import count

import pytest

from amorsize.bench.kept import keep, spread
from amorsize.errors import UsageError


def test_lists_are_taken_as_they_are() -> None:
    data = [1, 2, 3]

    assert keep(data, None, limit_s=9).items is data
    assert keep(data, 2, limit_s=9) == ([1, 2], data)
    assert keep(range(9), 2, limit_s=9).items == range(2)


@pytest.mark.parametrize("most", [None, 3, 1000, 1001])
def test_no_item_of_a_one_shot_input_is_lost(most: int | None) -> None:
    kept = keep((number for number in range(2500)), most, limit_s=9)

    assert list(kept.items) == list(range(2500 if most is None else most))
    assert list(kept.data) == list(range(2500))


def test_what_can_be_read_again_is_kept_itself() -> None:
    data = {"a": 1, "b": 2}

    assert keep(data, 1, limit_s=9) == (["a"], data)


def test_input_without_items_is_refused() -> None:
    with pytest.raises(UsageError, match="Invalid parameter: data parameter must not be empty"):
        keep([], None, limit_s=9)
    with pytest.raises(UsageError, match="nothing to measure"):
        keep(iter(()), 3, limit_s=9)


def test_input_without_end_is_found_out() -> None:
    with pytest.raises(UsageError, match=r"took longer than 1.00 ms to read\n\nhint: give max"):
        keep(count(), None, limit_s=1e-3)


def test_some_items_are_spread_evenly() -> None:
    assert spread(range(10), 5) == [0, 2, 4, 6, 8]
    assert spread(range(10), 3) == [0, 3, 6]
    assert spread([7], 5) == [7]
