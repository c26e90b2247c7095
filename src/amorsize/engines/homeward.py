"""Pickle what a spawned worker sends home.

What the caller's main script defines a worker has as a copy; home it travels by its name, and
arrives as the caller's own. By value, as cloudpickle would send it, it would arrive as well, but
it would also overwrite the methods of the caller's class with those of the copy.
"""

from __future__ import annotations

import io
import pickle
import sys
from functools import cache, reduce
from types import FunctionType
from typing import Any, Final

MAINS: Final = ("__main__", "__mp_main__")
"""The main script, and what ``multiprocessing`` calls it in a child that it spawned."""


def pack(value: Any) -> bytes:
    """Pickle, with cloudpickle where pickle cannot. Raises what that one says."""
    try:
        return pickle.dumps(value, 5)
    except Exception:  # noqa: BLE001 - whatever it was, the next attempt tells
        packed = io.BytesIO()
        _pickler()(packed, 5).dump(value)
        return packed.getvalue()


def at_home(module: str, name: str) -> Any:
    """In the caller: its own object of that name. Raises ``AttributeError``, ``KeyError``."""
    return reduce(getattr, name.split("."), sys.modules[module])


@cache
def _pickler() -> Any:
    import cloudpickle

    class Homeward(cloudpickle.Pickler):  # type: ignore[misc]
        def reducer_override(self, value: Any) -> Any:
            if isinstance(value, type | FunctionType) and _is_of_the_main_script(value):
                return at_home, (value.__module__, value.__qualname__)
            return super().reducer_override(value)

    return Homeward


def _is_of_the_main_script(value: Any) -> bool:
    return value.__module__ in MAINS and "<" not in value.__qualname__
