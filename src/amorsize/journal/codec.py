"""Results as text or bytes, and back; JSON only where what comes back is what went in.

The text of JSON is ASCII. ``NaN`` and the infinities are written by the names that Python's JSON
has for them: nobody else reads the file.
"""

from __future__ import annotations

import json
import pickle
from typing import Any, Final, TypeAlias

from amorsize.vocab.checkpoint import Format

Encoded: TypeAlias = str | bytes
"""Text is JSON, bytes are a pickle: so each row of a file tells by itself what it is."""

PLAIN: Final = frozenset((type(None), bool, int))
"""Whose JSON needs no second look, but for integers of very many digits."""


SHORT: Final = 600
"""Digits that any limit on the length of integers allows: Python's least is 640."""


class MisfitError(Exception):
    """A result cannot be written: the message says why."""


def encode(value: Any, form: Format) -> Encoded:
    """Write one result.

    Raises:
        MisfitError: it would not come back as it is.
    """
    return _as_json(value) if form is Format.JSON else _as_pickle(value)


def decode(encoded: Encoded) -> Any:
    """Read one result that ``encode`` has written.

    Bytes are unpickled, which may run anything: only what the owner has opted in to gets here.
    """
    return json.loads(encoded) if isinstance(encoded, str) else pickle.loads(encoded)  # noqa: S301 - see above


def _as_json(value: Any) -> str:
    try:
        text = json.dumps(value)
        if type(value) not in PLAIN:
            _compare(value, json.loads(text))
        elif len(text) > SHORT:
            json.loads(text)  # which refuses integers of more digits than it is allowed
    except MisfitError:
        raise
    except (TypeError, ValueError) as error:
        raise MisfitError(str(error)) from error
    except RecursionError as error:
        msg = "it is nested too deeply"
        raise MisfitError(msg) from error
    return text


def _compare(value: Any, came: Any) -> None:
    kind = type(value)
    if kind is not type(came):
        msg = f"{_named(kind)} would come back as {_named(type(came))}"
        raise MisfitError(msg)
    if kind is list:
        for one, other in zip(value, came, strict=True):
            _compare(one, other)
    elif kind is dict:
        _compare_keys(value, came)
        for one, other in zip(value.values(), came.values(), strict=True):
            _compare(one, other)
    elif kind is float:
        if repr(value) != repr(came):
            msg = f"{value!r} would come back as {came!r}"
            raise MisfitError(msg)
    elif value != came:
        msg = f"a {_named(kind)} would come back as another one"
        raise MisfitError(msg)


def _compare_keys(value: dict[Any, Any], came: dict[str, Any]) -> None:
    for key in value:
        if type(key) is not str:
            msg = f"a key of type {_named(type(key))} would come back as str"
            raise MisfitError(msg)
    if [*value] != [*came]:
        msg = "its keys would come back as other ones"
        raise MisfitError(msg)


def _named(kind: type) -> str:
    module = kind.__module__
    return kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"


def _as_pickle(value: Any) -> bytes:
    try:
        return pickle.dumps(value, 5)
    except Exception as error:  # the user's __reduce__ may raise anything
        msg = f"it cannot be pickled: {type(error).__name__}: {error}"
        raise MisfitError(msg) from error
