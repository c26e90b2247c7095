"""The plain loop itself, for items so tiny that even stopping between blocks of them costs.

It runs to the end of the input without a break. Should the items turn out dearer than they
were, a sleeping thread wakes and moves the loop's iterator to its end, so that the loop comes
back and the question can be asked again. A thread that sleeps costs nothing.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from operator import length_hint
from typing import TYPE_CHECKING, Any, Self

from amorsize.machine.ownthreads import forget

if TYPE_CHECKING:
    from collections.abc import Callable

    from amorsize.engines.source import IndexedSource


@dataclass(slots=True)
class Stretch:
    """What came of it: the results, or the error and how many items were done before it."""

    results: list[Any] = field(default_factory=list)
    error: BaseException | None = None
    done: int = 0


def run_to_the_end(
    func: Callable[[Any], Any], source: IndexedSource, *, patience_s: float
) -> Stretch:
    """Call ``func`` on every item left, for about ``patience_s`` at most.

    On an error the results of the stretch are lost: a comprehension keeps them to itself.
    """
    items = source.items(source.position, None)
    stretch = Stretch()
    with _Alarm(items, source.length - source.offset, patience_s) as alarm:
        try:
            stretch.results = [func(item) for item in items]
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - raised in its turn, as itself
            stretch.error = error
            left = length_hint(items) if alarm.left is None else alarm.left
            stretch.done = source.length - source.position - left - 1
        else:
            stretch.done = len(stretch.results)
    return stretch


class _Alarm:
    """Ends an iteration over ``items`` when the time is up."""

    def __init__(self, items: Any, end: int, patience_s: float) -> None:
        self._items = items
        self._end = end
        self._patience_s = patience_s
        self._over = threading.Lock()
        self.left: int | None = None
        """Items that were left when it went off: afterwards the iterator does not tell."""

    def __enter__(self) -> Self:
        self._over.acquire()
        self._thread = threading.Thread(target=self._watch, name="amorsize-alarm", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.release()
        self._thread.join()
        forget(self._thread)

    def _watch(self) -> None:
        if not self._over.acquire(timeout=self._patience_s):
            self.left = length_hint(self._items)
            self._items.__setstate__(self._end)
