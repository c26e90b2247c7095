"""Bytes to records and back. Nothing passes that a table does not allow; there is no other way in.

A file is one flat JSON object. Fields that no table names are not looked at, so that what a
later version adds does no harm, and go no further than here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, NoReturn, TypeVar

from amorsize.cache.rules import Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

RecordT = TypeVar("RecordT")
Document = dict[str, Any]

MOST_BYTES: Final = 1 << 20
"""A larger file is not read: the longest record, all of it escaped, takes less."""

SHOWN: Final = 80
"""Characters of a wrong value that are shown."""

MALFORMED: Final = (KeyError, TypeError, ValueError)
"""What decoding raises. ``ValueError`` has those of JSON and of UTF-8 among it."""

UNDECODABLE: Final = (*MALFORMED, RecursionError)
"""The same, and what parsing raises for one that is nested too deeply, or where little of the
stack is left."""


class Table(NamedTuple, Generic[RecordT]):
    """The fields of one kind of record, and what makes the record of them."""

    rules: Mapping[str, Rule]
    build: Callable[..., RecordT]
    optional: Mapping[str, Rule]
    """Fields that may be missing."""
    extra: Mapping[str, Table[Any]]
    """Attributes whose own fields lie flat beside the others, all of them or none."""

    @classmethod
    def of(
        cls,
        build: Callable[..., RecordT],
        rules: Mapping[str, Rule],
        *,
        optional: Mapping[str, Rule] | None = None,
        extra: Mapping[str, Table[Any]] | None = None,
    ) -> Table[RecordT]:
        return cls(rules, build, optional or {}, extra or {})

    def decode(self, document: object) -> RecordT:
        """Make the record.

        Raises:
            KeyError: a field is missing.
            TypeError: a field, or the whole, is the wrong kind of thing.
            ValueError: a field has a value it cannot have.
        """
        fields = as_object(document)
        values = {name: rule.read(fields[name]) for name, rule in self.rules.items()}
        for name, rule in self.optional.items():
            if name in fields:
                values[name] = rule.read(fields[name])
        for name, table in self.extra.items():
            if table.is_in(fields):
                values[name] = table.decode(fields)
        return self.build(**values)

    def encode(self, record: RecordT) -> Document:
        """Make the document, which ``decode`` takes if the record is a proper one."""
        fields = {**self.rules, **self.optional}
        document = {name: rule.write(getattr(record, name)) for name, rule in fields.items()}
        for name, table in self.extra.items():
            inner = getattr(record, name)
            if inner is not None:
                document |= table.encode(inner)
        return document

    def is_in(self, document: Document) -> bool:
        """Tell whether the document has any of these fields."""
        return any(name in document for name in (*self.rules, *self.optional))

    def peek(self, document: Document, name: str) -> Any:
        """One field by itself; ``None`` where it is missing or wrong."""
        try:
            return self.rules[name].read(document[name])
        except MALFORMED:
            return None

    def proper_fields(self, document: object) -> Document:
        """Those fields that are as they should be, whatever the others are."""
        if type(document) is not dict:
            return {}
        found = ((name, self.peek(document, name)) for name in self.rules)
        return {name: value for name, value in found if value is not None}

    def complaints(self, document: Document) -> Iterator[str]:
        """Everything that is wrong with a document, in words."""
        for name, rule in self.rules.items():
            if name not in document:
                yield f"Missing required field: {name}"
            else:
                yield from _complaint(name, rule, document[name])
        for name, rule in self.optional.items():
            if name in document:
                yield from _complaint(name, rule, document[name])
        for table in self.extra.values():
            if table.is_in(document):
                yield from table.complaints(document)


def nested(table: Table[Any]) -> Rule:
    """A record inside a record."""
    return Rule(table.decode, table.encode)


def as_object(document: object) -> Document:
    """The same, known to be an object.

    Raises:
        TypeError: it is not.
    """
    if type(document) is not dict:
        msg = "must be an object"
        raise TypeError(msg)
    return document


def parse(data: bytes) -> Document:
    """The object that a file holds.

    Raises:
        ValueError: it is too large, or no JSON.
        RecursionError: it is too deep.
        TypeError: it is no object.
    """
    if len(data) > MOST_BYTES:
        msg = f"must have at most {MOST_BYTES} bytes"
        raise ValueError(msg)
    return as_object(strictly(data.decode()))


def strictly(text: str) -> object:
    """What JSON says, if it is strict, and says nothing twice.

    Raises:
        ValueError: it is not.
        RecursionError: it is too deep.
    """
    return _STRICT.decode(text)


def unparse(document: Document) -> bytes:
    """The file of a document: ASCII, whatever is in it."""
    return f"{json.dumps(document, allow_nan=False)}\n".encode()


def _once(pairs: list[tuple[str, Any]]) -> Document:
    document = dict(pairs)
    if len(document) < len(pairs):
        msg = "must name each field once"
        raise ValueError(msg)
    return document


def _no_number(word: str) -> NoReturn:
    msg = f"must be JSON, which has no {word}"
    raise ValueError(msg)


_STRICT: Final = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number)


def _complaint(name: str, rule: Rule, value: Any) -> Iterator[str]:
    try:
        rule.read(value)
    except RecursionError:
        yield f"Invalid {name}: (nested too deeply)"
    except KeyError as missing:
        yield f"Missing required field: {name}.{missing.args[0]}"
    except (TypeError, ValueError) as error:
        yield f"Invalid {name}: {shown(value)} ({error})"


def shown(value: object) -> str:
    """A value as a person may want to see it."""
    try:
        words = repr(value)
    except (ValueError, RecursionError):  # an integer of too many digits; too deep
        words = f"a {type(value).__name__}"
    return words if len(words) <= SHOWN else f"{words[:SHOWN]}…"
