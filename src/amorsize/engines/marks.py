"""A page in which spawned workers and their caller note what the others must see at once.

Processes that were not forked share memory through a small temporary file. It holds plain
numbers only: where to stop, and for every chunk on its way the item that it has come to, in
a watched run since when too.
Where no file can be had, everything works, but a failure is heard of a chunk later.
"""

from __future__ import annotations

import mmap
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from amorsize.engines.noted import NOBODY, noted, seen

if TYPE_CHECKING:
    from collections.abc import Iterator

NO_LIMIT: Final = 2**62
SLOTS: Final = 1024
"""More chunks are never on their way at the same time."""

_LIMIT: Final = 0
_SLOT: Final = 1
_SINCE: Final = _SLOT + SLOTS
_RECALLED: Final = _SINCE + SLOTS
_SIZE: Final = 8 * (_RECALLED + SLOTS)


class Marks:
    """The page; every chunk on its way has a slot of its own."""

    def __init__(self, descriptor: int, path: str | None) -> None:
        self.path = path
        """What a worker needs to see the page; ``None`` where nobody else can."""
        self._memory = mmap.mmap(descriptor, _SIZE)
        self._cells = memoryview(self._memory).cast("q")

    @property
    def limit(self) -> int:
        """No item at or above this index shall be started any more."""
        return self._cells[_LIMIT]

    def lower_limit(self, index: int) -> None:
        """Two at once may leave the higher value, until the caller, who hears of all, lowers it."""
        self._cells[_LIMIT] = min(index, self._cells[_LIMIT])

    def allow_all(self) -> None:
        self._cells[_LIMIT] = NO_LIMIT

    def vacate(self, slot: int) -> None:
        """The next chunk in this slot was taken by nobody yet."""
        self._cells[_SLOT + slot] = NOBODY
        self._cells[_RECALLED + slot] = 0

    def start(self, slot: int, span: tuple[int, int], size: int) -> int:
        """The first ``size`` items of ``span`` are about to be started; returns where to stop."""
        index, stop = span[0], min(span[1], self._cells[_LIMIT])
        if stop <= index:
            return index
        self._cells[_SLOT + slot] = noted(index, min(size, stop - index))
        return stop

    def start_timed(self, slot: int, index: int, now_ns: int) -> None:
        """One item is about to be started; the time first, so that none seems older than it is."""
        self._cells[_SINCE + slot] = now_ns
        self._cells[_SLOT + slot] = noted(index, 1)

    def date(self, slot: int, now_ns: int) -> None:
        """The item that this slot has come to begins at this time."""
        self._cells[_SINCE + slot] = now_ns

    def recall(self, slot: int) -> None:
        """Ask for the rest of the chunk in this slot: others have nothing to do."""
        self._cells[_RECALLED + slot] = 1

    def may_go_on(self, slot: int, index: int) -> bool:
        """Whether a timed item may be started: nothing smaller has failed, nobody wants it back."""
        return index < self._cells[_LIMIT] and not self._cells[_RECALLED + slot]

    def since_ns(self, slot: int) -> int:
        """When the item that this slot has come to was started."""
        return self._cells[_SINCE + slot]

    def started(self, slot: int) -> range | None:
        """What the chunk in this slot has come to; ``None`` if nobody has begun it."""
        return seen(self._cells[_SLOT + slot])

    def close(self) -> None:
        self._cells.release()
        self._memory.close()


@contextmanager
def new_marks() -> Iterator[Marks]:
    """A page for one run; afterwards nothing is left of it."""
    descriptor, path = _temporary_file()
    try:
        marks = _mapped(descriptor, path)
        marks.allow_all()
        yield marks
        marks.close()
    finally:
        if path is not None:
            with suppress(OSError):
                os.unlink(path)  # noqa: PTH108 - workers import this module, and need no pathlib


@contextmanager
def seen_marks(path: str) -> Iterator[Marks]:
    """The caller's page, in a worker. Raises ``OSError`` where it cannot be seen."""
    marks = _mapped(os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0)), path)
    try:
        yield marks
    finally:
        marks.close()


def _mapped(descriptor: int, path: str | None) -> Marks:
    try:
        return Marks(descriptor, path)
    finally:
        if path is not None:
            os.close(descriptor)


def _temporary_file() -> tuple[int, str | None]:
    """A descriptor and a name, or memory of our own: -1 and ``None``."""
    import tempfile

    try:
        descriptor, path = tempfile.mkstemp(prefix="amorsize-")
    except OSError:
        return -1, None
    os.truncate(descriptor, _SIZE)
    return descriptor, path
