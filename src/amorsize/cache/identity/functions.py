"""What functions are made of, and what else is called in their place."""

from __future__ import annotations

import opcode
from functools import lru_cache
from gc import get_referents
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from amorsize.cache.identity.homes import ODD_NAMES, found_by_name, text, vars_of, vars_of_loaded
from amorsize.cache.identity.names import taken_from_outside
from amorsize.cache.identity.values import ABSENT, ITEM_BYTES

if TYPE_CHECKING:
    from types import CellType, CodeType, FunctionType

    from amorsize.cache.identity.walk import Walk

LOADS_CONSTANT: Final = frozenset(opcode.hasconst)

CODE_COST: Final = 4
"""Each byte is looked at by hand, which takes that much longer than to write it."""

COPIED: Final = frozenset(("__doc__", "__module__", "__name__", "__qualname__"))
"""What ``functools.wraps`` takes over into the attributes: the wrapped function has it, too."""

PROBE: Final = lru_cache(len)

WRAPS: Final = get_referents(PROBE).index(len) - len(get_referents(PROBE))
"""Where, from the end, the function stands in what ``lru_cache`` refers to, behind its results.

``__wrapped__`` is an attribute like others: who calls ``functools.wraps`` once more sets another.
"""

attributes_of_cached: Final = vars_of(type(PROBE))["__dict__"].__get__
info_of_cached: Final = vars_of(type(PROBE))["cache_info"].__get__


def code(thing: CodeType, walk: Walk) -> list[Any]:
    """Bytecode and all it refers to by number, but no file, line or docstring."""
    instructions = thing.co_code
    walk.spend(len(instructions) * CODE_COST, "code")
    walk.plain(
        "code",
        (
            thing.co_argcount,
            thing.co_posonlyargcount,
            thing.co_kwonlyargcount,
            thing.co_flags,
            instructions,
            thing.co_exceptiontable,
            thing.co_names,
            thing.co_varnames,
            thing.co_freevars,
            thing.co_cellvars,
            thing.co_qualname,
        ),
    )
    walk.codes.append(thing)
    constants = thing.co_consts
    if _begins_with_docstring(constants, instructions):
        return [None, *constants[1:]]
    return [*constants]


def function(thing: FunctionType, walk: Walk) -> list[Any]:
    """Code, defaults, closure, attributes, and the globals that the code names."""
    namespace = thing.__globals__
    plain, name = walk.homes.has_plain_names(namespace), thing.__qualname__
    module = text(namespace.get("__name__")) if plain else ""
    own = vars_of_loaded(module) is not namespace or walk.homes.is_own(module)
    home = "" if own else (module, walk.homes.version_of(module))
    if not own and found_by_name(module, name) is thing:
        walk.plain("named", (home, name))
        return []
    walk.plain("function", (home, name, thing.__name__))
    parts = [
        thing.__code__,
        thing.__defaults__,
        thing.__kwdefaults__,
        thing.__dict__,
        thing.__closure__,
    ]
    return parts + taken_from_outside(thing, walk) if own else parts


def cell(thing: CellType, walk: Walk) -> list[Any]:
    """A variable that functions share."""
    walk.emit("cell")
    try:
        return [thing.cell_contents]
    except ValueError:  # not assigned yet
        return [ABSENT]


def builtin(thing: Any, walk: Walk) -> list[Any]:
    """A function written in C, by its qualified name, and the object it belongs to.

    What ``eval`` and ``exec`` run may take anything from outside by any name.
    """
    if thing is eval or thing is exec:  # noqa: S307 - it is not called
        walk.give_up(f"{thing.__name__}, which runs what cannot be seen")
    owner, module = thing.__self__, text(thing.__module__)
    walk.plain("builtin", (module, thing.__qualname__, walk.homes.version_of(module)))
    return [] if owner is None or issubclass(type(owner), ModuleType) else [owner]


def cached(thing: Any, walk: Walk) -> list[Any]:
    """``lru_cache``: the function, and its bounds, which stand in the attributes; no results."""
    attributes: dict[str, Any] = attributes_of_cached(thing)
    _, _, most, results = info_of_cached(thing)()
    if most is not None:  # results are listed, with their arguments, before the function
        walk.spend(3 * results * ITEM_BYTES, "remembered results")
    walk.plain("cached", most)
    if not walk.homes.has_plain_names(attributes):
        walk.give_up(ODD_NAMES, thing)
        return [get_referents(thing)[WRAPS]]
    if type(attributes.get("__wrapped__")) is type(thing):  # whose parameters it took over
        walk.give_up("functools.lru_cache of another", thing)
    attributes = {name: value for name, value in attributes.items() if name not in COPIED}
    return [get_referents(thing)[WRAPS], attributes]


def _begins_with_docstring(constants: tuple[Any, ...], instructions: bytes) -> bool:
    """Whether the first constant is one and nothing else: no instruction uses it."""
    if not constants or type(constants[0]) is not str:
        return False
    pairs = zip(instructions[::2], instructions[1::2], strict=True)
    return not any(operation in LOADS_CONSTANT and low == 0 for operation, low in pairs)
