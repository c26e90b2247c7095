"""Arguments of the public names, checked in the words users know."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any

from amorsize.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable


def asked_function(func: Any) -> Callable[..., Any]:
    """Something to call.

    Raises:
        UsageError: it is not.
    """
    if func is None:
        msg = "func parameter cannot be None"
        raise UsageError.parameter(msg)
    if not callable(func):
        msg = f"func parameter must be callable, got {type(func).__name__}"
        raise UsageError.parameter(msg)
    return func  # type: ignore[no-any-return]  # callable is all that is known


def asked_ttl(ttl_seconds: Any) -> float:
    """A time to live; what is below zero lets everything expire.

    Raises:
        UsageError: it is no finite number.
    """
    return _number("ttl_seconds", ttl_seconds)


def asked_size(data_size: Any) -> int:
    """A number of items.

    Raises:
        UsageError: it is none.
    """
    try:
        size = operator.index(data_size)
    except TypeError:
        msg = f"data_size must be an integer, got {type(data_size).__name__}"
        raise UsageError.parameter(msg) from None
    if size < 0:
        msg = f"data_size must not be negative, got {data_size!r}"
        raise UsageError.parameter(msg)
    return size


def positive(name: str, value: Any) -> float:
    """A number above zero.

    Raises:
        UsageError: it is none.
    """
    number = _number(name, value)
    if number <= 0:
        msg = f"{name} must be positive, got {value!r}"
        raise UsageError.parameter(msg)
    return number


def _number(name: str, value: Any) -> float:
    try:
        number = math.nan if isinstance(value, (str, bytes)) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        msg = f"{name} must be a finite number, got {value!r}"
        raise UsageError.parameter(msg)
    return number
