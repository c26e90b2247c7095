"""Find the open connection or file that a function drags along, without touching it.

Workers must not share one: forked copies read from one position and write into one stream,
threads interleave in one conversation. The walk is bounded and runs no code of the user's.
"""

from __future__ import annotations

import sys
from collections import deque
from dataclasses import dataclass
from functools import partial
from itertools import islice
from types import CodeType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from amorsize.sample.connections import HARMLESS, is_open, module_of, name_of, remedy_for
from amorsize.sample.facts import what_a_call_runs
from amorsize.sample.holdings import Link, OwnCode, held_by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST_LINKS: Final = 150
"""Links that are followed, nearest first: at most some 0.3 ms. A count and not a time, so
that the same function always gets the same answer."""

ATOMS: Final = frozenset(
    (type(None), bool, int, float, complex, str, bytes, bytearray, range, CodeType)
)
STANDARD_STREAMS: Final = ("stdin", "stdout", "stderr", "__stdin__", "__stdout__", "__stderr__")


@dataclass(frozen=True, slots=True)
class Carried:
    """What was found and where, and what the user can do about it."""

    what: str
    """``sqlite3.Connection in closure variable 'db'``."""
    remedy: str


class _Reached(NamedTuple):
    """An object, and how the walk came to it."""

    link: Link
    holder: _Reached | None = None


def carried_by(func: Callable[..., Any]) -> Carried | None:
    """Name the nearest open connection or file that ``func`` would take into a worker."""
    try:
        return _Walk(func).find()
    except Exception:  # noqa: BLE001 - something changed while we looked: costs only a warning
        return None


class _Walk:
    """One bounded walk, nearest objects first."""

    def __init__(self, func: Callable[..., Any]) -> None:
        self.start = [func, what_a_call_runs(type(func))]
        self.own = OwnCode(_module_of_code(func))
        self.seen = {id(getattr(sys, name, None)) for name in STANDARD_STREAMS}
        self.remedies: dict[type, str | None] = {}
        self.links_left = MOST_LINKS

    def find(self) -> Carried | None:
        queue = deque(_Reached(("", "", thing)) for thing in self.start)
        while queue:
            reached = queue.popleft()
            thing = reached.link[-1]
            remedy = self.remedy(type(thing))
            if remedy is None:
                queue.extend(self.new_from(reached))
            elif remedy != HARMLESS and is_open(thing):
                return Carried(f"{name_of(thing)} in {_place(reached)}", remedy)
        return None

    def new_from(self, holder: _Reached) -> Iterator[_Reached]:
        """What was not seen before, as far as links are left."""
        for link in islice(held_by(holder.link[-1], self.own), self.links_left):
            self.links_left -= 1
            thing = link[-1]
            if type(thing) not in ATOMS and id(thing) not in self.seen:
                self.seen.add(id(thing))
                yield _Reached(link, holder)

    def remedy(self, kind: type) -> str | None:
        if kind not in self.remedies:
            self.remedies[kind] = remedy_for(kind)
        return self.remedies[kind]


def _module_of_code(func: object) -> str:
    while issubclass(type(func), partial):
        func = vars(partial)["func"].__get__(func)
    func = func.__func__ if type(func) is MethodType else func
    if type(func) is FunctionType:
        return str(func.__globals__.get("__name__"))
    return module_of(type(func))


def _place(reached: _Reached) -> str:
    words = []
    at: _Reached | None = reached
    while at is not None:
        words.append(_label(*at.link))
        at = at.holder
    return " of ".join(filter(None, words)) or "the object whose method it is"


def _label(word: str, name: str, thing: object) -> str:
    if type(thing) is FunctionType:
        return f"function {thing.__name__!r}" if word else ""
    if issubclass(type(thing), type) and name:
        return f"class {name!r}"
    return f"{word} {name!r}" if name else word
