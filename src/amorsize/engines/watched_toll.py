"""What the death of a watched worker means: what is lost, what runs again, what is given up."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from amorsize.engines.base import Failure
from amorsize.engines.crash import crash, how_it_ended
from amorsize.engines.noted import named
from amorsize.engines.source import Chunk
from amorsize.errors import WorkerCrashedError
from amorsize.machine.oom import OomWatch
from amorsize.vocab.failure import Failure as Given
from amorsize.vocab.failure import shown
from amorsize.vocab.options import OnCrash

if TYPE_CHECKING:
    from amorsize.engines.base import Care, Reports
    from amorsize.engines.crash import BlackBox
    from amorsize.engines.watched_handout import Handout
    from amorsize.engines.watched_process import Process

TRIES: Final = 3
"""An item that has killed so many workers is given up under ``on_crash="retry"``."""

STILLBORN: Final = 5
"""So many workers in a row that die before they have done anything: it is not the items."""


class Toll:
    """The account of deaths of one run."""

    def __init__(self, care: Care, reports: Reports, *, handout: Handout, faults: BlackBox) -> None:
        self._care = care
        self._reports = reports
        self._handout = handout
        self._faults = faults
        self._memory = OomWatch()
        self._memory.begin()
        self._deaths: Counter[int] = Counter()
        self._stillborn = 0
        self.crash: WorkerCrashedError | None = None
        """What the run ends with when the chunks in hand are finished."""

    def take(self, dead: Process, running: range | None) -> None:
        """A worker has ended, all that it told was heard, and it was running this."""
        what = f"{dead.where} {how_it_ended(dead.pid)}"
        error = crash(what, running, faults=self._faults.text(), memory=self._memory)
        self._count_stillborn(dead, error)
        if dead.chunk is None and self._care.on_crash is OnCrash.RAISE:
            self._reports.note(f"{error.args[0]}; nothing was lost, another took its place")
        elif self._care.on_crash is OnCrash.RAISE:
            self._handout.closed = True
            self.crash = self.crash or error
        elif dead.chunk is not None:
            self._share_out(dead, running, error)

    def _count_stillborn(self, dead: Process, error: WorkerCrashedError) -> None:
        self._stillborn = 0 if dead.has_worked else self._stillborn + 1
        if self._stillborn >= STILLBORN:
            raise error

    def _share_out(self, dead: Process, running: range | None, error: WorkerCrashedError) -> None:
        rest = dead.rest()
        if running is None:
            self._handout.take_back(rest)
            return
        index, items = rest
        self._handout.take_back(Chunk(index + 1, items[1:]))
        self._decide(Chunk(index, items[:1]), error, dead.where)

    def _decide(self, lost: Chunk, error: WorkerCrashedError, where: str) -> None:
        """One item was running when its worker died."""
        index, (item,) = lost
        self._deaths[index] += 1
        if self._care.on_crash is OnCrash.SKIP:
            given = Given(index, shown(item), error, str(error.args[0]))
            self._reports.done(index, [given], 0.0)
            self._reports.note(f"item {index} was skipped: {error.args[0]}")
        elif not self._care.rerun_lost:
            self._reports.failed(Failure(index, error, where))
        elif self._deaths[index] < TRIES:
            self._handout.take_back(lost)
            self._reports.note(f"item {index} ran again: {error.args[0]}")
        else:
            self._reports.failed(Failure(index, _given_up(index, error), where))


def _given_up(index: int, last: WorkerCrashedError) -> WorkerCrashedError:
    error = WorkerCrashedError(
        f"{named(range(index, index + 1))} has ended its worker process {TRIES} times, and is "
        f"not tried again: {last.args[0]}",
        hint="on_crash='skip' goes on without it",
    )
    error.index = index
    return error
