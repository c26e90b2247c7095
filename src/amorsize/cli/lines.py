"""One result, one line: as JSON, or as Python shows it."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import isfinite
from typing import Final, TypeAlias, cast

from amorsize.cli.exits import ResultMisfitError

LineOf: TypeAlias = Callable[[object, int], str]
"""Makes the line of a result; the number is its item's index."""

HINT: Final = "--repr writes anything; numpy's values have .item() and .tolist(); JSON has no NaN"


def _failure_fields(value: object) -> dict[str, object]:
    """What stands in the place of a result that could not be had."""
    from amorsize.engines.collected import Failure, text_of

    if not isinstance(value, Failure):
        msg = f"Object of type {type(value).__name__} is not JSON serializable"
        raise TypeError(msg)
    error = value.exception
    fields = {"index": value.index, "item": value.item, "error": text_of(error)}
    return {"failure": fields | {"traceback": value.traceback}}


_STRICT: Final = json.JSONEncoder(allow_nan=False, ensure_ascii=False, default=_failure_fields)
"""NaN and infinities are refused: Python would read them back, other programs would not."""


def json_line(result: object, index: int) -> str:
    """Encode as strict JSON.

    Raises:
        ResultMisfitError: it is not JSON.
    """
    try:
        return repr(result) if _is_plain_number(result) else _STRICT.encode(result)
    except (TypeError, ValueError, RecursionError) as error:
        raise ResultMisfitError.of_item(index, f"as JSON: {error}", hint=HINT) from error


def _is_plain_number(result: object) -> bool:
    """Whether ``repr`` is its JSON: twice as fast, and the tiniest functions return numbers."""
    kind = type(result)
    return kind is int or (kind is float and isfinite(cast("float", result)))


def repr_line(result: object, index: int) -> str:
    """Show as Python does; line ends are escaped, so that it stays one line.

    Raises:
        ResultMisfitError: its ``repr`` failed.
    """
    return _repr(result, index).replace("\r", "\\r").replace("\n", "\\n")


def quoted_repr_line(result: object, index: int) -> str:
    """Show as Python does, as a string of JSON.

    Raises:
        ResultMisfitError: its ``repr`` failed.
    """
    return _STRICT.encode(_repr(result, index))


def _repr(result: object, index: int) -> str:
    try:
        return repr(result)
    except Exception as error:  # the user's __repr__ may raise anything
        why = f"by repr: {type(error).__name__}: {error}"
        raise ResultMisfitError.of_item(index, why, hint="return plain values") from error


def printable(text: str) -> str:
    """The same on one line and to be read only: a terminal would obey control characters."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )
