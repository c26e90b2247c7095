"""Arguments of the public names, checked in the words users know."""

from __future__ import annotations

import math
import operator
import os
from typing import TYPE_CHECKING, Any

from amorsize.cache.codec import shown
from amorsize.cache.rules import LEAST, MOST_S, MOST_WHOLE
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
    number = _number(ttl_seconds)
    if not math.isfinite(number):
        msg = f"ttl_seconds must be a finite number, got {shown(ttl_seconds)}"
        raise UsageError.parameter(msg)
    return number


def asked_size(data_size: Any) -> int:
    """A number of items, which no input exceeds.

    Raises:
        UsageError: it is none.
    """
    try:
        size = operator.index(data_size)
    except TypeError:
        msg = f"data_size must be an integer, got {type(data_size).__name__}"
        raise UsageError.parameter(msg) from None
    if not 0 <= size <= MOST_WHOLE:
        bound = "not be negative" if size < 0 else f"be at most {MOST_WHOLE}"
        msg = f"data_size must {bound}, got {shown(size)}"
        raise UsageError.parameter(msg)
    return size


def asked_time(avg_time: Any) -> float:
    """Seconds that a call may take.

    Raises:
        UsageError: they are not.
    """
    number = _number(avg_time)
    if not LEAST <= number <= MOST_S:
        msg = f"avg_time must be from {LEAST:g} to {MOST_S:g} seconds, got {shown(avg_time)}"
        raise UsageError.parameter(msg)
    return number


def asked_path(name: str, path: Any) -> str:
    """A path that a file could have.

    Raises:
        UsageError: it is none.
    """
    try:
        text = os.fsdecode(path)
    except TypeError:
        msg = f"{name} must be a path, got {type(path).__name__}"
        raise UsageError.parameter(msg) from None
    if not text or "\0" in text:
        msg = f"{name} must be a path, got {shown(text)}"
        raise UsageError.parameter(msg)
    return text


def _number(value: Any) -> float:
    """The number; what is none is not a number."""
    try:
        return math.nan if isinstance(value, (str, bytes)) else float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan
