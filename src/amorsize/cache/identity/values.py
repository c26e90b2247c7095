"""What plain values and containers are made of."""

from __future__ import annotations

import marshal
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from amorsize.cache.identity.homes import module_of, vars_of_module
from amorsize.cache.identity.walk import UNVERSIONED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from types import ModuleType

    from amorsize.cache.identity.walk import Walk

ATOMS: Final = frozenset((type(None), bool, int, float, complex, str, bytes))
SIZED: Final = (str, bytes)
ITEM_BYTES: Final = 8
"""About what a number takes when written."""


def atom(thing: Any, walk: Walk) -> tuple[()]:
    """Written as it is."""
    if type(thing) in SIZED:
        walk.spend(len(thing), "text or bytes")
    elif type(thing) is int:
        walk.spend(thing.bit_length() // 8, "a number")
    walk.plain("atom", thing)
    return ()


def singleton(thing: Any, walk: Walk) -> tuple[()]:
    """``Ellipsis`` and the like: there is one of each."""
    walk.plain("singleton", type(thing).__name__)
    return ()


def sequence(thing: Any, walk: Walk) -> Iterable[Any]:
    """A list or tuple; a list is one and the same wherever it is met again."""
    tag = type(thing).__name__
    if type(thing) is list and not walk.is_new(thing):
        return ()
    if _is_flat(thing, walk):
        walk.plain(tag, thing)
        return ()
    walk.emit(f"{tag}*", b"%d" % len(thing))
    return tuple(thing)


def mapping(thing: dict[Any, Any], walk: Walk) -> Iterable[Any]:
    """In the order in which it is kept, which a program makes the same each time."""
    if not walk.is_new(thing):
        return ()
    if _is_flat(thing, walk) and _is_flat(thing.values(), walk):
        walk.plain("dict", thing)
        return ()
    walk.emit("dict*", b"%d" % len(thing))
    return tuple(chain.from_iterable(thing.items()))


def unordered(thing: Any, walk: Walk) -> Iterable[Any]:
    """A set: neither hash order nor addresses may show."""
    tag = type(thing).__name__
    if _is_flat(thing, walk):
        walk.plain(tag, sorted(marshal.dumps(item, UNVERSIONED) for item in thing))
    else:
        walk.plain(f"{tag}*", walk.digest_of(tuple(thing)))
    return ()


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


def numpy_array(thing: Any, walk: Walk) -> list[Any]:
    """Type, shape and contents; of Python objects, what they are made of."""
    walk.spend(thing.nbytes, "an array")
    walk.plain("ndarray", (repr(thing.dtype), thing.shape, bool(thing.flags.writeable)))
    if thing.dtype.hasobject:
        return [thing.tolist()]
    walk.emit("data", thing.tobytes())
    return []


def numpy_scalar(thing: Any, walk: Walk) -> list[Any]:
    """Type and value."""
    walk.plain("scalar", repr(thing.dtype))
    walk.emit("data", thing.tobytes())
    return []


def numpy_type(thing: Any, walk: Walk) -> list[Any]:
    """As numpy shows it."""
    walk.plain("dtype", repr(thing))
    return []


def module(thing: ModuleType, walk: Walk) -> tuple[()]:
    """By name and version; what code names in an own module is read where it names it."""
    name = vars_of_module(thing).get("__name__")
    name = name if type(name) is str else ""
    walk.plain("module", (name, walk.homes.version_of(name)))
    return ()


def span(thing: Any, walk: Walk) -> list[Any]:
    """A range or slice."""
    walk.plain("span", type(thing).__name__)
    return [thing.start, thing.stop, thing.step]


def pattern(thing: Any, walk: Walk) -> list[Any]:
    """A compiled regular expression."""
    walk.emit("pattern")
    return [thing.pattern, thing.flags]


def dated(thing: Any, walk: Walk) -> list[Any]:
    """A datetime or time; its zone may be of a class of the user's."""
    walk.plain("dated", repr(thing.replace(tzinfo=None)))
    return [thing.tzinfo, thing.fold]


def shown(thing: Any, walk: Walk) -> tuple[()]:
    """A value of Python's own that shows all it is."""
    walk.plain(f"{module_of(type(thing))}.{type(thing).__name__}", repr(thing))
    return ()


def taken_apart(thing: Any, walk: Walk) -> list[Any]:
    """A value of Python's own that says how to make it again."""
    walk.plain("made", type(thing).__name__)
    return [*thing.__reduce__()[1:]]


def variable(thing: Any, walk: Walk) -> list[Any]:
    """A context variable, and what it has here."""
    walk.plain("variable", thing.name)
    return [thing.get(None)]


def _is_flat(items: Collection[Any], walk: Walk) -> bool:
    """Whether all are atoms, which are written at once; says how much they are."""
    if not set(map(type, items)) <= ATOMS:
        return False
    walk.spend(len(items) * ITEM_BYTES, f"a {type(items).__name__}")
    walk.spend(sum(len(item) for item in items if type(item) in SIZED), "texts or bytes")
    return True
