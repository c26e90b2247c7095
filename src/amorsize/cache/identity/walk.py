"""One bounded walk through objects, in an order that is the same in every process.

Each object writes a header, then come the objects it is made of, so that what is written can be
told apart again. Hash order, addresses, file names and line numbers leave no mark.
"""

from __future__ import annotations

import marshal
from typing import TYPE_CHECKING, Any, Final, TypeAlias

try:
    from _blake2 import blake2b
except ImportError:  # hashlib has it in any case, but loads OpenSSL first, which takes 2 ms
    from hashlib import blake2b

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from amorsize.cache.identity.homes import Homes

    Handler: TypeAlias = "Callable[[Any, Walk], Iterable[Any]]"
    """Writes a header and gives the parts."""

MOST_THINGS: Final = 5000
"""Objects that are looked at, some 5 ms: a function that reaches more is not shared."""

MOST_BYTES: Final = 1 << 20
"""Of strings, arrays and flat lists, about 1 ms: more than that is not shared either."""

FLUSH: Final = 1 << 16

MOST_NESTED: Final = 20
"""Sets within sets, each of which is a walk of its own."""

UNVERSIONED: Final = 2
"""The format of ``marshal`` that writes equal values alike, however they are shared."""


class Unidentified(Exception):  # noqa: N818 - an answer, not a failure
    """The rest is not looked at."""


class Budget:
    """What is left, of one walk and those inside it."""

    __slots__ = ("bytes_left", "nested_left", "things_left")

    def __init__(self) -> None:
        self.things_left = MOST_THINGS
        self.bytes_left = MOST_BYTES
        self.nested_left = MOST_NESTED


class Walk:
    """The digest of what it has passed, and the first thing that it could not read."""

    def __init__(
        self,
        homes: Homes,
        handler_for: Callable[[Any], Handler],
        budget: Budget | None = None,
    ) -> None:
        self.homes = homes
        self.unknown: str | None = None
        self._budget = budget or Budget()
        self._handler_for = handler_for
        self._hash = blake2b(digest_size=20)
        self._buffer = bytearray()
        self._seen: dict[int, int] = {}
        self._kept: list[Any] = []

    def run(self, thing: Any) -> None:
        """Pass through everything that ``thing`` is made of."""
        todo = [thing]
        budget = self._budget
        while todo:
            budget.things_left -= 1
            if budget.things_left < 0:
                msg = f"more than {MOST_THINGS:,} objects that it refers to"
                raise Unidentified(msg)
            one = todo.pop()
            parts = list(self._handler_for(one)(one, self))
            parts.reverse()
            todo += parts

    def emit(self, tag: str, data: bytes = b"") -> None:
        """Write a header."""
        buffer = self._buffer
        buffer += b"%s:%d:" % (tag.encode(), len(data))
        buffer += data
        if len(buffer) > FLUSH:
            self._hash.update(buffer)
            buffer.clear()

    def plain(self, tag: str, value: Any) -> None:
        """Write plain data: exact built-in types that are made of nothing else, no sets."""
        self.emit(tag, marshal.dumps(value, UNVERSIONED))

    def spend(self, size_bytes: int, what: str) -> None:
        """Say before data is written how much it is.

        Raises:
            Unidentified: it is too much.
        """
        self._budget.bytes_left -= size_bytes
        if self._budget.bytes_left < 0:
            msg = f"{what} of more than {MOST_BYTES:,} bytes"
            raise Unidentified(msg)

    def is_new(self, thing: Any) -> bool:
        """Whether it was not passed before; if it was, a mark is written in its place."""
        order = self._seen.setdefault(id(thing), len(self._seen))
        if order < len(self._kept):
            self.emit("again", b"%d" % order)
            return False
        self._kept.append(thing)
        return True

    def give_up(self, what: str, thing: object = None) -> None:
        """Note what cannot be read; in this process it is known by where it lies."""
        self.emit("unknown", b"%d" % id(thing))
        self.unknown = self.unknown or what

    def digest_of(self, things: Iterable[Any]) -> list[str]:
        """Digests of things that have no order, in an order of their own."""
        self._budget.nested_left -= 1
        if self._budget.nested_left < 0:
            msg = "sets nested too deeply"
            raise Unidentified(msg)
        digests = []
        for thing in things:
            inner = Walk(self.homes, self._handler_for, self._budget)
            inner.run(thing)
            digests.append(inner.digest())
            self.unknown = self.unknown or inner.unknown
        self._budget.nested_left += 1
        return sorted(digests)

    def digest(self) -> str:
        self._hash.update(self._buffer)
        self._buffer.clear()
        return self._hash.hexdigest()
