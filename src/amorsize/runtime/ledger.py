"""The account of one run: results in input order, the smallest failure, what must run again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from amorsize.engines.base import Failure
from amorsize.engines.chunks import InputEndedError
from amorsize.engines.errors_travel import annotate
from amorsize.runtime.guard import Guard
from amorsize.vocab.waiting import Waiting

if TYPE_CHECKING:
    from amorsize.journal.journal import Journal  # noqa: TC004 - loads sqlite3, which few need

REDRAW_S: Final = 0.05
"""Progress is shown at most so often: 20 times a second is as much as an eye follows."""


@dataclass(slots=True, kw_only=True)
class Hooks:
    """Who wants to see results and progress while they come, in the caller's thread."""

    progress: Callable[[int, int | None], None] | None = None
    deliver: Callable[[Sequence[Any]], None] | None = None
    """Gets consecutive results in input order, each once."""
    journal: Journal | None = None
    """Keeps what is finished on disk."""
    interrupted: Callable[[Sequence[Any]], None] | None = None
    """Gets all consecutive results that are there when Ctrl-C ends the run."""


@dataclass(slots=True)
class Stranded:
    """Items whose result or exception could not come back."""

    start: int
    items: Sequence[Any]
    why: str


@dataclass(slots=True)
class Ledger:
    """Takes completions in any order; satisfies ``engines.base.Reports``."""

    hooks: Hooks
    total: int | None
    journal: Journal | None = None
    guard: Guard = field(default_factory=Guard)
    results: list[Any] = field(default_factory=list)
    """Every result up to the first gap, from ``base`` on."""
    base: int = 0
    """So many results have been taken away already."""
    failure: Failure | None = None
    work_s: float = 0.0
    first_item_s: float | None = None
    """When the first item began of which the result has come since this was cleared."""
    notes: list[str] = field(default_factory=list)
    lost: list[Stranded] = field(default_factory=list)
    waiting: Waiting | None = None
    """How the number of items at once was found; of several times, the latest."""
    _pieces: dict[int, Sequence[Any]] = field(default_factory=dict)
    _ahead: int = 0
    _delivered: int = 0
    _kept: int = 0
    """So many of the ``results`` are in the journal."""
    _shown_at: float = 0.0

    @property
    def watched(self) -> bool:
        """Whether somebody wants to hear of every step."""
        shown = self.hooks.progress is not None or self.hooks.deliver is not None
        return shown or self.journal is not None

    @property
    def limit(self) -> int | None:
        return None if self.failure is None else self.failure.index

    @property
    def patience_s(self) -> float:
        waits = [self.guard.patience_s]
        if self.hooks.progress is not None:
            waits.append(REDRAW_S)
        if self.journal is not None and (due_s := self.journal.due_s) is not None:
            waits.append(due_s)
        return min(waits)

    @property
    def most_workers(self) -> int | None:
        """See ``Reports.most_workers``."""
        return self.guard.most_workers

    @property
    def completed(self) -> int:
        return self.base + len(self.results) + self._ahead

    @property
    def ready(self) -> bool:
        """See ``Reports.ready``: here nobody takes results before the end."""
        return False

    @property
    def first(self) -> list[Any]:
        """Results of the first items, in order, at least of two where there are so many."""
        return self.results

    def done(self, start: int, results: Sequence[Any], busy_s: float) -> None:
        """See ``Reports.done``."""
        self.work_s += busy_s
        if self.first_item_s is None:
            self.first_item_s = perf_counter() - busy_s
        if self.journal is not None:
            self._keep_new()
            results = self.journal.take(start, results)
        self._place(start, results)
        self.settle()

    def restored(self, start: int, results: Sequence[Any]) -> None:
        """Results that an earlier run had put into the journal."""
        self._keep_new()
        self._place(start, results)
        self.settle()

    def _place(self, start: int, results: Sequence[Any]) -> None:
        if start == self.base + len(self.results):
            self.results.extend(results)
        else:
            self._pieces[start] = results
            self._ahead += len(results)
        self._kept = len(self.results)

    def _keep_new(self) -> None:
        """What the caller has run itself lies among the results as it came."""
        if self.journal is not None and self._kept < len(self.results):
            fresh = self.results[self._kept :]
            self.results[self._kept :] = self.journal.take(self._kept, fresh)
        self._kept = len(self.results)

    def settle(self) -> None:
        """Close gaps, then tell those who watch."""
        self._close_gaps()
        if self.watched:
            self._deliver()
        self.tick()

    def _close_gaps(self) -> None:
        self._keep_new()
        while self._pieces:
            piece = self._pieces.pop(self.base + len(self.results), None)
            if piece is None:
                break
            self.results.extend(piece)
            self._ahead -= len(piece)
        self._kept = len(self.results)

    def pieces(self) -> list[tuple[int, Sequence[Any]]]:
        """Consecutive results and the index of the first, in order, apart."""
        self._close_gaps()
        return [(self.base, self.results), *sorted(self._pieces.items())]

    def failed(self, failure: Failure) -> None:
        """See ``Reports.failed``: the smallest index counts."""
        if self.failure is None or failure.index < self.failure.index:
            self.failure = failure

    def stranded(self, start: int, items: Sequence[Any], why: str) -> None:
        """See ``Reports.stranded``."""
        self.lost.append(Stranded(start, items, why))

    def waited(self, waiting: Waiting) -> None:
        """See ``Reports.waited``."""
        self.waiting = waiting

    def note(self, warning: str) -> None:
        """Keep a warning for the record, once."""
        if warning not in self.notes:
            self.notes.append(warning)

    def tick(self) -> None:
        """Write the journal, show progress and look at memory, each if it is time."""
        warning = self.guard.look(self.completed)
        if warning is not None:
            self.note(warning)
        if self.journal is not None:
            self.journal.tick()
        if self.hooks.progress is None:
            return
        now = perf_counter()
        if now - self._shown_at >= REDRAW_S:
            self._shown_at = now
            self.hooks.progress(self.completed, self.total)

    def finish(self) -> None:
        """Show the last state, whatever the clock says."""
        if self.failure is None and not self.lost:
            self.total = self.completed  # where it was not known, it is now
        self.settle()
        if self.hooks.progress is not None:
            self.hooks.progress(self.completed, self.total)

    def interrupted(self) -> None:
        """Hand over all that has come: Ctrl-C may have cut a delivery short, too."""
        hooks, self.hooks = self.hooks, Hooks()
        self._close_gaps()
        if hooks.interrupted is not None:
            hooks.interrupted(self.results)

    def raise_failure(self) -> None:
        """Raise the exception with the smallest index, as itself, with a note; if there is one."""
        failure, self.failure = self.failure, None
        if failure is None or isinstance(failure.error, InputEndedError):
            return
        annotate(failure.error, f"amorsize: raised at item {failure.index}, in {failure.where}")
        try:
            raise failure.error
        finally:
            del failure  # the traceback holds this frame: no cycle

    def _deliver(self) -> None:
        limit = len(self.results)
        if self.hooks.deliver is not None and limit > self._delivered:
            fresh = self.results[self._delivered : limit]
            self._delivered = limit
            self.hooks.deliver(fresh)
