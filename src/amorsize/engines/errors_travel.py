"""Send an exception to another process as itself.

Pickle rebuilds an exception by calling its class with ``args``, which fails, or doubles the
text, whenever ``__init__`` takes something else. Here the object is rebuilt without calling
``__init__``: type, args, attributes, notes and chained exceptions arrive intact.
"""

from __future__ import annotations

import pickle
import traceback
import types
from contextlib import suppress
from typing import Any, Final

DATA_DESCRIPTORS: Final = (types.MemberDescriptorType, types.GetSetDescriptorType)
MAX_CHAIN: Final = 8
"""Chained exceptions beyond this depth stay behind; their text is in the traceback."""

_ABSENT: Final = object()


def portable(error: BaseException) -> tuple[dict[str, Any], str]:
    """What pickle is to be given: all that ``error`` holds, and its traceback as text."""
    text = "".join(traceback.format_exception(error))
    return _state(error, MAX_CHAIN), text


def packed_error(error: BaseException) -> bytes:
    """For ``unpack_error``. Raises what pickle says of what ``error`` holds."""
    return pickle.dumps(portable(error), 5)


def annotate(error: BaseException, note: str) -> None:
    """Add a note, where ``error`` takes one: a frozen class does not, and is raised without."""
    with suppress(Exception):
        error.add_note(note)


def unpack_error(packed: bytes) -> tuple[BaseException, str]:
    """The exception that was made ``portable``, and its traceback as text."""
    state, text = pickle.loads(packed)
    return _rebuilt(state), text


def _state(error: BaseException, depth: int) -> dict[str, Any]:
    return {
        "type": type(error),
        "args": () if isinstance(error, BaseExceptionGroup) else error.args,
        "fields": _fields(error),
        "dict": dict(error.__dict__),
        "members": _members(error, depth),
        "cause": _chained(error.__cause__, depth),
        "context": _chained(error.__context__, depth),
        "quiet": error.__suppress_context__,
    }


def _chained(error: BaseException | None, depth: int) -> dict[str, Any] | None:
    return _state(error, depth - 1) if error is not None and depth > 0 else None


def _members(error: BaseException, depth: int) -> list[dict[str, Any]] | None:
    if not isinstance(error, BaseExceptionGroup):
        return None
    return [_state(member, depth - 1) for member in error.exceptions]


def _fields(error: BaseException) -> dict[str, Any]:
    """What C code or ``__slots__`` keep beside ``__dict__``: errno, code, value, ..."""
    found: dict[str, Any] = {}
    for kind in type(error).__mro__:
        for name, descriptor in vars(kind).items():
            if isinstance(descriptor, DATA_DESCRIPTORS) and not name.startswith("__"):
                found[name] = getattr(error, name, _ABSENT)
    for name in ("exceptions", "args"):  # a group's members travel one by one, args apart
        found.pop(name, None)
    return {name: value for name, value in found.items() if value is not _ABSENT}


def _rebuilt(state: dict[str, Any]) -> BaseException:
    error = _blank(state)
    for name, value in state["fields"].items():
        _restore(error, name, value)
    for name, value in state["dict"].items():
        _put_back(error, name, value)
    error.__cause__ = _rebuilt(state["cause"]) if state["cause"] else None
    error.__context__ = _rebuilt(state["context"]) if state["context"] else None
    error.__suppress_context__ = state["quiet"]
    return error


def _put_back(error: BaseException, name: str, value: Any) -> None:
    """A class that cloudpickle has made again has no slots: what was one is in ``__dict__``."""
    place = getattr(type(error), name, None)
    if isinstance(place, types.MemberDescriptorType):
        place.__set__(error, value)
    else:
        error.__dict__[name] = value


def _restore(error: BaseException, name: str, value: Any) -> None:
    if getattr(error, name, _ABSENT) is value:
        return  # setting None over an unset field would show in the text of an OSError
    try:
        setattr(error, name, value)
    except (AttributeError, TypeError):  # read-only: the constructor has set it
        return


def _blank(state: dict[str, Any]) -> BaseException:
    kind: type[BaseException] = state["type"]
    if state["members"] is not None:
        members = [_rebuilt(member) for member in state["members"]]
        # a subclass may have a __new__ of its own, with other arguments
        bare: Any = BaseExceptionGroup.__new__
        error: BaseException = bare(kind, state["fields"].get("message", ""), members)
        return error
    builtin = next(base for base in kind.__mro__ if not base.__flags__ & 1 << 9)
    try:
        error = builtin.__new__(kind, *state["args"])
        builtin.__init__(error, *state["args"])  # type: ignore[misc]  # any builtin exception takes these
    except TypeError:  # a C constructor that wants other arguments: its fields are set next
        error = BaseException.__new__(kind)
    error.args = state["args"]
    return error
