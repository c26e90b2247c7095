"""A page of shared memory in which workers note what the caller must be able to see.

Every field has one writer, and a store of 8 aligned bytes is atomic, so there is no lock. It
is a hint for blame and a signal to stop; the account of what is done is in the memory files.
"""

from __future__ import annotations

import mmap
from typing import Final

from amorsize.engines.noted import NOBODY, noted, seen

_STOP, _FAILED, _HEADER = 0, 1, 2
_COMMITTED, _CURRENT, _LIMIT, _CLAIMS, _LEAVE, _ROW = 0, 1, 2, 3, 4, 8
NO_LIMIT: Final = 2**62


class Board:
    """One row per worker, row 0 the caller's."""

    __slots__ = ("_cells", "_memory", "rows")

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self._memory = mmap.mmap(-1, 8 * (_HEADER + rows * _ROW))
        self._cells = memoryview(self._memory).cast("q")
        for row in range(rows):
            self._cells[self._at(row, _CURRENT)] = NOBODY
            self._cells[self._at(row, _LIMIT)] = NO_LIMIT

    @staticmethod
    def _at(row: int, field: int) -> int:
        return _HEADER + row * _ROW + field

    def stop(self) -> None:
        """Ask everybody to start no further item."""
        self._cells[_STOP] = 1

    def send_home(self, row: int) -> None:
        """Ask one worker to leave before its next chunk."""
        self._cells[self._at(row, _LEAVE)] = 1

    def may_stay(self, row: int) -> bool:
        return not self._cells[self._at(row, _LEAVE)]

    def note_failure(self, row: int, index: int) -> None:
        """No item at or above ``index`` shall be started any more."""
        at = self._at(row, _LIMIT)
        self._cells[at] = min(index, self._cells[at])
        self._cells[_FAILED] = 1

    def limit(self) -> int:
        """The smallest index that failed anywhere; 0 after ``stop``."""
        if self._cells[_STOP]:
            return 0
        if not self._cells[_FAILED]:
            return NO_LIMIT
        return min(self._cells[self._at(row, _LIMIT)] for row in range(self.rows))

    def note_current(self, row: int, index: int, count: int) -> None:
        """What this worker is about to start."""
        self._cells[self._at(row, _CURRENT)] = noted(index, count)

    def note_idle(self, row: int) -> None:
        """This worker has no item."""
        self._cells[self._at(row, _CURRENT)] = NOBODY

    def current(self, row: int) -> range | None:
        """What this worker has started last; ``None`` if it is idle."""
        return seen(self._cells[self._at(row, _CURRENT)])

    def note_claim(self, row: int) -> None:
        self._cells[self._at(row, _CLAIMS)] += 1

    def claims(self, row: int) -> int:
        return self._cells[self._at(row, _CLAIMS)]

    def commit(self, row: int, size_bytes: int) -> None:
        """So many bytes of this worker's memory file are complete frames."""
        self._cells[self._at(row, _COMMITTED)] = size_bytes

    def committed(self, row: int) -> int:
        return self._cells[self._at(row, _COMMITTED)]

    def close(self) -> None:
        self._cells.release()
        self._memory.close()
