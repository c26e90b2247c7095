"""Pickle what a worker sends home.

Classes that cannot be imported reach a worker by value, and cloudpickle remembers by a number
whose copies they are. Home they travel by that number, and arrive as the caller's own: sent by
value, they would arrive as well, but overwrite the methods of the caller's class with copies.

A forked worker has the caller's classes themselves, at the same addresses: those that cannot be
imported travel by their address.
"""

from __future__ import annotations

import gc
import io
import pickle
import sys
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakSet, WeakValueDictionary

if TYPE_CHECKING:
    from collections.abc import Iterator


def pack(value: Any) -> bytes:
    """Pickle, with cloudpickle where pickle cannot. Raises what that one says."""
    try:
        return pickle.dumps(value, 5)
    except Exception:  # noqa: BLE001 - whatever it was, the next attempt tells
        packed = io.BytesIO()
        _pickler()(packed, 5).dump(value)
        return packed.getvalue()


def at_home(number: str) -> Any:
    """In the caller: its own class of that number. Raises ``KeyError``."""
    return _known("_DYNAMIC_CLASS_TRACKER_BY_ID")[number]


class _Here:
    is_fork: ClassVar = False
    by_address: ClassVar[WeakValueDictionary[int, type]] = WeakValueDictionary()


def be_a_fork() -> None:
    """In a forked worker, whose garbage collector looks at younger objects only (``freeze``)."""
    _Here.is_fork = True


def at_address(address: int, name: str) -> type:
    """In the caller: its own class at that address. Raises ``LookupError``."""
    known = _Here.by_address
    if address not in known:
        for kind in _classes_below(object):
            known[id(kind)] = kind
    if address not in known or known[address].__qualname__ != name:
        msg = f"class {name} of a worker is not known here"
        raise LookupError(msg)
    return known[address]


def _classes_below(base: Any) -> Iterator[Any]:
    for kind in type.__subclasses__(base):
        yield kind
        yield from _classes_below(kind)


def _travels_by_address(kind: type) -> bool:
    """Whether it was there before the fork, and cannot be looked up by name."""
    if not _Here.is_fork or any(it is kind for it in gc.get_objects()):
        return False
    found: Any = sys.modules.get(kind.__module__)
    for name in kind.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is not kind or kind.__module__ == "__main__"


def _known(table: str) -> Any:
    """What cloudpickle remembers, in a table that it does not show; empty where it has none."""
    from cloudpickle import cloudpickle

    return getattr(cloudpickle, table, {})


@cache
def _pickler() -> Any:
    import cloudpickle

    made_here = WeakSet[type]()
    """Classes that the function made in this worker: nobody has them at home."""

    class Homeward(cloudpickle.Pickler):  # type: ignore[misc]  # a base without types
        def reducer_override(self, value: Any) -> Any:
            if isinstance(value, type) and value not in made_here:
                number = _known("_DYNAMIC_CLASS_TRACKER_BY_CLASS").get(value)
                if number is not None:
                    return at_home, (number,)
                if _travels_by_address(value):
                    return at_address, (id(value), value.__qualname__)
                made_here.add(value)
            return super().reducer_override(value)

    return Homeward
