"""What classes and their objects are made of: the dictionaries and slots themselves are read."""

from __future__ import annotations

from collections import OrderedDict, deque
from contextlib import suppress
from functools import partial
from itertools import chain
from types import GetSetDescriptorType, MemberDescriptorType
from typing import TYPE_CHECKING, Any, Final

from amorsize.cache.identity.homes import (
    ODD_NAMES,
    base_of,
    bases_of,
    basic_size_of,
    found_by_name,
    has_plain_names,
    item_size_of,
    module_of,
    mro_of,
    qualname_of,
    text,
    vars_of,
    vars_of_loaded,
)
from amorsize.cache.identity.values import ITEM_BYTES, NUMBERS_OF_ATOMS, Bag
from amorsize.cache.identity.walk import Unidentified

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from amorsize.cache.identity.walk import Walk

POINTER: Final = tuple.__itemsize__

NOT_READ: Final = frozenset(
    (
        "__abstractmethods__",
        "__annotate__",
        "__annotate_func__",
        "__annotations__",
        "__annotations_cache__",
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

NOTES: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    "EnumType": ("enum", frozenset(("_value2member_map_",))),
    "Flag": ("enum", frozenset(("_inverted_",))),
    "Path": ("pathlib", frozenset(("_info",))),
    "PurePath": (
        "pathlib",
        frozenset(
            (
                "_cached_cparts",
                "_drv",
                "_hash",
                "_lines_cached",
                "_parts_normcase_cached",
                "_pparts",
                "_root",
                "_str",
                "_str_normcase_cached",
                "_tail_cached",
            )
        ),
    ),
}
"""By class and module: attributes that are filled while an object is used, or do not matter.

A path is known by its parts.
"""

PLUMBING: Final = frozenset(
    ("_cache", "disabled", "filters", "handlers", "level", "manager", "parent", "propagate")
)
"""Of a logger: what it lets through, and where it writes. A plain one stands for its name."""

FIELD_FLAGS: Final = ("name", "init", "repr", "hash", "compare")

FIELD_PARTS: Final = ("default", "default_factory", "metadata", "kw_only", "_field_type")


def _in_its_order(thing: OrderedDict[Any, Any]) -> list[Any]:
    """Keys and values. To go from key to key it looks each up, which asks them for a hash."""
    if not {*map(id, map(type, dict.keys(thing)))} <= NUMBERS_OF_ATOMS:
        msg = "collections.OrderedDict with keys that are no text or numbers"
        raise Unidentified(msg)
    keys = [*OrderedDict.keys(thing)]
    return [keys, [dict.__getitem__(thing, key) for key in keys]]


CONTENT: Final[Mapping[type, Callable[[Any], Any]]] = {
    OrderedDict: _in_its_order,
    bytearray: bytes,
    bytes: lambda thing: bytes.join(b"", [thing, b""]),
    complex: complex.__complex__,
    deque: lambda thing: [vars(deque)["maxlen"].__get__(thing), *deque.__iter__(thing)],
    dict: lambda thing: [[*dict.keys(thing)], [*dict.values(thing)]],
    float: float.hex,
    frozenset: lambda thing: Bag([*frozenset.__iter__(thing)]),
    int: int.__int__,
    list: lambda thing: [*list.__iter__(thing)],
    partial: lambda _: None,  # all stands in slots
    set: lambda thing: Bag([*set.__iter__(thing)]),
    str: str.__str__,
    tuple: lambda thing: (*tuple.__iter__(thing),),
}
"""Built-in classes whose objects hold more than attributes, and how to read that."""

CONTENT_BY_NUMBER: Final = {id(kind): (kind, read) for kind, read in CONTENT.items()}


def a_class(thing: type, walk: Walk) -> list[Any]:
    """Installed ones by name; own ones by what they consist of."""
    if not has_plain_names(vars_of(thing)):
        return [*oddly_named(thing, walk)]
    name = qualname_of(thing)
    if _is_installed(thing, walk):
        module = module_of(thing)
        walk.plain("class", (module, name, walk.homes.version_of(module)))
        return []
    notes = NOT_READ.union(*_notes(type(thing)))
    held = {name: value for name, value in vars_of(thing).items() if name not in notes}
    walk.plain("own class", (name, [*held]))
    return [type(thing), bases_of(thing), *held.values()]


def an_object(thing: Any, walk: Walk) -> list[Any]:
    """Its class, its attributes, and what the built-in class below it holds."""
    return _read(thing, walk, frozenset().union(*_notes(type(thing))))


def a_logger(thing: Any, walk: Walk) -> list[Any]:
    """One of Python's by its name; an heir of the user's may do anything with what it holds."""
    return _read(thing, walk, PLUMBING if _is_installed(type(thing), walk) else frozenset())


def _read(thing: Any, walk: Walk, notes: frozenset[str]) -> list[Any]:
    kind = type(thing)
    if _hides_something(kind):
        return _by_name(thing, walk)
    slots = [slot for slot in _slots(thing, kind) if slot[0] not in notes]
    walk.plain("object", [name for name, _ in slots])
    values = [value for _, value in slots]
    return [kind, *_content(thing, kind, walk), *values, *_dictionaries(thing, kind, notes)]


def a_field(thing: Any, walk: Walk) -> list[Any]:
    """Of a dataclass, of which there are many. Its type is an annotation."""
    held = dict(_slots(thing, type(thing)))
    walk.plain("field", [held[name] for name in FIELD_FLAGS])
    return [held[name] for name in FIELD_PARTS]


def nobody_knows(thing: Any, walk: Walk) -> tuple[()]:
    """What keeps to itself what it is."""
    module, name = module_of(type(thing)), qualname_of(type(thing))
    walk.give_up(name if module in {"", "builtins"} else f"{module}.{name}", thing)
    return ()


def oddly_named(thing: Any, walk: Walk) -> tuple[()]:
    """Of a class, or itself one, that cannot be looked at."""
    walk.give_up(ODD_NAMES, thing)
    return ()


def _is_installed(kind: type, walk: Walk) -> bool:
    """Whether a class is what can be found by its name in an installed module."""
    module = module_of(kind)
    return not walk.homes.is_own(module) and found_by_name(module, qualname_of(kind)) is kind


def _by_name(thing: Any, walk: Walk) -> list[Any]:
    """Something that can be found again in an installed module, which may keep it to itself."""
    # functions that numpy makes do not tell where they lie
    module = _attribute(thing, "__module__") or module_of(type(thing))
    if not walk.homes.is_own(module):
        names = [_attribute(thing, "__qualname__"), _attribute(thing, "__name__")]
        names += [name for name, one in vars_of_loaded(module).items() if one is thing]
        for name in names:
            if found_by_name(module, name) is thing:
                walk.plain("named", (module, name, walk.homes.version_of(module)))
                return []
    return [*nobody_knows(thing, walk)]


def _attribute(thing: Any, name: str) -> str:
    """A text, past properties and ``__getattr__``: a weak proxy would ask what it stands for."""
    kind = type(thing)
    places = [vars_of(base)[name] for base in mro_of(kind) if name in vars_of(base)]
    place = places[0] if places else None
    if type(place) is GetSetDescriptorType or type(place) is MemberDescriptorType:
        with suppress(AttributeError):
            return text(place.__get__(thing))
    held = [one for one in _dictionaries(thing, kind) if has_plain_names(one) and name in one]
    return text(held[0][name] if held else place)


def _hides_something(kind: type) -> bool:
    """Whether objects have room for more than the attributes that can be seen.

    Each class may add slots, a dictionary and a list of weak references to what the one below
    has; what is larger than that was written in C and keeps something to itself.
    """
    for base in mro_of(kind):
        below = base_of(base)
        if id(base) in CONTENT_BY_NUMBER or below is None:
            return False
        inside = vars_of(base)
        seen = sum(type(value) is MemberDescriptorType for value in inside.values())
        seen += sum(name in inside for name in ("__dict__", "__weakref__"))
        if (
            item_size_of(base) != item_size_of(below)
            or basic_size_of(base) - basic_size_of(below) > seen * POINTER
        ):
            return True
    return False


def _notes(kind: type) -> Iterator[frozenset[str]]:
    for base in mro_of(kind):
        module, names = NOTES.get(qualname_of(base), ("", frozenset()))
        if module and found_by_name(module, qualname_of(base)) is base:
            yield names


def _content(thing: Any, kind: type, walk: Walk) -> Iterator[Any]:
    for base in mro_of(kind):
        if id(base) in CONTENT_BY_NUMBER:
            known, read = CONTENT_BY_NUMBER[id(base)]
            if hasattr(known, "__len__"):
                walk.spend(known.__len__(thing) * ITEM_BYTES, "containers")
            yield read(thing)
            return


def _slots(thing: Any, kind: type) -> Iterator[tuple[str, Any]]:
    for name, place in chain.from_iterable(vars_of(base).items() for base in mro_of(kind)):
        if type(place) is MemberDescriptorType and name != "__weakref__":
            with suppress(AttributeError):  # not assigned
                yield name, place.__get__(thing)


def _dictionaries(thing: Any, kind: type, notes: frozenset[str] = frozenset()) -> Iterator[Any]:
    for base in mro_of(kind):
        place = vars_of(base).get("__dict__")
        if type(place) is GetSetDescriptorType:
            held = place.__get__(thing)
            known = notes and has_plain_names(held)
            yield {name: held[name] for name in held if name not in notes} if known else held
