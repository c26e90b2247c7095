"""What comes home in a watched run: letters of a worker, told on as results and failures."""

from __future__ import annotations

import pickle
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from amorsize.engines.base import EngineStartError, Failure
from amorsize.engines.errors_travel import annotate, unpack_error
from amorsize.engines.spawned_worker import describe
from amorsize.engines.watched_wire import Kind, Letter
from amorsize.engines.worker_logs import relay
from amorsize.errors import ResultLostError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amorsize.engines.base import Reports
    from amorsize.engines.source import Chunk
    from amorsize.engines.watched_handout import Handout
    from amorsize.engines.watched_process import Process
    from amorsize.engines.watched_verdict import Verdicts
    from amorsize.engines.watched_width import Crowd


class Intake:
    """Reads letters; consecutive results are told of together."""

    def __init__(
        self, reports: Reports, handout: Handout, *, crowd: Crowd, verdicts: Verdicts
    ) -> None:
        self._reports = reports
        self._verdicts = verdicts
        self._handout = handout
        self._crowd = crowd
        self._results: list[Any] = []
        self._took_ns = self._cpu_ns = 0
        self.unsent: list[Chunk] = []
        """Chunks that a worker could not read."""
        self._amid: Process | None = None
        """Whose letters are being taken; or were, when something was raised."""

    def read(self, process: Process) -> None:
        """Take all that has come from one worker."""
        self._amid = process
        for letter in process.box.empty():
            if letter.kind is Kind.RESULT:
                self._keep(letter, process)
            else:
                self._tell(process)
                self._take(letter, process)
        self._tell(process)
        self._amid = None

    def last(self, processes: Sequence[Process]) -> None:
        """Workers have ended before their time: what they had told is done, the rest comes back.

        Letters whose taking was cut short are left: where one begins is not certain any more.
        """
        cut_short, self._results = self._amid, []
        for process in processes:
            if process is not cut_short:
                with suppress(BaseException):  # something was raised already, and is what counts
                    self.read(process)
            self.unsent.append(process.rest())
            process.chunk = None
        for chunk in self.unsent:
            self._handout.take_back(chunk)
        self.unsent.clear()

    def _keep(self, letter: Letter, process: Process) -> None:
        try:
            result = pickle.loads(letter.payload)
        except Exception as error:  # noqa: BLE001 - the user's __setstate__ may raise anything
            self._tell(process)
            self._lost(describe(error), process)
            return
        self._results.append(result)
        self._took_ns += letter.first
        self._cpu_ns += letter.second

    def _tell(self, process: Process) -> None:
        if not self._results:
            return
        results, self._results = self._results, []
        took_s, cpu_s = self._took_ns / 1e9, self._cpu_ns / 1e9
        self._took_ns = self._cpu_ns = 0
        start = process.rest().start
        process.told += len(results)
        process.has_worked = True
        self._crowd.came_home(len(results), took_s, cpu_s)
        self._reports.done(start, results, took_s)

    def _take(self, letter: Letter, process: Process) -> None:
        text = letter.payload.decode(errors="replace") if letter.kind in _TEXTS else ""
        match letter.kind:
            case Kind.FAILED:
                self._take_failure(letter, process)
            case Kind.STRANDED:
                self._lost(text, process)
            case Kind.UNREAD:
                self.unsent.append(process.rest())
                process.chunk = None
            case Kind.BAD_FUNCTION:
                msg = f"workers cannot load the function: {text}"
                raise EngineStartError(msg)
            case Kind.LOG:
                relay(letter.payload, self._reports.note)
            case Kind.DONE:
                self._end_chunk(letter, process)
            case _:
                pass  # not what a worker says, or kept above

    def _take_failure(self, letter: Letter, process: Process) -> None:
        try:
            error, text = unpack_error(letter.payload)
        except Exception as trouble:  # noqa: BLE001 - an exception may refuse to be rebuilt
            self._lost(describe(trouble), process)
            return
        process.give_away_next()
        annotate(error, f"traceback in {process.where}:\n{text.rstrip()}")
        self._reports.failed(Failure(letter.at, error, process.where))

    def _lost(self, why: str, process: Process) -> None:
        """It ran, and may run nowhere else: the caller runs nothing."""
        lost = process.give_away_next()
        error = ResultLostError.for_item(self._verdicts.named(lost)[0], why)
        self._verdicts.give_up(lost, error, process.where)

    def _end_chunk(self, letter: Letter, process: Process) -> None:
        self._handout.learn(process.told, letter.first / 1e9)
        self._handout.take_back(process.rest())
        process.chunk = None


_TEXTS = frozenset((Kind.STRANDED, Kind.UNREAD, Kind.BAD_FUNCTION))
