"""What code takes from outside: the globals it reads, and the modules it imports while it runs.

Of own modules, however code came by them, that is read which any code on the way names as an
attribute or in a constant. Names that it does not spell out (``globals()``, ``import_module``)
cannot be seen.
"""

from __future__ import annotations

import opcode
import sys
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, Final

from amorsize.cache.identity.homes import ODD_NAMES, text
from amorsize.cache.identity.values import ABSENT

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping

    from amorsize.cache.identity.walk import Walk


def _operations(**shifts: int) -> dict[int, int]:
    """Those this Python has, and how many bits of their argument do not say which name."""
    return {opcode.opmap[name]: shift for name, shift in shifts.items() if name in opcode.opmap}


EXTENDED: Final = opcode.EXTENDED_ARG
IMPORT: Final = opcode.opmap["IMPORT_NAME"]

READS_GLOBAL: Final = _operations(LOAD_GLOBAL=1, LOAD_NAME=0, LOAD_FROM_DICT_OR_GLOBALS=0)

READS_ATTRIBUTE: Final = _operations(
    LOAD_ATTR=int(sys.version_info >= (3, 12)), LOAD_METHOD=0, LOAD_SUPER_ATTR=2, IMPORT_FROM=0
)

LOADS: Final = frozenset(_operations(LOAD_CONST=0, LOAD_SMALL_INT=0))

IMPORTS: Final = LOADS | {IMPORT}

builtins_of: Final[Callable[[FunctionType], Any]] = vars(FunctionType)["__builtins__"].__get__


def taken_from_outside(thing: FunctionType, walk: Walk) -> list[Any]:
    """What has the names that are read, and the modules that are imported."""
    namespace, builtins = thing.__globals__, builtins_of(thing)
    plain = walk.homes.has_plain_names
    if not (plain(namespace) and plain(builtins)):
        kept = type(namespace) is dict and type(builtins) is dict
        walk.give_up(ODD_NAMES if kept else "globals of a class of their own", namespace)
        return []
    codes = [*codes_in(thing.__code__)]
    names = [*dict.fromkeys(name for one in codes for name in _named(READS_GLOBAL, one))]
    walk.mark(namespace)
    walk.plain("globals", names)
    found = [namespace[n] if n in namespace else builtins.get(n, ABSENT) for n in names]
    for one in codes:
        if IMPORT in one.co_code[::2]:
            for level, name, wanted in _imports(one):
                found += _imported(_absolute(level, name, namespace), wanted, walk)
    return found


def named_by(thing: CodeType) -> Iterator[str]:
    """By which names code may reach into a module: ``m.x``, or ``getattr(m, "x")``.

    Texts stand in tuples and sets, too: what a loop goes through, ``case object(x=it)``.
    """
    yield from _named(READS_ATTRIBUTE, thing)
    constants = [*thing.co_consts]
    while constants:
        one = constants.pop()
        if type(one) is str:
            yield one
        elif type(one) is tuple or type(one) is frozenset:
            constants += one


def codes_in(thing: CodeType) -> Iterator[CodeType]:
    """Itself and what is defined inside."""
    yield thing
    for constant in thing.co_consts:
        if type(constant) is CodeType:
            yield from codes_in(constant)


def _imported(module: str, wanted: Iterable[str], walk: Walk) -> Iterator[Any]:
    """A module that the code imports when it runs; it may be that it never ran here."""
    release = walk.homes.release_of(module)
    if release is not None:
        walk.plain("import", (module, release))
        return
    inside = walk.homes.inside(module)
    places = [module.partition(".")[0], module]
    if inside and "__getattr__" not in inside:  # else the module itself is given up
        places += [f"{module}.{name}" for name in wanted if name not in inside]
    walk.plain("own import", places)
    for place in places:
        if place in sys.modules:
            yield sys.modules[place]
        else:
            walk.give_up(f"module {place or '.'}, which has not been imported yet")


def _absolute(level: Any, name: str, namespace: Mapping[str, Any]) -> str:
    """Where ``from ..name import`` leads, as Python finds it; nothing where it leads nowhere."""
    if level == 0:
        return name
    package = text(namespace.get("__package__"))
    if not package:
        package = text(namespace.get("__name__"))
        package = package if "__path__" in namespace else package.rpartition(".")[0]
    around = package.rsplit(".", level - 1)
    if not package or len(around) < level:
        return ""
    return f"{around[0]}.{name}" if name else around[0]


def _imports(thing: CodeType) -> Iterator[tuple[Any, str, tuple[str, ...]]]:
    """Of each import, how far up it begins, its name, and what is taken from there."""
    level: Any = 0
    wanted: Any = None
    for operation, argument in _instructions(thing, IMPORTS):
        if operation in LOADS:
            constant = opcode.opname[operation] == "LOAD_CONST"
            level, wanted = wanted, thing.co_consts[argument] if constant else argument
        else:
            yield level, thing.co_names[argument], wanted or ()


def _named(operations: Mapping[int, int], thing: CodeType) -> Iterator[str]:
    names = thing.co_names
    for operation, argument in _instructions(thing, operations):
        yield names[argument >> operations[operation]]


def _instructions(thing: CodeType, wanted: Container[int]) -> Iterator[tuple[int, int]]:
    """Those that are wanted, with their arguments, which may begin in instructions before."""
    instructions = thing.co_code
    operations, arguments = instructions[::2], instructions[1::2]
    for at in [at for at, operation in enumerate(operations) if operation in wanted]:
        argument, shift, before = arguments[at], 8, at - 1
        while before >= 0 and operations[before] == EXTENDED:
            argument |= arguments[before] << shift
            shift, before = shift + 8, before - 1
        yield operations[at], argument
