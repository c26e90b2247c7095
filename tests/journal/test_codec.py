from __future__ import annotations

import json
import math
from collections import OrderedDict
from enum import IntEnum
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amorsize.journal.codec import MisfitError, decode, encode
from amorsize.vocab.checkpoint import Format

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.characters(categories=["Cs"]),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner)
        | st.dictionaries(st.text() | st.integers() | st.none(), inner)
    ),
    max_leaves=12,
)


class Colour(IntEnum):
    RED = 1


class Point(NamedTuple):
    x: int


class Text(str):
    __slots__ = ()


def same(one: Any, other: Any) -> bool:
    """Type for type; a NaN is one, and the zeros differ."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return [*one] == [*other] and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return repr(one) == repr(other)


@given(VALUES)
def test_json_gives_back_what_went_in_or_refuses_it(value: Any) -> None:
    try:
        text = encode(value, Format.JSON)
    except MisfitError:
        return

    assert isinstance(text, str)
    assert text.isascii()
    assert same(decode(text), value)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        1,
        10**640,
        -0.0,
        math.nan,
        math.inf,
        5e-324,
        "",
        "ü\udc80",
        [],
        {},
        [[1.0, {"a": None}]],
        {"b": 1, "a": 2},
    ],
)
def test_json_takes_what_survives(value: Any) -> None:
    assert same(decode(encode(value, Format.JSON)), value)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ((1, 2), "tuple would come back as list"),
        ([1, (2,)], "tuple would come back as list"),
        ({1: 2}, "a key of type int would come back as str"),
        ({True: 2}, "a key of type bool would come back as str"),
        ({None: 2}, "a key of type NoneType would come back as str"),
        (Colour.RED, "Colour would come back as int"),
        ([Point(1)], "Point would come back as list"),
        (Text("a"), "Text would come back as str"),
        ({Text("a"): 1}, "Text would come back as str"),
        (OrderedDict(a=1), "OrderedDict would come back as dict"),
        (b"", "bytes is not JSON"),
        ({1, 2}, "set is not JSON"),
        ("\ud83d\ude00", "another one"),
        ({"\ud83d\ude00": 1}, "its keys would come back as other ones"),
        pytest.param(10**5000, "digit", id="many digits"),
    ],
)
def test_json_refuses_what_would_come_back_otherwise(value: Any, why: str) -> None:
    with pytest.raises(MisfitError, match=why):
        encode(value, Format.JSON)


def test_what_refers_to_itself_or_is_too_deep_is_refused() -> None:
    around: list[Any] = []
    around.append(around)
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]

    for value in (around, deep):
        with pytest.raises(MisfitError):
            encode(value, Format.JSON)


def test_a_pickle_is_bytes_and_keeps_types() -> None:
    encoded = encode({1: (2, Point(3))}, Format.PICKLE)

    assert isinstance(encoded, bytes)
    assert same(decode(encoded), {1: (2, Point(3))})
    with pytest.raises(MisfitError, match="cannot be pickled"):
        encode(lambda: None, Format.PICKLE)


def test_text_is_never_unpickled() -> None:
    assert decode(json.dumps("\x80\x05.")) == "\x80\x05."
