"""Whose code it is: the user's own is read, what is installed is known by name and version."""

from __future__ import annotations

import os
import sys
from importlib.machinery import PathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

INSTALLED: Final = ("site-packages", "dist-packages")

NOTHING: Final[Mapping[str, Any]] = {}

mro_of: Final[Callable[[type], tuple[type, ...]]] = vars(type)["__mro__"].__get__
vars_of: Final[Callable[[type], Mapping[str, Any]]] = vars(type)["__dict__"].__get__
qualname_of: Final[Callable[[type], str]] = vars(type)["__qualname__"].__get__
_module_of: Final[Callable[[type], object]] = vars(type)["__module__"].__get__


def module_of(kind: type) -> str:
    """The name of the module that made a class; a class may claim any object to be it."""
    name = _module_of(kind)
    return name if isinstance(name, str) else ""


def vars_of_module(module: object) -> Mapping[str, Any]:
    """Past ``__getattribute__``, which would load a module that is imported lazily."""
    if not issubclass(type(module), ModuleType):
        return NOTHING
    namespace: dict[str, Any] = object.__getattribute__(module, "__dict__")
    return namespace


def found_by_name(module: str, qualname: str) -> object:
    """What a module holds under a dotted name, as it is stored; ``None`` if nothing."""
    at: object = sys.modules.get(module)
    for part in qualname.split("."):
        inside = vars_of(at) if isinstance(at, type) else vars_of_module(at)
        at = inside.get(part)
    return at


class Homes:
    """Remembers, for one walk, what it has found out about modules."""

    def __init__(self) -> None:
        self._own: dict[str, bool] = {}
        self._versions: dict[str, str] = {}
        self._origins: dict[str, str] = {}

    def is_own(self, module: str) -> bool:
        """Whether its code is neither Python's nor installed."""
        package = module.partition(".")[0]
        if package not in self._own:
            self._own[package] = _is_own(package)
        return self._own[package]

    def version_of(self, module: str) -> str:
        """Tells one release of installed code from another, and one build of own code."""
        package = module.partition(".")[0]
        if package in sys.stdlib_module_names:
            return ""
        if module not in self._versions:
            said = vars_of_module(sys.modules.get(package)).get("__version__")
            known = type(said) is str and not self.is_own(module)
            self._versions[module] = str(said) if known else _written(_file_of(module))
        return self._versions[module]

    def is_installed(self, module: str) -> bool:
        """Whether a module that is not imported could be, from where packages are installed."""
        return _lies_with_installed(self._origin(module.partition(".")[0]))

    def written(self, module: str) -> str:
        """Tells releases of an installed package apart, the same before and after its import."""
        package = module.partition(".")[0]
        if package in sys.stdlib_module_names or not package:
            return ""
        return _written(_file_of(package) or self._origin(package))

    def _origin(self, package: str) -> str:
        """The file that importing a package would run; it is not run."""
        if package not in self._origins:
            found = PathFinder.find_spec(package) if package else None
            self._origins[package] = (found and found.origin) or ""
        return self._origins[package]


def _is_own(package: str) -> bool:
    if package in sys.stdlib_module_names:
        return False
    return not _lies_with_installed(_file_of(package))


def _lies_with_installed(file: str) -> bool:
    return any(folder in file for folder in INSTALLED)


def _file_of(module: str) -> str:
    file = vars_of_module(sys.modules.get(module)).get("__file__")
    return file if type(file) is str else ""


def _written(file: str) -> str:
    """When a file was written; nothing where there is none."""
    try:
        return str(os.stat(file).st_mtime_ns) if file else ""
    except OSError:
        return ""
