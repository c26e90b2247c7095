"""What an object holds, read without running any code of the user's.

No property, ``__getattr__``, ``__iter__`` or metaclass is asked: attributes come from the
dictionaries and slots themselves, items from the built-in containers' own iterators.
"""

from __future__ import annotations

import sys
from collections import deque
from functools import partial
from itertools import islice
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodType,
    MethodWrapperType,
    ModuleType,
)
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from amorsize.sample.connections import module_of, mro_of, vars_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

MOST_ITEMS: Final = 16
"""Items of one container that are looked at: those that matter are alike, and may be millions."""

METHODS: Final = frozenset((MethodType, BuiltinFunctionType, MethodWrapperType))

INSTALLED: Final = ("site-packages", "dist-packages")

Link: TypeAlias = tuple[str, str, Any]
"""How an object holds another: a word for it, a name or nothing, and the other object."""

ITEMS: Final[dict[type, Callable[[Any], Iterator[Any]]]] = {
    deque: deque.__iter__,
    dict: lambda thing: iter(dict.values(thing)),
    frozenset: frozenset.__iter__,
    list: list.__iter__,
    set: set.__iter__,
    tuple: tuple.__iter__,
}


class OwnCode:
    """The user's own modules: neither the standard library's nor installed ones, but ``home``.

    Libraries keep their connections in objects that the function holds, not in globals.
    """

    def __init__(self, home: str) -> None:
        self._known = {home: home.partition(".")[0] not in sys.stdlib_module_names}

    def __contains__(self, module: str) -> bool:
        if module not in self._known:
            self._known[module] = _is_own(module.partition(".")[0])
        return self._known[module]


def held_by(thing: object, own: OwnCode) -> Iterable[Link]:
    """What ``thing`` holds; of functions and classes that are not ``own``, less."""
    kind = type(thing)
    if type(thing) is FunctionType:
        return _held_by_function(thing, own)
    if kind in ITEMS:
        return _items_of(thing, kind)
    if kind in METHODS:
        return (("", "", getattr(thing, name, None)) for name in ("__self__", "__func__"))
    if issubclass(kind, type):
        return _held_by_class(cast("type", thing), own)
    if issubclass(kind, ModuleType):
        return ()
    return _held_by_instance(thing, own)


def _held_by_function(func: FunctionType, own: OwnCode) -> Iterator[Link]:
    code = func.__code__
    for name, cell in zip(code.co_freevars, func.__closure__ or (), strict=True):
        try:
            yield "closure variable", name, cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    for value in func.__defaults__ or ():
        yield "a default argument", "", value
    for name, value in (func.__kwdefaults__ or {}).items():
        yield "default argument", name, value
    for name, value in func.__dict__.items():
        yield "attribute", name, value
    if func.__globals__.get("__name__", "") in own:
        yield from _globals_of(func.__globals__, [*_names_in(code)], own)


def _names_in(code: CodeType) -> Iterator[str]:
    """Names of globals and attributes; not told apart, to be on the safe side."""
    yield from code.co_names
    for constant in code.co_consts:
        if type(constant) is CodeType:
            yield from _names_in(constant)


def _globals_of(namespace: dict[str, Any], names: list[str], own: OwnCode) -> Iterator[Link]:
    for name in names:
        if name not in namespace:
            continue
        value = namespace[name]
        if issubclass(type(value), ModuleType):
            inside = _vars_of_module(value)
            if inside.get("__name__", "") in own:
                found = (other for other in names if other in inside)
                yield from (("global variable", f"{name}.{n}", inside[n]) for n in found)
        else:
            yield "global variable", name, value


def _held_by_class(kind: type, own: OwnCode) -> Iterator[Link]:
    if module_of(kind) not in own:
        return
    for name, value in vars_of(kind).items():
        if type(value) in {staticmethod, classmethod}:
            yield "attribute", name, value.__func__
        elif type(value) is FunctionType or not name.startswith("__"):
            yield "attribute", name, value
    yield from (("", "", base) for base in mro_of(kind)[1:])


def _held_by_instance(thing: object, own: OwnCode) -> Iterator[Link]:
    kind = type(thing)
    for base in mro_of(kind):
        namespace = vars_of(base)
        if base in ITEMS:
            yield from _items_of(thing, base)
        elif base is partial:
            yield from _held_by_partial(thing)
        elif module_of(base) == "_io":
            yield from (("", "", value) for _, _, value in _slots_of(thing, namespace))
        elif "__slots__" in namespace:
            yield from _slots_of(thing, namespace)
        if type(namespace.get("__dict__")) is GetSetDescriptorType:
            attributes = namespace["__dict__"].__get__(thing)
            yield from (("attribute", name, value) for name, value in attributes.items())
    if module_of(kind) in own:
        yield "", "", kind


def _items_of(thing: object, kind: type) -> Iterator[Link]:
    return (("an item", "", item) for item in islice(ITEMS[kind](thing), MOST_ITEMS))


def _held_by_partial(thing: object) -> Iterator[Link]:
    of = vars(partial)
    yield "", "", of["func"].__get__(thing)
    yield from (("an argument of the partial", "", value) for value in of["args"].__get__(thing))
    for name, value in of["keywords"].__get__(thing).items():
        yield "argument", name, value


def _slots_of(thing: object, namespace: Mapping[str, Any]) -> Iterator[Link]:
    for name, slot in namespace.items():
        if type(slot) is MemberDescriptorType:
            try:
                yield "attribute", name, slot.__get__(thing)
            except AttributeError:  # not assigned
                continue


def _is_own(package: str) -> bool:
    if package in sys.stdlib_module_names:
        return False
    file = _vars_of_module(sys.modules.get(package)).get("__file__") or ""
    return not any(folder in file for folder in INSTALLED)


def _vars_of_module(module: object) -> dict[str, Any]:
    """Past ``__getattribute__``, which would load a module that is imported lazily."""
    if not issubclass(type(module), ModuleType):
        return {}
    namespace: dict[str, Any] = object.__getattribute__(module, "__dict__")
    return namespace
