"""What a field may hold: each rule turns what JSON gave into a value, or says what is wrong.

Rules raise ``TypeError`` for the wrong kind of thing and ``ValueError`` for the wrong value,
with the complaint in a few words. A boolean is never a number.
"""

from __future__ import annotations

import math
import operator
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from enum import StrEnum

MOST_CHARS: Final = 1000
"""Longer text is cut when written and refused when read: no message of ours is so long."""

MOST_TEXTS: Final = 50

MOST_WHOLE: Final = 2**63 - 1
"""Larger numbers fit in no size of anything."""

MOST_S: Final = 1e12
"""30,000 years: whatever claims to take longer would only make sums overflow."""

MOST_RATIO: Final = 1e9
"""Of shares, spreads, speed-ups and counts per call."""

LEAST: Final = 1e-9
"""A nanosecond, a billionth: no clock tells less from zero, and dividing by it may overflow."""

UNFIT: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""What a terminal obeys, and halves of pairs, which no encoding has; tabs and line ends stay."""


def _as_is(value: Any) -> Any:
    return value


class Rule(NamedTuple):
    """Both directions of one field."""

    read: Callable[[Any], Any]
    write: Callable[[Any], Any] = _as_is


def whole(least: int, most: int = MOST_WHOLE) -> Rule:
    """An integer from ``least`` to ``most``."""

    def read(value: Any) -> int:
        if type(value) is not int:
            msg = "must be an integer"
            raise TypeError(msg)
        _check_within(value, least, most)
        return value

    return Rule(read, _plain(operator.index))


def number(least: float = -math.inf, most: float = math.inf) -> Rule:
    """A finite number, as a float, from ``least`` to ``most``."""

    def read(value: Any) -> float:
        if type(value) not in {int, float}:
            msg = "must be a number"
            raise TypeError(msg)
        try:
            finite = math.isfinite(value)
        except OverflowError:  # an integer beyond all floats
            finite = False
        if not finite:
            msg = "must be finite"
            raise ValueError(msg)
        _check_within(value, least, most)
        return float(value)

    return Rule(read, _plain(float))


def amount(most: float) -> Rule:
    """Zero, or a number from ``LEAST`` to ``most``; what is less is zero when it is written."""
    plain = number(0, most)

    def read(value: Any) -> float:
        found: float = plain.read(value)
        if 0 < found < LEAST:
            msg = f"must be 0 or >= {LEAST}"
            raise ValueError(msg)
        return found

    def write(value: Any) -> Any:
        written = plain.write(value)
        return 0.0 if type(written) is float and abs(written) < LEAST else written

    return Rule(read, write)


def size() -> Rule:
    """A number of bytes; scripts that edit files leave fractions."""
    exact, fraction = whole(0), number(0, MOST_WHOLE)

    def read(value: Any) -> int:
        return int((fraction if type(value) is float else exact).read(value))

    return Rule(read, exact.write)


def flag() -> Rule:
    """True or false."""

    def read(value: Any) -> bool:
        if type(value) is not bool:
            msg = "must be true or false"
            raise TypeError(msg)
        return value

    return Rule(read)


def text(most: int = MOST_CHARS) -> Rule:
    """A string that can be shown; what cannot is escaped when written, and what is too long cut."""

    def read(value: Any) -> str:
        if type(value) is not str:
            msg = "must be a string"
            raise TypeError(msg)
        if len(value) > most:
            msg = f"must have at most {most} characters"
            raise ValueError(msg)
        if UNFIT.search(value):
            msg = "must have no control characters"
            raise ValueError(msg)
        return value

    def write(value: Any) -> Any:
        if type(value) is not str:
            return value
        shown = UNFIT.sub(_escaped, value)
        return shown if len(shown) <= most else f"{shown[: most - 1]}…"

    return Rule(read, write)


def word(among: Collection[str] | type[StrEnum]) -> Rule:
    """One of these words; where they are an enumeration, its member."""
    convert = among if isinstance(among, type) else str

    def read(value: Any) -> str:
        if type(value) is not str:
            msg = "must be a string"
            raise TypeError(msg)
        if value not in set(among):
            msg = f"must be one of {', '.join(among)}"
            raise ValueError(msg)
        return convert(value)

    return Rule(read, lambda value: None if value is None else str(value))


def several(one: Rule, most: int = MOST_TEXTS) -> Rule:
    """A list; what is too many is left out before it is written, the newest kept."""

    def read(value: Any) -> list[Any]:
        if type(value) is not list:
            msg = "must be a list"
            raise TypeError(msg)
        if len(value) > most:
            msg = f"must have at most {most} members"
            raise ValueError(msg)
        return [one.read(member) for member in value]

    def write(value: Any) -> Any:
        if not isinstance(value, (list, tuple)):
            return value
        return [one.write(member) for member in value[-most:]]

    return Rule(read, write)


def maybe(rule: Rule) -> Rule:
    """What the rule allows, or nothing."""
    return Rule(
        lambda value: None if value is None else rule.read(value),
        lambda value: None if value is None else rule.write(value),
    )


def _escaped(unfit: re.Match[str]) -> str:
    return unfit[0].encode("unicode_escape").decode()


def _plain(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Write numbers of other libraries as Python's; what is no number is left for ``read``."""

    def write(value: Any) -> Any:
        if value is None or isinstance(value, (bool, str)):
            return value
        try:
            return convert(value)
        except (TypeError, ValueError, OverflowError):
            return value

    return write


def _check_within(value: float, least: float, most: float) -> None:
    if value < least:
        msg = f"must be >= {least}"
        raise ValueError(msg)
    if value > most:
        msg = f"must be <= {most}"
        raise ValueError(msg)
