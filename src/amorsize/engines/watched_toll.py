"""What the death of a watched worker means: what is lost, what runs again, what is given up."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from amorsize.engines.crash import crash, how_it_ended
from amorsize.errors import WorkerCrashedError
from amorsize.machine.oom import OomWatch
from amorsize.vocab.options import OnCrash

if TYPE_CHECKING:
    from amorsize.engines.base import Job, Reports
    from amorsize.engines.source import Chunk
    from amorsize.engines.watched_handout import Handout
    from amorsize.engines.watched_process import Process
    from amorsize.engines.watched_verdict import Verdicts

TRIES: Final = 3
"""An item that has killed so many workers is given up under ``on_crash="retry"``."""

STILLBORN: Final = 5
"""So many workers in a row that die before they have done anything: it is not the items."""


class Toll:
    """The account of deaths of one run."""

    def __init__(self, job: Job, reports: Reports, *, handout: Handout, verdicts: Verdicts) -> None:
        self._care = job.care
        self._reports = reports
        self._handout = handout
        self._verdicts = verdicts
        self._memory = OomWatch()
        self._memory.begin()
        self._deaths: Counter[int] = Counter()
        self._stillborn = 0
        self.crash: WorkerCrashedError | None = None
        """What the run ends with when the chunks in hand are finished."""

    def take(self, dead: Process, *, was_running: bool, faults: str) -> None:
        """A worker has ended, all that it told was heard; ``was_running`` the next item."""
        what, lost = f"{dead.where} {how_it_ended(dead.pid)}", dead.rest()
        running = None
        if was_running:
            lost = dead.give_away_next()
            index, _ = self._verdicts.named(lost)
            running = range(index, index + 1)
        error = crash(what, running, faults=faults, memory=self._memory)
        self._count_stillborn(dead, error)
        if dead.chunk is None:
            self._reports.note(f"{error.args[0]}; nothing was lost, another took its place")
        elif self._care.on_crash is OnCrash.RAISE:
            self._handout.closed = True
            self.crash = self.crash or error
        else:
            self._handout.take_back(dead.rest())
            self._decide(lost if was_running else None, error, dead.where)

    def _count_stillborn(self, dead: Process, error: WorkerCrashedError) -> None:
        self._stillborn = 0 if dead.has_worked else self._stillborn + 1
        if self._stillborn >= STILLBORN:
            raise error

    def _decide(self, lost: Chunk | None, error: WorkerCrashedError, where: str) -> None:
        """This item, if any, was running when its worker died."""
        if lost is None:
            self._reports.note(f"{error.args[0]}; its items ran elsewhere")
            return
        self._deaths[lost.start] += 1
        if self._care.on_crash is OnCrash.SKIP:
            self._verdicts.skip(lost, error)
            self._reports.note(f"item {error.index} was skipped: {error.args[0]}")
        elif not self._care.rerun_lost:
            self._verdicts.give_up(lost, error, where)
        elif self._deaths[lost.start] < TRIES:
            self._handout.take_back(lost)
            self._reports.note(f"item {error.index} ran again: {error.args[0]}")
        else:
            self._verdicts.give_up(lost, _given_up(error), where)


def _given_up(last: WorkerCrashedError) -> WorkerCrashedError:
    error = WorkerCrashedError(
        f"item {last.index} has ended its worker process {TRIES} times, and is not tried again: "
        f"{last.args[0]}",
        hint="on_crash='skip' goes on without it",
    )
    error.index = last.index
    return error
