"""What plain values and containers are made of."""

from __future__ import annotations

import marshal
from contextvars import Context
from gc import get_referents
from itertools import chain
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from amorsize.cache.identity.homes import (
    ODD_NAMES,
    module_of,
    qualname_of,
    text,
    vars_of,
    vars_of_loaded,
    vars_of_module,
)
from amorsize.cache.identity.walk import UNVERSIONED

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from amorsize.cache.identity.walk import Handler, Walk

ATOMS: Final = (type(None), bool, int, float, complex, str, bytes)

NUMBERS_OF_ATOMS: Final = frozenset(map(id, ATOMS))
"""Types are told apart by these: to hash one or compare it may be left to its metaclass."""

ITEM_BYTES: Final = 8
"""About what a number takes when written."""

SORTED_BYTES: Final = 24
"""What else an item of a set costs, which is written by itself and put in order."""

SIZES: Final[tuple[tuple[type, Callable[[Any], int], int], ...]] = (
    (str, len, 1),
    (bytes, len, 1),
    (int, int.bit_length, 8),
)
"""What may be large, how to ask, and how much of that makes a byte."""


class Bag:
    """Made up on the way: things in no order."""

    __slots__ = ("things",)

    def __init__(self, things: Iterable[Any]) -> None:
        self.things = things


class Absent:
    """Made up on the way: stands where there is no value."""

    __slots__ = ()


ABSENT: Final = Absent()


def atom(thing: Any, walk: Walk) -> tuple[()]:
    """Written as it is."""
    kind = type(thing)
    if kind is str or kind is bytes:
        walk.spend(len(thing), "text or bytes")
    elif kind is int:
        walk.spend(thing.bit_length() // 8, "a number")
    walk.plain("atom", thing)
    return ()


def only_one(thing: Any, walk: Walk) -> tuple[()]:
    """``Ellipsis`` and the like: there is one of each, or one is as good as another."""
    walk.plain("one", qualname_of(type(thing)))
    return ()


def sequence(thing: Any, walk: Walk) -> Iterable[Any]:
    """A list or tuple."""
    tag = type(thing).__name__
    if _is_flat(thing, walk):
        walk.plain(tag, thing)
        return ()
    walk.emit(f"{tag}*")
    return tuple(thing)


def mapping(thing: dict[Any, Any], walk: Walk) -> Iterable[Any]:
    """In the order in which it is kept, which a program makes the same each time."""
    if _is_flat(thing, walk) and _is_flat(thing.values(), walk):
        walk.plain("dict", thing)
        return ()
    walk.emit("dict*")
    return tuple(chain.from_iterable(thing.items()))


def unordered(thing: Any, walk: Walk) -> Iterable[Any]:
    """A set: neither hash order nor addresses may show."""
    tag = type(thing).__name__
    walk.spend(len(thing) * SORTED_BYTES, "sets")
    if _is_flat(thing, walk):
        walk.plain(tag, sorted(marshal.dumps(item, UNVERSIONED) for item in thing))
        return ()
    walk.emit(f"{tag}*")
    return walk.in_any_order(tuple(thing))


def bag(thing: Bag, walk: Walk) -> Iterable[Any]:
    """What a kind of set holds."""
    walk.emit("bag")
    return walk.in_any_order(thing.things)


def byte_array(thing: bytearray, walk: Walk) -> tuple[()]:
    """What it holds now."""
    walk.spend(len(thing), "a bytearray")
    walk.emit("bytearray", bytes(thing))
    return ()


def typed_array(thing: Any, walk: Walk) -> tuple[()]:
    """``array.array``."""
    walk.spend(len(thing) * thing.itemsize, "an array")
    walk.emit(f"array {thing.typecode}", thing.tobytes())
    return ()


def module(thing: ModuleType, walk: Walk) -> tuple[()]:
    """An installed one by name and version; of an own one, what code names will be read."""
    inside = vars_of_module(thing)
    if not walk.homes.has_plain_names(inside):
        walk.give_up(ODD_NAMES, thing)
        return ()
    name = text(inside.get("__name__"))
    if vars_of_loaded(name) is inside and not walk.homes.is_own(name):
        walk.plain("module", (name, walk.homes.version_of(name)))
    elif type(thing) is not ModuleType or "__getattr__" in inside:
        walk.give_up(f"module {name}, whose names are made on demand", thing)
    else:
        walk.emit("own module")
        walk.modules.append(inside)
    return ()


def read_by(kind: type, *names: str) -> Handler:
    """How to read what is all in these fields of a class written in C."""
    fields = [vars_of(kind)[name].__get__ for name in names]
    tag = f"{module_of(kind)}.{qualname_of(kind)}"

    def read(thing: Any, walk: Walk) -> list[Any]:
        walk.emit(tag)
        return [field(thing) for field in fields]

    return read


def struct(thing: Any, walk: Walk) -> list[Any]:
    """A compiled format of bytes."""
    walk.plain("struct", thing.format)
    return []


def proxy(thing: Any, walk: Walk) -> list[Any]:
    """What a read-only view shows, which does not hand it out."""
    walk.emit("proxy")
    return get_referents(thing)


def dated(thing: Any, walk: Walk) -> list[Any]:
    """A datetime or time; its zone may be of a class of the user's."""
    walk.plain("dated", repr(thing.replace(tzinfo=None)))
    return [thing.tzinfo, thing.fold]


def shown(thing: Any, walk: Walk) -> tuple[()]:
    """A value of Python's own that shows all it is."""
    walk.plain(f"{module_of(type(thing))}.{type(thing).__name__}", repr(thing))
    return ()


def taken_apart(thing: Any, walk: Walk) -> list[Any]:
    """A value of installed C code that says how to make it again."""
    walk.plain("made", qualname_of(type(thing)))
    return [*thing.__reduce__()]


def variable(thing: Any, walk: Walk) -> list[Any]:
    """A context variable: what it has here, and what it has where nothing was set."""
    walk.plain("variable", thing.name)
    return [_known(thing.get), _known(lambda: Context().run(thing.get))]


def _known(get: Callable[[], Any]) -> Any:
    try:
        return get()
    except LookupError:
        return ABSENT


def _is_flat(items: Collection[Any], walk: Walk) -> bool:
    """Whether all are atoms, which are written at once; says how much they are."""
    walk.spend(len(items) * ITEM_BYTES, "containers")
    kinds = {*map(id, map(type, items))}
    if not kinds <= NUMBERS_OF_ATOMS:
        walk.expect(len(items))
        return False
    for kind, size, per_byte in SIZES:
        if id(kind) in kinds:
            sizes = map(size, (item for item in items if type(item) is kind))
            more = sum(sizes) // per_byte - len(items) * ITEM_BYTES
            walk.spend(max(more, 0), "numbers, texts or bytes")
    return True
