"""Import modules by name or by file, with complaints that fit on a line.

A file is imported under its own name and from its own folder, as ``python file.py`` would see
it, or as part of its package. Worker processes can then import it by that name. Where another
module has the name already, the file gets one of its own, and travels to workers by value.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
import traceback
from contextlib import suppress
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

from amorsize.cli.suggest import did_you_mean, similar_files
from amorsize.errors import UsageError

if TYPE_CHECKING:
    from types import ModuleType


def import_named(name: str, *, shown_by: str | None = None) -> ModuleType:
    """Import a module; ``shown_by`` is the command that shows why it fails, if it does.

    Raises:
        UsageError: there is none, or importing it fails.
    """
    if not _is_dotted(name):
        msg = f"{name!r} is not the name of a module"
        raise UsageError(msg, hint="a file ends in .py")
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        if missing and f"{name}.".startswith(f"{missing}."):
            raise _missing(name, missing) from error
        raise _failed(name, error, shown_by or f'python -c "import {name}"') from error


def import_file(file: str) -> ModuleType:
    """Import a file of Python code.

    Raises:
        UsageError: there is none, or importing it fails.
    """
    path = _found(file)
    shown_by = f"python {file}"
    root, name = _place_in_its_package(path)
    if "." in path.stem or not _is_free(name, root):
        return _import_under_its_own_name(path, shown_by)
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    return import_named(name, shown_by=shown_by)


def _found(file: str) -> Path:
    try:
        path = Path(file).resolve()
        is_file = path.is_file()
    except (OSError, RuntimeError) as error:  # too long a name; links in a circle
        msg = f"cannot read {file}: {getattr(error, 'strerror', None) or error}"
        raise UsageError(msg, hint="TARGET names a file as path/to/file.py:function") from error
    if not is_file:
        msg = f"no such file: {file}"
        raise UsageError(msg, hint=similar_files(Path(file)))
    return path


def _is_dotted(name: str) -> bool:
    return all(part.isidentifier() for part in name.split("."))


def _place_in_its_package(path: Path) -> tuple[Path, str]:
    """Tell the folder to import from, and the dotted name as seen from there."""
    names = [] if path.stem == "__init__" else [path.stem]
    root = path.parent
    while root.name and (root / "__init__.py").is_file():
        names.insert(0, root.name)
        root = root.parent
    return root, ".".join(names)


def _is_free(name: str, root: Path) -> bool:
    """Whether ``name`` can mean the file, and nothing of Python's own is hidden by it."""
    top = name.partition(".")[0]
    if not _is_dotted(name) or top in sys.stdlib_module_names or top == "__main__":
        return False
    try:
        spec = find_spec(top)
    except ValueError:  # in sys.modules, put there by hand
        return False
    if spec is None or spec.origin is None:  # a folder without __init__.py gives way to a module
        return True
    return Path(spec.origin).resolve() in {root / f"{top}.py", root / top / "__init__.py"}


def _import_under_its_own_name(path: Path, shown_by: str) -> ModuleType:
    name = f"{path.stem.replace('.', '_')}_{crc32(os.fsencode(path)):08x}"
    if name in sys.modules:
        return sys.modules[name]
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        msg = f"{path} is not Python code"
        raise UsageError(msg)
    module = module_from_spec(spec)
    sys.modules[name] = module
    sys.path.append(str(path.parent))
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise _failed(name, error, shown_by) from error
    import cloudpickle

    cloudpickle.register_pickle_by_value(module)
    return module


def _failed(name: str, error: BaseException, shown_by: str) -> UsageError:
    what = str(error).partition("\n")[0]
    frames = [
        f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith("<")
    ]
    where = f" ({frames[-1].filename}, line {frames[-1].lineno})"
    if isinstance(error, SyntaxError):  # says itself where it is
        where = ""
    msg = f"cannot import {name}: {type(error).__name__}: {what}{where}"
    return UsageError(msg, hint=f"{shown_by} shows the whole traceback")


def _missing(name: str, missing: str) -> UsageError:
    with suppress(OSError):  # too long a name for a file
        if Path(name).is_file():
            msg = f"{name} is not a file of Python code"
            return UsageError(msg, hint="a file in TARGET ends in .py")
    known = "it is neither in the current folder nor installed for this Python"
    return UsageError(f"no module is called {missing}", hint=_similar(missing) or known)


def _similar(missing: str) -> str | None:
    parent, _, name = missing.rpartition(".")
    folders = getattr(sys.modules.get(parent), "__path__", []) if parent else None
    names = {found.name for found in pkgutil.iter_modules(folders)}
    return did_you_mean(name, names if parent else names | sys.stdlib_module_names)
