from __future__ import annotations

import json
import math
from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amorsize.cli.exits import ResultMisfitError
from amorsize.cli.lines import json_line, repr_line

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(plain)
def test_what_is_json_comes_back_as_it_was_from_one_line(result: Any) -> None:
    line = json_line(result, 0)

    assert "\n" not in line
    assert json.loads(line) == result


@pytest.mark.parametrize(
    ("result", "line"),
    [(True, "true"), (-0.0, "-0.0"), (HTTPStatus.OK, "200"), ((1, (2,)), "[1, [2]]")],
)
def test_kinds_of_numbers_and_tuples_are_written_as_json_has_them(result: Any, line: str) -> None:
    assert json_line(result, 0) == line


circle: list[Any] = []
circle.append(circle)


@pytest.mark.parametrize(
    "result",
    [math.nan, -math.inf, [math.nan], 10**5000, b"bytes", {1, 2}, {(1, 2): 3}, 1j, circle],
    ids=["nan", "infinity", "nan inside", "huge", "bytes", "set", "tuple key", "complex", "circle"],
)
def test_what_is_not_json_is_refused_with_its_item(result: Any) -> None:
    with pytest.raises(ResultMisfitError, match="the result of item 7 cannot be written as JSON"):
        json_line(result, 7)


def test_repr_stays_on_one_line_and_names_the_item_where_it_fails() -> None:
    class Twisted:
        def __init__(self, text: str) -> None:
            self.text = text

        def __repr__(self) -> str:
            return self.text or str(1 / 0)

    assert repr_line(Twisted("a\r\nb"), 0) == "a\\r\\nb"
    with pytest.raises(ResultMisfitError, match=r"item 7 .* by repr: ZeroDivisionError"):
        repr_line(Twisted(""), 7)
