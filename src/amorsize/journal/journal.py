"""The journal of one run: what was finished before, and what is finished now.

Kept by the caller, in its thread, in batches: tiny items are not a transaction each.
"""

from __future__ import annotations

import sys
from bisect import bisect_left
from contextlib import contextmanager
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from amorsize.engines.collected import TriedAgain
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

BATCH_S: Final = 0.01
"""A result waits so long at most for others to be written with; a transaction takes 0.04 ms."""

UNTOLD: Final = "the checkpoint cannot tell whether {what} has changed since: it {why}"


class Journal:
    """What a run asks and tells; ``opened`` makes one. Is an ``engines.numbered.Finished``."""

    def __init__(
        self,
        database: Database,
        wanted: CheckpointWanted,
        func: Callable[..., Any],
        *,
        also: Sequence[Any] = (),
    ) -> None:
        """``also`` is what else the results of ``func`` depend on."""
        self._database = database
        self.users_func = func
        self._also = also
        self._wanted = wanted
        self._finished = {row.item: row for row in database.rows()}
        """What was there, and has not been passed yet."""
        self._order = [*self._finished]
        self._items: int | None = None
        """How many there were in a run that has come to its end."""
        self._rows: list[Row] = []
        """Finished now, and not written yet."""
        self._since = 0.0
        self._misfit: CheckpointError | None = None
        self.report: Callable[[int, list[Any]], None] = _nobody
        """Gets the results that were there, each once."""
        self.notes: list[str] = []
        self._refuse_pickles()

    # -- what was there

    @property
    def path(self) -> str:
        return self._database.path

    def spans(self) -> list[range]:
        """The indices of what was there, as intervals."""
        spans: list[range] = []
        for index in self._finished:
            if spans and spans[-1].stop == index:
                spans[-1] = range(spans[-1].start, index + 1)
            else:
                spans.append(range(index, index + 1))
        return spans

    def ahead(self) -> int:
        """See ``Finished.ahead``."""
        return len(self._finished)

    def next_from(self, index: int) -> int:
        """See ``Finished.next_from``: items after the end of a finished run are looked at, too."""
        at = bisect_left(self._order, index)
        while at < len(self._order) and self._order[at] not in self._finished:
            at += 1
        known = self._order[at] if at < len(self._order) else sys.maxsize
        return known if self._items is None else min(known, max(index, self._items))

    def passes(self, index: int, item: Any) -> bool:
        """See ``Finished.passes``.

        Raises:
            CheckpointRefusedError: it is not what it was, and going on was not forced.
        """
        if index not in self._finished:
            if not self._wanted.force:
                raise self._other_length(index, at_least=True)
            self._items = None
            return False
        row = self._finished.pop(index)
        if digest(item) == row.digest:
            self.report(index, [decode(row.value)])
            return True
        if not self._wanted.force:
            msg = f"item {index} is not what it was when the checkpoint {self.path} was written"
            raise CheckpointRefusedError(msg, hint=f"{OTHER_FILE}; {FORCE} of unchanged items")
        self._database.remove([index])
        return False

    def check_length(self, items: int) -> None:
        """Compare the number of items, where it is known by now.

        Raises:
            CheckpointRefusedError: items are missing, or came after the end of a finished run.
        """
        gone = [index for index in self._finished if index >= items]
        if gone or self._items not in {None, items}:
            if not self._wanted.force:
                raise self._other_length(items)
            self._database.remove(gone)
            for index in gone:
                del self._finished[index]
        self._items = None

    def _other_length(self, items: int, *, at_least: bool = False) -> CheckpointRefusedError:
        last = max(self._finished, default=-1)
        there = f"{last + 1:,} or more" if self._items is None else f"{self._items:,}"
        here = f"more than {items:,}" if at_least else f"{items:,}"
        msg = f"the checkpoint {self.path} is of {there} items, the data has {here}"
        return CheckpointRefusedError(msg, hint=f"{OTHER_FILE}; {FORCE} of unchanged items")

    # -- what is new

    def wrapped(self, func: Callable[..., Any]) -> Journalled:
        """What workers are to call instead."""
        return Journalled(func, self._wanted.form)

    @property
    def due_s(self) -> float | None:
        """In so many seconds something must be written; ``None``: nothing is waiting."""
        if not self._rows:
            return None
        return max(0.0, self._since + BATCH_S - perf_counter())

    def take(self, start: int, done: Sequence[Any]) -> list[Any]:
        """The results of finished items from ``start`` on, which ``tick`` will write.

        What is neither ``Done`` nor ``Misfit`` is no result of the function, and not written.
        """
        if not self._rows:
            self._since = perf_counter()
        return [self._take(index, one) for index, one in enumerate(done, start)]

    def _take(self, index: int, one: Any) -> Any:
        if isinstance(one, Misfit):
            self._misfit = self._misfit or self._does_not_fit(index, one.why)
            return one.result
        if isinstance(one, TriedAgain):
            return replace(one, result=self._take(index, one.result))
        if not isinstance(one, Done):
            return one
        if one.digest == UNKNOWN:
            self._note(UNTOLD.format(what="an item", why="cannot be read or pickled"))
        self._rows.append(Row(index, one.digest, one.value))
        return decode(one.value)

    def tick(self) -> None:
        """Write what waits, if it is time.

        Raises:
            CheckpointError: it cannot be written; or a result does not fit, and all others were.
        """
        if self._misfit is not None:
            misfit, self._misfit = self._misfit, None
            self.write()
            raise misfit
        if self.due_s == 0.0:
            self.write()

    def write(self) -> None:
        """Write what waits: all of it, or, where that fails, none."""
        if self._rows:
            self._database.add(self._rows)
            self._rows = []

    def end(self, items: int) -> None:
        """All items are done."""
        self.check_length(items)
        self.write()
        self._database.note({"items": str(items), **self._now().at_the_end()})

    def _now(self) -> Sameness:
        return Sameness.of(self.users_func, self._also)

    # -- opening

    def check_function(self) -> None:
        """Compare it with what was noted, and note what is new.

        Raises:
            CheckpointRefusedError: it has changed, and going on was not forced; or the file holds
                pickles, and reading them was not asked for.
        """
        about, now = self._database.about(), self._now()
        if not now.key:
            self._note(UNTOLD.format(what=now.name, why=f"refers to {now.why_not}"))
        if about:
            if about.get("format") == Format.PICKLE and self._wanted.form is Format.JSON:
                raise CheckpointRefusedError(_pickled(self.path), hint=OPT_IN)
            if not self._wanted.force:
                now.check(about, self.path)
            self._items = int(about["items"]) if "items" in about else None
        fresh = now.at_the_start() if not about or self._wanted.force else {}
        self._database.note({**fresh, "format": self._wanted.form.value})

    def _refuse_pickles(self) -> None:
        """Whatever the file says of itself."""
        rows = self._finished.values()
        if self._wanted.form is Format.JSON and any(isinstance(row.value, bytes) for row in rows):
            raise CheckpointRefusedError(_pickled(self.path), hint=OPT_IN)

    def _does_not_fit(self, index: int, why: str) -> CheckpointError:
        msg = f"the result of item {index} cannot be kept in a checkpoint"
        if self._wanted.form is Format.JSON:
            return CheckpointError(f"{msg} as JSON: {why}; {LOST}", hint=WAY_OUT)
        return CheckpointError(f"{msg}: {why}; {LOST}", hint="return data that can be pickled")

    def _note(self, warning: str) -> None:
        if warning not in self.notes:
            self.notes.append(warning)


def _nobody(_start: int, _results: list[Any]) -> None:
    """Before a run has begun."""


OTHER_FILE: Final = "name another file"

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
def opened(
    wanted: CheckpointWanted, func: Callable[..., Any], *, also: Sequence[Any] = ()
) -> Iterator[Journal]:
    """A journal for a run of ``func``; whatever ends the run, what is finished is written.

    Raises:
        CheckpointRefusedError: the file is in use, is no checkpoint, or is another function's.
        CheckpointError: it cannot be made, read or written.
    """
    database = Database(wanted.path)
    try:
        journal = Journal(database, wanted, func, also=also)
        journal.check_function()
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
