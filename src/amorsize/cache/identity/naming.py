"""From a walk through a function to its key."""

from __future__ import annotations

import os
import sys
import weakref
from dataclasses import dataclass
from functools import partial
from itertools import count
from types import MethodType
from typing import Any, Final

from amorsize.cache.identity.homes import Homes
from amorsize.cache.identity.names import named_by
from amorsize.cache.identity.table import CONSTANT, handler_of
from amorsize.cache.identity.walk import Unidentified, Walk

INTERPRETER: Final = f"{sys.implementation.name} {sys.version}"
"""Bytecode differs from version to version, and so does what it costs."""

SHARED: Final = "f-"
PRIVATE: Final = "p-"


@dataclass(frozen=True, slots=True)
class Identity:
    """A key for the cache."""

    key: str
    shared: bool
    """Whether other processes come to the same key for the same function, and no other."""
    why_not: str | None = None
    """What could not be identified."""


def identify(func: Any) -> Identity:
    """Name ``func``, in under a millisecond if it is an ordinary one. Never fails."""
    walk = Walk(Homes(), CONSTANT, handler_of)
    walk.emit("interpreter", INTERPRETER.encode())
    try:
        walk.run(func)
        walk.follow(named_by)
    except Unidentified as unknown:
        walk.give_up(str(unknown))
    except Exception as error:  # noqa: BLE001 - something changed while we looked, or is very odd
        walk.give_up(f"a part of it ({type(error).__name__})")
    if walk.unknown is None:
        return Identity(f"{SHARED}{walk.digest()}", shared=True)
    key = f"{PRIVATE}{_this_process()}-{TOKENS.of(func)}-{walk.digest()}"
    return Identity(key, shared=False, why_not=walk.unknown)


class Tokens:
    """A number for each living object, which no later one gets again."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[weakref.ref[Any], int]] = {}
        self._numbers = count(1)

    def of(self, thing: Any) -> int:
        """The number of ``thing``; of a bound method, that of its object."""
        if type(thing) is MethodType:
            thing = thing.__self__
        known = self._known.get(id(thing))
        if known is not None and known[0]() is thing:
            return known[1]
        number = next(self._numbers)  # which no two threads get
        try:
            gone = weakref.ref(thing, partial(self._forget, id(thing)))
        except TypeError:  # it cannot be watched, so it gets a new number each time
            return number
        self._known[id(thing)] = (gone, number)
        return number

    def _forget(self, key: int, gone: object) -> None:
        """Unless the place has been taken by another object already."""
        if key in self._known and self._known[key][0] is gone:
            del self._known[key]


TOKENS: Final = Tokens()
_STARTED: Final[dict[int, str]] = {}


def _this_process() -> str:
    """A name that no other process has: a forked child gets its own."""
    return _STARTED.setdefault(os.getpid(), os.urandom(8).hex())
