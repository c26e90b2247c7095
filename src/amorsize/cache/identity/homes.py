"""Whose code it is: the user's own is read, what is installed is known by name and version.

Where a module lies decides, not what it is called: a ``profile.py`` of the user's is his own.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import BuiltinImporter, FrozenImporter, PathFinder
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OWN: Final = "own"
INSTALLED: Final = "installed"
STANDARD: Final = "standard"

FOLDERS_OF_INSTALLED: Final = frozenset(("site-packages", "dist-packages"))

FOLDERS_OF_STANDARD: Final = (
    os.path.dirname(os.__file__) + os.sep,
    os.path.join(sys.base_prefix, "DLLs") + os.sep,
)

MAIN: Final = frozenset(("__main__", "__mp_main__"))
"""What is typed at a prompt lives in the module that shows the prompt, which may be installed."""

NOTHING: Final[Mapping[str, Any]] = {}

ODD_NAMES: Final = "names that are no plain text"
"""What cannot be looked at: to look a name up asks a key that is like it whether it is the same."""


def _past_metaclass(name: str) -> Callable[[type], Any]:
    """How to read a field of a class without asking its metaclass."""
    read: Callable[[type], Any] = vars(type)[name].__get__
    return read


mro_of: Final[Callable[[type], tuple[type, ...]]] = _past_metaclass("__mro__")
bases_of: Final[Callable[[type], tuple[type, ...]]] = _past_metaclass("__bases__")
base_of: Final[Callable[[type], type | None]] = _past_metaclass("__base__")
vars_of: Final[Callable[[type], Mapping[str, Any]]] = _past_metaclass("__dict__")
qualname_of: Final[Callable[[type], str]] = _past_metaclass("__qualname__")
basic_size_of: Final[Callable[[type], int]] = _past_metaclass("__basicsize__")
item_size_of: Final[Callable[[type], int]] = _past_metaclass("__itemsize__")
_module_of: Final[Callable[[type], object]] = _past_metaclass("__module__")
_namespace_of: Final[Callable[[object], dict[str, Any]]] = vars(ModuleType)["__dict__"].__get__


def module_of(kind: type) -> str:
    """The name of the module that made a class; a class may claim any object to be it."""
    return text(_module_of(kind))


def text(thing: object) -> str:
    """``thing`` where it is a string, and no heir of one, whose methods may be the user's."""
    return thing if type(thing) is str else ""


def has_plain_names(inside: object) -> bool:
    """Whether looking a name up runs nothing of the user's: all keys are strings, and no heirs."""
    if type(inside) is dict or type(inside) is MappingProxyType:
        return not [name for name in inside if type(name) is not str]
    return False


def vars_of_module(module: object) -> Mapping[str, Any]:
    """Past ``__getattribute__``, which would load a module that is imported lazily."""
    return _namespace_of(module) if issubclass(type(module), ModuleType) else NOTHING


def vars_of_loaded(module: str) -> Mapping[str, Any]:
    """What a module holds that has been imported under this name; nothing if none was."""
    return vars_of_module(sys.modules.get(module))


def found_by_name(module: str, qualname: str) -> object:
    """What a module holds under a dotted name, as it is stored; ``None`` if nothing."""
    at: object = sys.modules.get(module)
    for part in qualname.split("."):
        inside = vars_of(at) if issubclass(type(at), type) else vars_of_module(at)  # type: ignore[arg-type]  # isinstance would ask the object for its class
        at = inside.get(part)
    return at


class Homes:
    """Remembers, for one walk, what it has found out about modules."""

    def __init__(self) -> None:
        self._homes: dict[str, str] = {}
        self._versions: dict[str, str] = {}
        self._plain: dict[int, tuple[object, bool]] = {}

    def is_own(self, module: str) -> bool:
        """Whether its code is neither Python's nor installed."""
        return self._home_of(module) == OWN

    def has_plain_names(self, namespace: object) -> bool:
        """Globals are large, and asked for with each function: see the function of this name."""
        if id(namespace) not in self._plain:
            self._plain[id(namespace)] = (namespace, has_plain_names(namespace))
        return self._plain[id(namespace)][1]

    def inside(self, module: str) -> Mapping[str, Any]:
        """What a loaded module holds; nothing where that cannot be looked at."""
        inside = vars_of_loaded(module)
        return inside if self.has_plain_names(inside) else NOTHING

    def version_of(self, module: str) -> str:
        """Tells one release of installed code from another, and one build of own code."""
        if module not in self._versions:
            home = self._home_of(module)
            package = self.inside(module.partition(".")[0])
            said = text(package.get("__version__")) if home == INSTALLED else ""
            known = said or home == STANDARD
            self._versions[module] = said if known else _written(self._file_of(module))
        return self._versions[module]

    def release_of(self, module: str) -> str | None:
        """Tells releases of a package apart, the same before its import and after.

        ``None`` where code of the user's would be imported, or nothing is found.
        """
        package = module.partition(".")[0]
        if package in sys.modules:
            home, file = self._home_of(package), self._file_of(package)
        else:
            file = _origin_of(package)
            home = _home_of_file(file) if file != BUILT_IN else STANDARD
        if home == OWN:
            return None
        return "" if home == STANDARD else _written(file)

    def _home_of(self, module: str) -> str:
        if module not in self._homes:
            self._homes[module] = self._home_of_loaded(module)
        return self._homes[module]

    def _home_of_loaded(self, module: str) -> str:
        if module in MAIN:
            return OWN
        loader = self.inside(module).get("__loader__")
        if loader is BuiltinImporter or loader is FrozenImporter:
            return STANDARD
        return _home_of_file(self._file_of(module))

    def _file_of(self, module: str) -> str:
        return text(self.inside(module).get("__file__"))


BUILT_IN: Final = "built-in"


def _home_of_file(file: str) -> str:
    if not FOLDERS_OF_INSTALLED.isdisjoint(file.split(os.sep)):
        return INSTALLED
    return STANDARD if file.startswith(FOLDERS_OF_STANDARD) else OWN


def _origin_of(package: str) -> str:
    """The file that importing a package would run; it is not run."""
    if package in sys.builtin_module_names:
        return BUILT_IN
    found = PathFinder.find_spec(package) if package else None
    return (found and found.origin) or ""


def _written(file: str) -> str:
    """When a file was written; nothing where there is none."""
    try:
        return str(os.stat(file).st_mtime_ns) if file else ""
    except OSError:
        return ""
