"""Rules of the fields that configurations and history entries share."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Final

from amorsize.cache.clock import wall_clock
from amorsize.cache.codec import as_object
from amorsize.cache.rules import MOST_WHOLE, Rule, flag, number, text, whole

MOST_FACTS: Final = 50
"""About a machine; five are written."""

MOST_FACT_CHARS: Final = 200

MOST_MOMENT_CHARS: Final = 40
"""The longest ISO 8601 has 32."""

FACTS_BY_TYPE: Final = {
    bool: flag(),
    int: whole(-MOST_WHOLE),
    float: number(),
    str: text(MOST_FACT_CHARS),
}


def exactly(rule: Rule) -> Rule:
    """The same, but written as it is: what is too long is refused then, and not cut."""
    return Rule(rule.read)


def _read_fact(value: Any) -> Any:
    if value is None:
        return None
    if type(value) not in FACTS_BY_TYPE:
        msg = "must be a plain value"
        raise TypeError(msg)
    return FACTS_BY_TYPE[type(value)].read(value)


def _read_facts(value: Any) -> dict[str, Any]:
    fields = as_object(value)
    if len(fields) > MOST_FACTS:
        msg = f"must have at most {MOST_FACTS} fields"
        raise ValueError(msg)
    names = text(MOST_FACT_CHARS)
    return {names.read(name): _read_fact(fact) for name, fact in fields.items()}


def _read_moment(value: Any) -> str:
    if isinstance(value, date):  # as YAML reads one that has no quotes
        value = value.isoformat()
    moment: str = text(MOST_MOMENT_CHARS).read(value)
    datetime.fromisoformat(moment)
    return moment


FACTS: Final = Rule(_read_facts)
"""What is known of a machine: an object of plain values, all of them small."""

MOMENT: Final = Rule(_read_moment)
"""A date and time as ISO 8601 has it."""


def now_as_text() -> str:
    """This moment, in UTC: ``2026-01-31T12:00:00.123456Z``."""
    moment = datetime.fromtimestamp(wall_clock(), UTC)
    return f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def as_moment(text: str) -> datetime:
    """The moment that ``MOMENT`` has let through; one without a zone is in UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
