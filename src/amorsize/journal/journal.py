"""The journal of one run: what was finished before, and what is finished now.

Kept by the caller, in its thread, in batches: tiny items are not a transaction each.
"""

from __future__ import annotations

from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from amorsize.errors import CheckpointError, CheckpointRefusedError
from amorsize.journal.codec import decode
from amorsize.journal.database import Database, Row
from amorsize.journal.digests import UNKNOWN, digest
from amorsize.journal.done import Done, Journalled, Misfit
from amorsize.journal.sameness import FORCE, Sameness
from amorsize.vocab.checkpoint import Format

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from amorsize.vocab.checkpoint import CheckpointWanted

BATCH_S: Final = 0.05
"""A result waits so long at most for others to be written with: half of what may be lost."""

UNTOLD: Final = "the checkpoint cannot tell whether {what} has changed since: it {why}"


class Journal:
    """What a run asks and tells; ``opened`` makes one."""

    def __init__(self, database: Database, wanted: CheckpointWanted) -> None:
        self._database = database
        self._wanted = wanted
        self._rows: list[Row] = []
        """Finished, and not written yet."""
        self._since = 0.0
        self._finished = {row.item: row for row in database.rows()}
        self._refuse_pickles()
        self.items: int | None = None
        """How many there were in a run that has come to its end."""
        self.notes: list[str] = []

    # -- what was there

    @property
    def finished(self) -> list[int]:
        """Indices whose results are there, in order."""
        return [*self._finished]

    def result(self, index: int) -> Any:
        """What a finished item gave."""
        return decode(self._finished[index].value)

    def check(self, index: int, item: Any) -> bool:
        """Whether a finished item is what it was.

        Raises:
            CheckpointRefusedError: it is not, and going on was not forced.
        """
        if digest(item) == self._finished[index].digest:
            return True
        if self._wanted.force:
            return False
        msg = f"item {index} is not what it was when the checkpoint {self.path} was written"
        raise CheckpointRefusedError(msg, hint=f"name another file; {FORCE} of unchanged items")

    def forget(self, indices: Sequence[int]) -> None:
        """These will run again, or are not there any more."""
        if indices:
            self._database.remove(indices)
        for index in indices:
            del self._finished[index]

    def check_length(self, items: int) -> None:
        """Compare the number of items, where it is known by now.

        Raises:
            CheckpointRefusedError: items are missing, or came after the end of a finished run.
        """
        gone = [index for index in self._finished if index >= items]
        if not self._wanted.force and (gone or self.items not in {None, items}):
            there = f"{1 + max(gone)} or more" if self.items is None else f"{self.items:,}"
            msg = f"the checkpoint {self.path} is of {there} items, the data has {items:,}"
            raise CheckpointRefusedError(msg, hint=f"name another file; {FORCE} of unchanged items")
        self.forget(gone)

    @property
    def path(self) -> str:
        return self._database.path

    # -- what is new

    def wrapped(self, func: Callable[[Any], Any]) -> Journalled:
        """What workers are to call instead."""
        return Journalled(func, self._wanted.form)

    @property
    def due_s(self) -> float | None:
        """In so many seconds something must be written; ``None``: nothing is waiting."""
        if not self._rows:
            return None
        return max(0.0, self._since + BATCH_S - perf_counter())

    def take(self, done: Sequence[Done | Misfit]) -> list[Any]:
        """Finished items, to be written soon; their results.

        Raises:
            CheckpointError: one of them cannot be written; all others were.
        """
        fit = [one for one in done if isinstance(one, Done)]
        if not self._rows:
            self._since = perf_counter()
        self._rows += [Row(one.index, one.digest, one.value) for one in fit]
        if len(fit) < len(done):
            self.write()
            raise self._misfit(next(one for one in done if isinstance(one, Misfit)))
        if UNKNOWN in (one.digest for one in fit):
            self._note(UNTOLD.format(what="an item", why="cannot be read or pickled"))
        self.tick()
        return [decode(one.value) for one in fit]

    def tick(self) -> None:
        """Write what waits, if it is time."""
        if self.due_s == 0.0:
            self.write()

    def write(self) -> None:
        """Write what waits: all of it, or, where that fails, none."""
        if self._rows:
            self._database.add(self._rows)
            self._rows = []

    def end(self, items: int, func: Callable[[Any], Any]) -> None:
        """All items are done."""
        self.write()
        self._database.note({"items": str(items), **Sameness.of(func).at_the_end()})

    # -- opening

    def check_function(self, func: Callable[[Any], Any]) -> None:
        """Compare it with what was noted, and note what is new.

        Raises:
            CheckpointRefusedError: it has changed, and going on was not forced; or the file holds
                pickles, and reading them was not asked for.
        """
        about, now = self._database.about(), Sameness.of(func)
        if not now.key:
            self._note(UNTOLD.format(what=now.name, why=f"refers to {now.why_not}"))
        if about:
            self._refuse_format(about.get("format", ""))
            if not self._wanted.force:
                now.check(about, self.path)
            self.items = int(about["items"]) if "items" in about else None
        fresh = now.at_the_start() if not about or self._wanted.force else {}
        self._database.note({**fresh, "format": self._wanted.form.value})

    def _refuse_format(self, written: str) -> None:
        if written == Format.PICKLE and self._wanted.form is Format.JSON:
            raise CheckpointRefusedError(_pickled(self.path), hint=OPT_IN)

    def _refuse_pickles(self) -> None:
        """Whatever the file says of itself."""
        rows = self._finished.values()
        if self._wanted.form is Format.JSON and any(isinstance(row.value, bytes) for row in rows):
            raise CheckpointRefusedError(_pickled(self.path), hint=OPT_IN)

    def _misfit(self, one: Misfit) -> CheckpointError:
        msg = f"the result of item {one.index} cannot be kept in a checkpoint"
        if self._wanted.form is Format.JSON:
            return CheckpointError(f"{msg} as JSON: {one.why}; {LOST}", hint=WAY_OUT)
        return CheckpointError(f"{msg}: {one.why}; {LOST}", hint="return data that can be pickled")

    def _note(self, warning: str) -> None:
        if warning not in self.notes:
            self.notes.append(warning)


LOST: Final = "nothing is lost: every other item that was finished is in the file"

WAY_OUT: Final = (
    "return plain lists, dicts with text for keys, numbers and text; or use "
    "checkpoint_format='pickle' (--checkpoint-format pickle), if nobody else can write to the "
    "file: the same file goes on"
)

OPT_IN: Final = (
    "checkpoint_format='pickle' (--checkpoint-format pickle) reads it: only if you trust everybody "
    "who could write to it"
)


def _pickled(path: str) -> str:
    return f"the checkpoint {path} holds pickles, and reading a pickle can run anything"


@contextmanager
def opened(wanted: CheckpointWanted, func: Callable[[Any], Any]) -> Iterator[Journal]:
    """A journal for a run of ``func``; whatever ends the run, what is finished is written.

    Raises:
        CheckpointRefusedError: the file is in use, is no checkpoint, or is another function's.
        CheckpointError: it cannot be made, read or written.
    """
    database = Database(wanted.path)
    try:
        journal = Journal(database, wanted)
        journal.check_function(func)
        try:
            yield journal
        except BaseException as error:
            _write_last(journal, error)
            raise
    finally:
        database.close()


def _write_last(journal: Journal, error: BaseException) -> None:
    try:
        journal.write()
    except CheckpointError as trouble:
        if trouble is not error:
            error.add_note(f"amorsize: {trouble}")
