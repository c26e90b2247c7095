"""One bounded walk through objects, in an order that is the same in every process.

Each object writes headers, how many parts it has, and then its parts, so that what is written
can be told apart again. What can change is written once, and where it is met again, which one it
was. Hash order, addresses, file names and line numbers leave no mark.
"""

from __future__ import annotations

import marshal
from typing import TYPE_CHECKING, Any, Final, TypeAlias

try:
    from _blake2 import blake2b
except ImportError:  # hashlib has it in any case, but loads OpenSSL first, which takes 2 ms
    from hashlib import blake2b

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import CodeType

    from amorsize.cache.identity.homes import Homes

    Handler: TypeAlias = "Callable[[Any, Walk], Iterable[Any]]"
    """Writes headers and gives the parts."""

MOST_THINGS: Final = 5000
"""Objects that are looked at, some 5 ms: a function that reaches more is not shared."""

MOST_BYTES: Final = 1 << 20
"""Of strings, arrays, code and lengths of containers, some ms: more is not shared either."""

FLUSH: Final = 1 << 16

MOST_NESTED: Final = 20
"""Sets within sets, each of which is a walk of its own."""

UNVERSIONED: Final = 2
"""The format of ``marshal`` that writes equal values alike, however they are shared."""


class Unidentified(Exception):  # noqa: N818 - an answer, not a failure
    """The rest is not looked at."""


class Walk:
    """The digest of what it has passed, and the first thing that it could not read."""

    def __init__(
        self,
        homes: Homes,
        constant: Mapping[int, Handler],
        handler_of: Callable[[type], Handler],
        *,
        most_things: int = MOST_THINGS,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        """``constant`` says by the number of a type what reads objects that cannot change."""
        self.homes = homes
        self.unknown: str | None = None
        self.codes: list[CodeType] = []
        self.modules: list[Mapping[str, Any]] = []
        self._constant = constant
        self._handler_of = handler_of
        self._handlers: dict[int, tuple[type, Handler]] = {}
        self._hash = blake2b(digest_size=20)
        self._buffer = bytearray()
        self._met: dict[int, int] = {}
        self._kept: list[Any] = []
        self._things_left = most_things
        self._bytes_left = most_bytes
        self._nested_left = MOST_NESTED

    def run(self, thing: Any) -> None:
        """Pass through everything that ``thing`` is made of."""
        todo = [thing]
        while todo:
            one = todo.pop()
            self._things_left -= 1
            handler = self._constant.get(id(type(one)))
            if handler is None:
                if not self._is_new(id(one), one):
                    continue
                handler = self._handler_for(type(one))
            parts = list(handler(one, self))
            self._buffer += b"(%d)" % len(parts)
            self.expect(len(parts))
            parts.reverse()
            todo += parts

    def follow(self, named_by: Callable[[CodeType], Iterable[str]]) -> None:
        """Pass through what code names in modules; it may lead to more code and more modules."""
        done: set[tuple[int, str]] = set()
        while todo := [one for one in self._named_in_modules(named_by) if one not in done]:
            for number, name in todo:
                done.add((number, name))
                self.plain("in module", (number, name))
                self.run(self.modules[number][name])

    def emit(self, tag: str, data: bytes = b"") -> None:
        """Write a header."""
        buffer = self._buffer
        buffer += f"{tag}:{len(data)}:".encode()
        buffer += data
        if len(buffer) > FLUSH:
            self._hash.update(buffer)
            buffer.clear()

    def plain(self, tag: str, value: Any) -> None:
        """Write plain data: exact built-in types that are made of nothing else, no sets."""
        self.emit(tag, marshal.dumps(value, UNVERSIONED))

    def mark(self, thing: Any) -> None:
        """Write which one of its kind this is, and nothing that it holds."""
        if self._is_new(~id(thing), thing):
            self.emit("another")

    def expect(self, things: int) -> None:
        """Say before they are looked at how many things there are.

        Raises:
            Unidentified: they are too many.
        """
        if things > self._things_left:
            msg = f"more than {MOST_THINGS:,} objects that it refers to"
            raise Unidentified(msg)

    def spend(self, size_bytes: int, what: str) -> None:
        """Say before data is looked at how much it is.

        Raises:
            Unidentified: it is too much.
        """
        self._bytes_left -= size_bytes
        if self._bytes_left < 0:
            msg = f"{what} of more than {MOST_BYTES:,} bytes"
            raise Unidentified(msg)

    def give_up(self, what: str, thing: object = None) -> None:
        """Note what cannot be read; in this process it is known by where it lies."""
        self.emit("unknown", b"%d" % id(thing))
        self.unknown = self.unknown or what

    def in_any_order(self, things: Iterable[Any]) -> list[Any]:
        """Write digests of things that have no order; those that can change remain to be passed.

        They are passed in the order of their digests, so that it shows which of them is met again.
        """
        self._nested_left -= 1
        if self._nested_left < 0:
            msg = "sets nested too deeply"
            raise Unidentified(msg)
        digests = [(*self._apart(thing), thing) for thing in things]
        digests.sort(key=lambda one: one[0])
        self._nested_left += 1
        self.plain("in any order", [digest for digest, _, _ in digests])
        return [thing for _, can_change, thing in digests if can_change]

    def digest(self) -> str:
        self._hash.update(self._buffer)
        self._buffer.clear()
        return self._hash.hexdigest()

    def _handler_for(self, kind: type) -> Handler:
        if id(kind) not in self._handlers:
            self._handlers[id(kind)] = (kind, self._handler_of(kind))
        return self._handlers[id(kind)][1]

    def _named_in_modules(
        self, named_by: Callable[[CodeType], Iterable[str]]
    ) -> list[tuple[int, str]]:
        if not self.modules:
            return []
        names = {name for code in self.codes for name in named_by(code)}
        inside = enumerate(self.modules)
        return [(number, name) for number, held in inside for name in sorted(names & held.keys())]

    def _apart(self, thing: Any) -> tuple[str, bool]:
        """Its digest, and whether anything can change in it; the rest is as it was before."""
        outside, met, modules = (self._hash, self._buffer), len(self._met), len(self.modules)
        self._hash, self._buffer = blake2b(digest_size=20), bytearray()
        self.run(thing)
        digest = self.digest()
        self._hash, self._buffer = outside
        can_change = len(self._met) > met
        while len(self._met) > met:
            self._met.popitem()
        del self._kept[met:], self.modules[modules:]
        return digest, can_change

    def _is_new(self, key: int, thing: Any) -> bool:
        """Whether it was not passed before; if it was, a mark is written in its place."""
        order = self._met.setdefault(key, len(self._kept))
        if order < len(self._kept):
            self.emit("again", b"%d" % order)
            return False
        self._kept.append(thing)
        return True
