"""How functions are made for the tables of pairs."""

from __future__ import annotations

import types
from typing import Any

Func = Any


def made(source: str, filename: str = "<made>", **names: Any) -> Func:
    """What ``source`` calls ``f``, as a module of the user's would define it."""
    namespace = {"__name__": "made_up", **names}
    exec(compile(source, filename, "exec"), namespace)  # noqa: S102 - code of this folder
    return namespace["f"]


def holding(value: Any) -> Func:
    """A function with ``value`` in its closure."""
    return lambda item: (value, item)


def a_module(source: str, name: str = "made_module") -> types.ModuleType:
    module = types.ModuleType(name)
    exec(source, vars(module))  # noqa: S102 - code of this folder
    return module


def a_package(source: str) -> types.ModuleType:
    module = types.ModuleType("made_package")
    vars(module)["inner"] = a_module(source)
    return module
