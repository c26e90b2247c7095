from __future__ import annotations

import json
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amorsize.report.fields import plain
from amorsize.vocab.plan import EngineKind, Slower
from amorsize.vocab.profile import CannotTravel, NotMeasured

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=20,
)


@given(anything)
def test_whatever_it_is_strict_json_takes_it(value: object) -> None:
    json.dumps(plain(value), allow_nan=False)


@pytest.mark.parametrize(
    ("value", "is_plain"),
    [
        (inf, None),
        (-inf, None),
        (nan, None),
        (True, True),
        (1.5, 1.5),
        (EngineKind.TEAM, "team"),
        (Slower(1.0), {"by_s": 1.0}),
        ({"a": (1, NotMeasured())}, {"a": [1, None]}),
        (CannotTravel("item", "a lock"), {"what": "item", "why": "a lock"}),
    ],
)
def test_nouns_become_their_fields(value: object, is_plain: object) -> None:
    assert plain(value) == is_plain


def test_whole_numbers_of_other_libraries_are_whole_numbers() -> None:
    class Five:
        def __index__(self) -> int:
            return 5

    assert plain(Five()) == 5
