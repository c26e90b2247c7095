"""What ``setup`` has made for this worker, and its end.

A worker is a thread: a forked or spawned process has one that runs items, and the caller is one
where it works. What a forked worker inherits belongs to the caller, and is not touched here.
"""

from __future__ import annotations

import os
import threading
import warnings
from itertools import count
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_NUMBERS: Final = count()


class _Mine(threading.local):
    """Values by the key of their setup, in the order in which they were made."""

    def __init__(self) -> None:
        self.made: dict[str, tuple[Setup, Any]] = {}


_MINE: Final = _Mine()
_INHERITED: Final[list[object]] = []
"""Kept alive: closing a copy may end the caller's conversation."""


def _begin_anew() -> None:
    if _MINE.made:
        _INHERITED.append(_MINE.made)
        _MINE.made = {}


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)


class Setup:
    """Makes a value for each worker of one run, when its first item comes."""

    __slots__ = ("_end", "_key", "_make")

    def __init__(self, make: Callable[[], Any], end: Callable[[Any], Any] | None) -> None:
        self._make = make
        self._end = end
        self._key = f"{os.getpid()}-{next(_NUMBERS)}"

    @property
    def has_end(self) -> bool:
        return self._end is not None

    def value(self) -> Any:
        """This worker's. Raises what the user's ``setup`` raises."""
        made = _MINE.made.get(self._key)
        if made is None:
            made = _MINE.made[self._key] = self, self._make()
        return made[1]

    def end(self) -> None:
        """Give up this worker's value; what ``teardown`` raises is warned of: results are there."""
        made = _MINE.made.pop(self._key, None)
        if made is None or self._end is None:
            return
        try:
            self._end(made[1])
        except Exception as error:  # noqa: BLE001 - the user's teardown may raise anything
            message = f"teardown raised {type(error).__name__}: {error}"
            warnings.warn(message, RuntimeWarning, stacklevel=2)


def end_of_worker() -> None:
    """This worker runs no more items: what was made last ends first."""
    for setup, _ in reversed(list(_MINE.made.values())):
        setup.end()
