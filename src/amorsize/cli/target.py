"""TARGET: the words that name a function.

``package.module:function``, ``package.module.function``, ``module:Class.method`` or
``path/to/file.py:function``. The current folder can be imported from, as with ``python -m``.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from amorsize.cli.modules import import_file, import_named
from amorsize.cli.suggest import MOST_NAMES, did_you_mean
from amorsize.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

FORMS: Final = "TARGET is module:function, module.function or path/to/file.py:function"


def find_target(target: str) -> Callable[..., Any]:
    """Import what ``target`` names.

    Raises:
        UsageError: nothing is called that, it cannot be imported, or is no function.
    """
    _see_the_current_folder()
    place, colon, attributes = target.rpartition(":")
    whole = attributes if colon else target
    if target.endswith(".py") or not _is_dotted(whole) or not (place or "." in whole):
        msg = f"{target!r} names no function"
        raise UsageError(msg, hint=FORMS)
    if colon:
        module = import_file(place) if place.endswith(".py") else import_named(place)
        names = attributes.split(".")
    else:
        module, names = _import_as_far_as_possible(target)
    return _function(module, names, target)


def beside(target: str, call: str) -> str:
    """``:name`` is a function of the module that ``target`` is in."""
    if not call.startswith(":"):
        return call
    place, colon, _ = target.rpartition(":")
    if not colon:
        _see_the_current_folder()
        place = _import_as_far_as_possible(target)[0].__name__
    return f"{place}{call}"


def check_takes_one(func: Callable[..., Any], target: str) -> None:
    """See that ``func`` can be called with one item, as far as it tells.

    Raises:
        UsageError: it needs more, or takes none.
    """
    try:
        parameters = signature(func)
    except (TypeError, ValueError):  # written in C, and does not tell
        return
    try:
        parameters.bind(None)
    except TypeError as error:
        msg = f"{target} cannot be called with one item: {error}"
        raise UsageError(msg, hint="wrap it in a function of one argument") from error


def _see_the_current_folder() -> None:
    here = str(Path.cwd())
    if not sys.flags.safe_path and not {"", here} & set(sys.path):
        sys.path.insert(0, here)


def _is_dotted(text: str) -> bool:
    return all(part.isidentifier() for part in text.split("."))


def _import_as_far_as_possible(target: str) -> tuple[ModuleType, list[str]]:
    first, *names = target.split(".")
    module = import_named(first)
    while len(names) > 1 and _is_submodule(module, names[0]):
        module = import_named(f"{module.__name__}.{names.pop(0)}")
    return module, names


def _is_submodule(module: ModuleType, name: str) -> bool:
    return hasattr(module, "__path__") and find_spec(f"{module.__name__}.{name}") is not None


def _function(module: ModuleType, names: list[str], target: str) -> Callable[..., Any]:
    found: Any = module
    for name in names:
        if not hasattr(found, name):
            msg = f"{target}: {getattr(found, '__name__', found)} has no {name!r}"
            raise UsageError(msg, hint=_instead(name, found))
        found = getattr(found, name)
    if not callable(found):
        msg = f"{target} is not a function: it is of type {type(found).__name__}"
        raise UsageError(msg, hint=_instead(names[-1], module))
    return cast("Callable[..., Any]", found)


def _instead(name: str, owner: object) -> str:
    functions = _functions_of(owner)
    if not functions:
        return FORMS
    some = ", ".join(sorted(functions)[:MOST_NAMES])
    return did_you_mean(name, functions) or f"among its {len(functions)} functions are {some}"


def _functions_of(owner: object) -> list[str]:
    """Public names of what could be called; of a module, what it defines itself."""
    home = getattr(owner, "__name__", None)
    return [
        name
        for name, value in vars(owner).items()
        if callable(value)
        and not name.startswith("_")
        and getattr(value, "__module__", home) in {home, getattr(owner, "__module__", home)}
    ]
