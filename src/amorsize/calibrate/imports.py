"""What a spawned worker imports before it can work: what the main module of this program has.

Workers of ``multiprocessing`` run the main module again. Here only what it imports is timed, in a
fresh interpreter: running it would do whatever it does outside of functions.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib import import_module
from time import perf_counter
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, Final

from amorsize.vocab.estimate import Assumed, Measured

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amorsize.vocab.estimate import Estimate

LEAST_S: Final = 0.1
"""An interpreter alone takes half of it to start: with less there is nothing to be learned."""

OURS: Final = "amorsize"


class Imports:
    """Timed at most once in a process."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], Estimate] = {}

    @property
    def at_hand(self) -> Estimate | None:
        """What has been measured before; never measures."""
        return self._known.get(imported_by(sys.modules.get("__main__"))) if self._known else None

    def measure(self, patience_s: float) -> Estimate | None:
        """Seconds; ``None`` where nothing is imported, or there is not enough time to look."""
        from amorsize.calibrate.children import ChildFailedError, ChildLateError, answer_of

        names = imported_by(sys.modules.get("__main__"))
        if names in self._known or not names or patience_s < LEAST_S:
            return self._known.get(names)
        try:
            took_s = float(answer_of(("imports:time_imports", *names), patience_s))
        except ChildLateError:
            self._known[names] = Assumed(median_s=patience_s, why="its imports take longer still")
        except ChildFailedError:
            return None
        else:
            self._known[names] = Measured(median_s=took_s, low_s=took_s, high_s=took_s, samples=1)
        return self._known[names]


IMPORTS: Final = Imports()


def time_imports(*names: str) -> float:
    """Import these modules, and say how long that took; what fails there fails in workers, too."""
    began = perf_counter()
    for name in names:
        with suppress(Exception):
            import_module(name)
    return perf_counter() - began


def imported_by(main: Any) -> tuple[str, ...]:
    """Modules that are visible in a main module which workers would run; none in a notebook."""
    if not isinstance(getattr(main, "__file__", None), str):
        return ()
    found = set(_modules_in(vars(main).copy()))
    return tuple(sorted(name for name in found if name.partition(".")[0] not in {OURS, "__main__"}))


def _modules_in(names: dict[str, Any]) -> Iterator[str]:
    """Those bound to a name, and those that functions and classes come from."""
    for value in names.values():
        if isinstance(value, ModuleType):
            name: object = value.__name__
        elif isinstance(value, (FunctionType, type)):
            name = value.__module__
        else:
            continue
        if isinstance(name, str) and name in sys.modules:
            yield name
