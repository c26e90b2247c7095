"""Pickle what a spawned worker sends home.

Classes that cannot be imported reach a worker by value, and cloudpickle remembers by a number
whose copies they are. Home they travel by that number, and arrive as the caller's own: sent by
value, they would arrive as well, but overwrite the methods of the caller's class with copies.
"""

from __future__ import annotations

import io
import pickle
from functools import cache
from typing import Any
from weakref import WeakSet


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
                made_here.add(value)
            return super().reducer_override(value)

    return Homeward
