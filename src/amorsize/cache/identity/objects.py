"""What classes and their objects are made of: the dictionaries and slots themselves are read."""

from __future__ import annotations

from collections import OrderedDict, deque
from types import GetSetDescriptorType, MemberDescriptorType
from typing import TYPE_CHECKING, Any, Final, cast

from amorsize.cache.identity.homes import (
    found_by_name,
    module_of,
    mro_of,
    qualname_of,
    vars_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from amorsize.cache.identity.walk import Walk

POINTER: Final = tuple.__itemsize__

NOT_READ: Final = frozenset(
    (
        "__abstractmethods__",
        "__annotate__",
        "__annotate_func__",
        "__annotations__",
        "__annotations_cache__",
        "__dataclass_fields__",
        "__dataclass_params__",
        "__dict__",
        "__doc__",
        "__firstlineno__",
        "__module__",
        "__orig_bases__",
        "__parameters__",
        "__slotnames__",  # noted by copyreg when an object is first pickled
        "__slots__",
        "__static_attributes__",
        "__weakref__",
        "_abc_impl",
    )
)
"""Of a class: what says the same again, or nothing about what it does."""

CONTENT: Final[Mapping[type, Callable[[Any], Any]]] = {
    OrderedDict: lambda thing: [*OrderedDict.items(thing)],
    bytearray: bytes,
    bytes: lambda thing: bytes.join(b"", [thing, b""]),
    complex: complex.__complex__,
    deque: lambda thing: [vars(deque)["maxlen"].__get__(thing), *deque.__iter__(thing)],
    dict: lambda thing: dict(dict.items(thing)),
    float: float.hex,
    frozenset: lambda thing: frozenset(frozenset.__iter__(thing)),
    int: int.__int__,
    list: lambda thing: [*list.__iter__(thing)],
    set: lambda thing: set(set.__iter__(thing)),
    str: str.__str__,
    tuple: lambda thing: (*tuple.__iter__(thing),),
}
"""Built-in classes whose objects hold more than attributes, and how to read that."""


def a_class(thing: type, walk: Walk) -> list[Any]:
    """Installed ones by name; own ones by what they consist of."""
    module, name = module_of(thing), qualname_of(thing)
    if not walk.homes.is_own(module) and found_by_name(module, name) is thing:
        walk.plain("class", (module, name, walk.homes.version_of(module)))
        return []
    if not walk.is_new(thing):
        return []
    walk.plain("own class", name)
    parts: list[Any] = [type(thing)] if type(thing) is not type else []
    for name, value in vars_of(thing).items():
        if name not in NOT_READ and type(value) is not GetSetDescriptorType:
            parts += [name, value]
    return [*parts, thing.__bases__]


def an_object(thing: Any, walk: Walk) -> Iterable[Any]:
    """Its class, its attributes, and what the built-in class below it holds."""
    kind = type(thing)
    if not walk.is_new(thing):
        return ()
    if _hides_something(kind):
        return _by_name(thing, walk)
    walk.emit("object")
    return [kind, *_content(thing, kind), *_attributes(thing, kind)]


def a_logger(thing: Any, walk: Walk) -> list[Any]:
    """By name: where it writes is no part of what a function does."""
    walk.emit("logger")
    return [object.__getattribute__(thing, "__dict__").get("name")]


def a_path(thing: Any, walk: Walk) -> list[Any]:
    """By what it says; the rest of it is remembered hashes."""
    walk.emit("path")
    below = next(base for base in mro_of(type(thing)) if qualname_of(base) == "PurePath")
    return [type(thing), cast("Any", below).__str__(thing)]


def alike(thing: Any, walk: Walk) -> tuple[()]:
    """A lock: one is as good as another."""
    walk.plain("alike", qualname_of(type(thing)))
    return ()


def nobody_knows(thing: Any, walk: Walk) -> tuple[()]:
    """What keeps to itself what it is."""
    walk.give_up(_called(type(thing)), thing)
    return ()


def _by_name(thing: Any, walk: Walk) -> tuple[()]:
    """Something of an installed module that can be found there again."""
    kind = type(thing)
    if not walk.homes.is_own(module_of(kind)):
        name = str(getattr(thing, "__name__", ""))
        # functions that numpy makes do not tell where they lie
        module = str(getattr(thing, "__module__", None) or module_of(kind))
        if found_by_name(module, name) is thing:
            walk.plain("named", (module, name, walk.homes.version_of(module)))
            return ()
    return nobody_knows(thing, walk)


def _hides_something(kind: type) -> bool:
    """Whether objects have room for more than the attributes that can be seen.

    Each class may add slots, a dictionary and a list of weak references to what the one below
    has; what is larger than that was written in C and keeps something to itself.
    """
    for base in mro_of(kind):
        if base in CONTENT:
            return False
        below = base.__base__
        if below is None:
            return False
        inside = vars_of(base)
        seen = sum(type(value) is MemberDescriptorType for value in inside.values())
        seen += sum(name in inside for name in ("__dict__", "__weakref__"))
        if (
            base.__itemsize__ != below.__itemsize__
            or base.__basicsize__ - below.__basicsize__ > seen * POINTER
        ):
            return True
    return False


def _content(thing: Any, kind: type) -> Iterator[Any]:
    for base in mro_of(kind):
        if base in CONTENT:
            yield CONTENT[base](thing)
            return


def _attributes(thing: Any, kind: type) -> Iterator[Any]:
    for base in mro_of(kind):
        inside = vars_of(base)
        yield from _slots(thing, inside)
        if type(inside.get("__dict__")) is GetSetDescriptorType:
            yield inside["__dict__"].__get__(thing)


def _slots(thing: Any, inside: Mapping[str, Any]) -> Iterator[Any]:
    for name, place in inside.items():
        if type(place) is MemberDescriptorType and name != "__weakref__":
            try:
                value = place.__get__(thing)
            except AttributeError:  # not assigned
                continue
            yield from (name, value)


def _called(kind: type) -> str:
    module = module_of(kind)
    return qualname_of(kind) if module == "builtins" else f"{module}.{qualname_of(kind)}"
