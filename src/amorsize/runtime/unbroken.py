"""The plain loop itself, for items so tiny that even stopping between blocks of them costs.

It runs to the end of the input without a break. Should the items turn out dearer than they
were, a sleeping thread wakes and moves the loop's iterator to its end, so that the loop comes
back and the question can be asked again. A thread that sleeps costs nothing.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from operator import length_hint
from typing import TYPE_CHECKING, Any, Final, Self

from amorsize.machine.ownthreads import forget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from amorsize.engines.source import IndexedSource


STRETCH_S: Final = 2e-3
"""A thread that can end the unbroken loop costs 0.1 ms: not worth it for less."""

PATIENCE: Final = 1.5
"""Times the expected length after which the unbroken loop is ended, ..."""

LONGEST_STRETCH_S: Final = 0.5
"""... and at this length in any case: then the question is asked again."""

FEW: Final = 0.01
"""Earlier results are said again up to this share of what is left: at 0.1 us each that costs less
than to move up the others, a million of which take 1 to 2 ms."""


@dataclass(slots=True)
class Stretch:
    """What came of it: the results, or the error and how many items were done before it."""

    results: list[Any] = field(default_factory=list)
    said_again: int = 0
    """So many results at the head of the list are earlier ones."""
    error: BaseException | None = None
    done: int = 0


def patience_for(expected_s: float) -> float:
    """How long a stretch may go on that should take ``expected_s``."""
    return min(PATIENCE * expected_s + STRETCH_S, LONGEST_STRETCH_S)


def run_to_the_end(
    func: Callable[[Any], Any],
    source: IndexedSource,
    *,
    patience_s: float,
    before: Sequence[Any] = (),
) -> Stretch:
    """Call ``func`` on every item left, for about ``patience_s`` at most.

    ``before`` are the results of all items so far: where they are few, the new list begins with
    them. On an error the results of the stretch are lost: a comprehension keeps them to itself.
    """
    few = source.offset == 0 and len(before) <= FEW * source.left()
    stretch = Stretch(said_again=len(before) if few else 0)
    items = source.items(source.position - stretch.said_again, None)
    with _Alarm(items, source.length - source.offset, patience_s) as alarm:
        try:
            stretch.results = _call_all(func, items, before[: stretch.said_again])
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - raised in its turn, as itself
            stretch.error = error
            left = length_hint(items) if alarm.left is None else alarm.left
            stretch.done = source.length - source.position - left - 1
        else:
            stretch.done = max(0, len(stretch.results) - stretch.said_again)
    return stretch


def _call_all(
    func: Callable[[Any], Any], items: Iterable[Any], answers: Sequence[Any]
) -> list[Any]:
    """Give the ``answers`` to the first items, and call ``func`` on the others."""
    ready = iter(answers)
    call = func

    def answer(_item: object) -> Any:
        nonlocal call
        if length_hint(ready) == 1:
            call = func
        return next(ready)

    if answers:
        call = answer
    return [call(item) for item in items]


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
