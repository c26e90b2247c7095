"""The plain loop itself, for items so tiny that even stopping between blocks of them costs.

It runs to the end of the input without a break. Should the items turn out dearer than they
were, a sleeping thread wakes and moves the loop's iterator to its end, so that the loop comes
back and the question can be asked again. A thread that sleeps costs nothing.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from operator import length_hint
from typing import TYPE_CHECKING, Any, Final, Self

from amorsize.engines.blocks import call_items, map_items
from amorsize.machine.ownthreads import forget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from amorsize.engines.blocks import Runner
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


def patience_for(expected_s: float) -> float:
    """How long a stretch may go on that should take ``expected_s``."""
    return min(PATIENCE * expected_s + STRETCH_S, LONGEST_STRETCH_S)


@dataclass(slots=True, kw_only=True)
class Stretch:
    """What came of it: the error, or none, and how many items were done before it."""

    results: list[Any]
    """All results, the earlier ones first; on an error those of a Python function are not in it."""
    error: BaseException | None = None
    done: int = 0


def run_to_the_end(
    func: Callable[[Any], Any],
    source: IndexedSource,
    results: list[Any],
    *,
    patience_s: float,
    runner: Runner = call_items,
) -> Stretch:
    """Call ``func`` on every item left, for about ``patience_s`` at most.

    ``results`` are those of all items so far; they may be added to.
    """
    left, before = source.left(), len(results)
    again = before if runner is call_items and _are_few(before, source) else 0
    stretch = Stretch(results=results)
    items = source.items(source.position - again, None)
    with _Alarm(items, source.length - source.offset, patience_s) as alarm:
        try:
            if runner is map_items:
                map_items(func, items, results)
            else:
                fresh = _call_all(func, items, results[:again])
                stretch.results = _joined(results, fresh, again=again)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - raised in its turn, as itself
            stretch.error = error
            unread = length_hint(items) if alarm.left is None else alarm.left
            stretch.done = left - unread - 1
        else:
            stretch.done = len(stretch.results) - before
    if stretch.error is None and runner is map_items and stretch.done < left - (alarm.left or 0):
        stretch.error = StopIteration()  # map has swallowed it
    return stretch


def _are_few(results: int, source: IndexedSource) -> bool:
    return source.offset == 0 and results <= FEW * source.left()


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


def _joined(results: list[Any], fresh: list[Any], *, again: int) -> list[Any]:
    """Both lists, the longer one not copied; ``fresh`` may begin with all the ``results``."""
    if again:
        return max(results, fresh, key=len)
    if len(fresh) > len(results):
        fresh[:0] = results
        return fresh
    results += fresh
    return results


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
