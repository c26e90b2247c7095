"""What functions are made of, and whatever else can be called."""

from __future__ import annotations

import opcode
from functools import partial
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, Final

from amorsize.cache.identity.homes import found_by_name
from amorsize.cache.identity.names import taken_from_outside

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amorsize.cache.identity.walk import Walk

LOADS_CONSTANT: Final = frozenset(opcode.hasconst)

COPIED: Final = frozenset(("__doc__", "__module__", "__name__", "__qualname__"))
"""What ``functools.wraps`` takes over into the attributes: the wrapped function has it, too."""

PARTIAL: Final[Mapping[str, Any]] = vars(partial)


def code(thing: CodeType, walk: Walk) -> list[Any]:
    """Bytecode and all it refers to by number, but no file, line or docstring."""
    instructions = thing.co_code
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
    constants = thing.co_consts
    if _begins_with_docstring(constants, instructions):
        return [None, *constants[1:]]
    return [*constants]


def function(thing: FunctionType, walk: Walk) -> list[Any]:
    """Code, defaults, closure, attributes, and the globals that the code names."""
    module = thing.__globals__.get("__name__")
    module = module if type(module) is str else ""
    own = walk.homes.is_own(module)
    if not own and found_by_name(module, thing.__qualname__) is thing:
        walk.plain("named", (module, thing.__qualname__, walk.homes.version_of(module)))
        return []
    if not walk.is_new(thing):
        return []
    walk.plain("function", "" if own else walk.homes.version_of(module))
    parts: list[Any] = [thing.__code__, thing.__defaults__, thing.__kwdefaults__, thing.__dict__]
    for cell in thing.__closure__ or ():
        try:
            parts += ["cell", cell.cell_contents]
        except ValueError:  # not assigned yet
            parts.append("empty")
    if own:
        parts += taken_from_outside(thing, walk)
    return parts


def partial_of(thing: Any, walk: Walk) -> list[Any]:
    """The function and the arguments that it already has."""
    walk.emit("partial")
    if not walk.is_new(thing):
        return []
    held = [PARTIAL[name].__get__(thing) for name in ("func", "args", "keywords", "__dict__")]
    return [*held, type(thing)]


def method(thing: Any, walk: Walk) -> list[Any]:
    """The function and the object it is bound to."""
    walk.emit("method")
    return [thing.__func__, thing.__self__]


def builtin(thing: Any, walk: Walk) -> list[Any]:
    """A function written in C, by its qualified name, and the object it belongs to."""
    owner = thing.__self__
    module = thing.__module__ if type(thing.__module__) is str else ""
    walk.plain("builtin", (module, thing.__qualname__, walk.homes.version_of(module)))
    return [] if owner is None or issubclass(type(owner), ModuleType) else [owner]


def descriptor(thing: Any, walk: Walk) -> list[Any]:
    """A method or attribute of a class written in C."""
    walk.plain("descriptor", thing.__name__)
    return [thing.__objclass__]


def slot(thing: Any, walk: Walk) -> list[Any]:
    """The place of an attribute in objects of a class, or a C method bound to an object."""
    walk.plain("slot", thing.__name__)
    return []


def method_wrapper(thing: Any, walk: Walk) -> list[Any]:
    """A special method of something written in C, bound to an object."""
    walk.plain("wrapper", thing.__name__)
    return [thing.__self__]


def wrapping(thing: Any, walk: Walk) -> list[Any]:
    """A static or class method."""
    walk.plain("wrapping", type(thing).__name__)
    return [thing.__func__]


def property_of(thing: Any, walk: Walk) -> list[Any]:
    """The functions behind it."""
    walk.emit("property")
    return [thing.fget, thing.fset, thing.fdel]


def cached(thing: Any, walk: Walk) -> list[Any]:
    """``lru_cache``: the function and the bounds stand in its attributes; the rest is results."""
    walk.emit("cached")
    if not walk.is_new(thing):
        return []
    attributes: dict[str, Any] = object.__getattribute__(thing, "__dict__")
    return [{name: value for name, value in attributes.items() if name not in COPIED}]


def _begins_with_docstring(constants: tuple[Any, ...], instructions: bytes) -> bool:
    """Whether the first constant is one and nothing else: no instruction uses it."""
    if not constants or type(constants[0]) is not str:
        return False
    pairs = zip(instructions[::2], instructions[1::2], strict=True)
    return not any(operation in LOADS_CONSTANT and low == 0 for operation, low in pairs)
