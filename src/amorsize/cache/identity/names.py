"""What code takes from outside: the globals it reads, and the modules it imports while it runs.

Followed are own modules, from attribute to attribute. Names that are made while the code runs
(``getattr``, ``globals()``, ``import_module``) cannot be seen.
"""

from __future__ import annotations

import opcode
import sys
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any, Final

from amorsize.cache.identity.homes import vars_of_module

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import FunctionType

    from amorsize.cache.identity.walk import Walk

EXTENDED: Final = opcode.EXTENDED_ARG

READS_GLOBAL: Final = {
    opcode.opmap[name]: shift
    for name, shift in (
        ("LOAD_GLOBAL", 1),
        ("LOAD_NAME", 0),
        ("LOAD_FROM_DICT_OR_GLOBALS", 0),
    )
    if name in opcode.opmap
}
"""Operations, and how many bits of their argument say something else than which name."""

IMPORTS: Final = {opcode.opmap["IMPORT_NAME"]: 0}


def taken_from_outside(thing: FunctionType, walk: Walk) -> Iterator[Any]:
    """Names, each with the value it has now."""
    namespace = thing.__globals__
    codes = [*_codes_in(thing.__code__)]
    outside = _Outside([*dict.fromkeys(name for one in codes for name in one.co_names)], walk)
    for name in _named_by(READS_GLOBAL, codes):
        if name in namespace:
            yield from outside.value(name, namespace[name])
    for name in _named_by(IMPORTS, codes):
        yield from outside.imported(name, namespace)


class _Outside:
    """Follows, for one function, the attributes that its code names."""

    def __init__(self, names: list[str], walk: Walk) -> None:
        self._names = names
        self._walk = walk
        self._seen: set[int] = set()

    def value(self, name: str, value: Any) -> Iterator[Any]:
        yield name
        if not issubclass(type(value), ModuleType):
            yield value
            return
        inside = vars_of_module(value)
        home = inside.get("__name__")
        if type(home) is not str or not self._walk.homes.is_own(home):
            yield value
        elif id(value) not in self._seen:
            self._seen.add(id(value))
            yield from self._of_module(inside)

    def imported(self, name: str, namespace: Mapping[str, Any]) -> Iterator[Any]:
        """A module that the code imports when it runs; it may be that it never ran here."""
        yield name
        package = namespace.get("__package__")
        places = [name, *_relative(name, package if type(package) is str else "")]
        loaded = [place for place in places if place in sys.modules]
        for place in loaded:
            if self._walk.homes.is_own(place):
                yield from self.value(place, sys.modules[place])
        if name in sys.modules or name.partition(".")[0] in sys.stdlib_module_names:
            known = True
        else:
            known = bool(loaded) or self._walk.homes.is_installed(name)
        if not known:
            self._walk.give_up(f"module {name or '.'}, which has not been imported yet")
        elif not any(map(self._walk.homes.is_own, loaded)):
            yield self._walk.homes.written(name)

    def _of_module(self, inside: Mapping[str, Any]) -> Iterator[Any]:
        for name in self._names:
            if name in inside:
                yield from self.value(name, inside[name])


def _relative(name: str, package: str) -> Iterator[str]:
    """Where ``from .name import`` may lead, from any of the packages around."""
    while package:
        yield f"{package}.{name}" if name else package
        package = package.rpartition(".")[0]


def _named_by(operations: Mapping[int, int], codes: list[CodeType]) -> dict[str, None]:
    """Names in the arguments of these operations: an attribute of the same name is none."""
    return dict.fromkeys(name for one in codes for name in _arguments(operations, one))


def _arguments(operations: Mapping[int, int], thing: CodeType) -> Iterator[str]:
    instructions, names, high = thing.co_code, thing.co_names, 0
    for operation, low in zip(instructions[::2], instructions[1::2], strict=True):
        argument = high << 8 | low
        high = argument if operation == EXTENDED else 0
        if operation in operations:
            yield names[argument >> operations[operation]]


def _codes_in(thing: CodeType) -> Iterator[CodeType]:
    yield thing
    for constant in thing.co_consts:
        if type(constant) is CodeType:
            yield from _codes_in(constant)
