"""Errors cross process boundaries: each must arrive as it left."""

from __future__ import annotations

import inspect
import pickle
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amorsize import errors
from amorsize.errors import AmorsizeError

if TYPE_CHECKING:
    from collections.abc import Callable

CLASSES = [
    cls
    for cls in vars(errors).values()
    if inspect.isclass(cls) and cls.__module__ == errors.__name__
]
CONSTRUCTORS = [
    *CLASSES,
    *(
        getattr(cls, name)
        for cls in CLASSES
        for name, member in vars(cls).items()
        if isinstance(member, classmethod)
    ),
]


def anything_of(construct: Callable[..., AmorsizeError]) -> st.SearchStrategy[AmorsizeError]:
    """Call it with arguments of the annotated types, the optional ones too."""
    parameters = inspect.signature(construct).parameters
    hints = {"hint": st.none() | st.text()} if "hint" in parameters else {}
    return st.builds(construct, **hints)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_error_is_of_the_one_tree_and_built_the_one_way(cls: type[AmorsizeError]) -> None:
    assert issubclass(cls, AmorsizeError)
    assert cls is AmorsizeError or "__init__" not in vars(cls)
    assert cls.exit_code > 0


@pytest.mark.parametrize("construct", CONSTRUCTORS, ids=lambda construct: construct.__qualname__)
@given(data=st.data())
def test_every_error_survives_pickling(
    construct: Callable[..., AmorsizeError], data: st.DataObject
) -> None:
    error = data.draw(anything_of(construct))

    back = pickle.loads(pickle.dumps(error))

    assert type(back) is type(error)
    assert (str(back), back.args, back.hint) == (str(error), error.args, error.hint)


def test_a_hint_is_read_after_the_message() -> None:
    assert str(AmorsizeError("no such file", hint="look again")) == (
        "no such file\n\nhint: look again"
    )
