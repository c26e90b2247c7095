"""What a watched worker does: an item at a time, each told of before the next one is begun.

A worker is forked, or starts as a new interpreter that loads this module and needs nothing but
the standard library, and cloudpickle where pickle fails.
"""

from __future__ import annotations

import os
import pickle
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter_ns, process_time_ns
from typing import TYPE_CHECKING, Any, Final

from amorsize.engines.chunks import run_chunk
from amorsize.engines.crash import record_faults
from amorsize.engines.errors_travel import portable
from amorsize.engines.forking import Interrupted, be_a_worker, flush_streams
from amorsize.engines.homeward import pack
from amorsize.engines.item_clock import ItemClock
from amorsize.engines.marks import Marks, seen_marks
from amorsize.engines.nesting import INSIDE
from amorsize.engines.spawned_worker import adopt, describe
from amorsize.engines.watched_wire import Kind, Letter, read, write
from amorsize.engines.worker_logs import Outlet
from amorsize.engines.worker_state import end_of_worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from amorsize.engines.chunks import Ran

NEVER: Final = 2**62
"""As the time at which an item began: it has not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where one worker reads, writes and notes what it is about to start."""

    tasks: int
    letters: int
    faults: int
    marks: Marks
    slot: int


class Worker:
    """Serves one desk. ``inherited`` gives the items of a span that need not be sent."""

    def __init__(
        self,
        desk: Desk,
        func: Callable[[Any], Any] | None = None,
        inherited: Callable[[int, int], Iterable[Any]] | None = None,
    ) -> None:
        self._desk = desk
        self._func = func
        self._inherited = inherited

    def work(self) -> None:
        """Serve letters until the caller hangs up."""
        INSIDE.set(f"worker process {os.getpid()}")
        record_faults(self._desk.faults)
        outlet = self._outlet = Outlet(lambda packed: self._say(Letter(Kind.LOG, -1, packed)))
        outlet.open()
        self._keep_time()
        try:
            self._serve_all()
        finally:
            with suppress(BrokenPipeError):  # the caller listens only where there is an end to make
                end_of_worker()
                outlet.end_chunk()
            outlet.close()

    def _keep_time(self) -> None:
        marks, slot = self._desk.marks, self._desk.slot
        ItemClock.starts = lambda: marks.date(slot, perf_counter_ns())
        ItemClock.waits = lambda: marks.date(slot, NEVER)

    def _serve_all(self) -> None:
        while (letter := read(self._desk.tasks)) is not None:
            if letter.kind is Kind.FUNCTION:
                self._load(letter)
            else:
                self._serve(letter)

    def _say(self, letter: Letter) -> None:
        write(self._desk.letters, letter)

    def _load(self, letter: Letter) -> None:
        try:
            setting, packed = pickle.loads(letter.payload)
            adopt(setting)
            self._func = pickle.loads(packed)
        except Exception as error:  # noqa: BLE001 - loading runs code of the user's
            self._say(Letter(Kind.BAD_FUNCTION, -1, describe(error).encode()))

    def _serve(self, letter: Letter) -> None:
        if self._func is None:
            return
        began_ns = perf_counter_ns()
        index, stop = letter.at, letter.at + letter.first
        try:
            items = self._items(letter, stop)
        except Exception as error:  # noqa: BLE001 - as does loading items
            self._outlet.end_chunk()
            self._say(Letter(Kind.UNREAD, index, describe(error).encode()))
            return
        marks, slot = self._desk.marks, self._desk.slot
        while index < stop and marks.may_go_on(slot, index) and self._run(index, items):
            index += 1
        self._outlet.end_chunk()
        self._say(Letter(Kind.DONE, index, first=perf_counter_ns() - began_ns))

    def _items(self, letter: Letter, stop: int) -> Iterator[Any]:
        if letter.kind is Kind.INHERITED and self._inherited is not None:
            return iter(self._inherited(letter.at, stop))
        return iter(pickle.loads(letter.payload))

    def _run(self, index: int, items: Iterator[Any]) -> bool:
        """Run one item and tell of it; whether the next one may be run."""
        func, desk = self._func, self._desk
        assert func is not None  # noqa: S101 - the caller sends it first
        began_ns, cpu_ns = perf_counter_ns(), process_time_ns()
        desk.marks.start_timed(desk.slot, index, began_ns)
        ran = run_chunk(func, items, (index, index + 1))
        if isinstance(ran.error, Interrupted):
            raise ran.error
        took_ns, cpu_ns = perf_counter_ns() - began_ns, process_time_ns() - cpu_ns
        letter = _letter_of(ran, index)
        if letter.kind is Kind.FAILED:  # first, so that nobody starts a larger item meanwhile
            desk.marks.lower_limit(index)
        desk.marks.date(desk.slot, NEVER)  # the caller may be slow to take it: nobody's time
        flush_streams()
        self._say(letter._replace(first=took_ns, second=cpu_ns))
        return letter.kind is not Kind.FAILED


def _letter_of(ran: Ran, index: int) -> Letter:
    try:
        if ran.error is not None:
            return Letter(Kind.FAILED, index, pack(portable(ran.error)))
        return Letter(Kind.RESULT, index, pack(ran.results[0]))
    except Exception as trouble:  # noqa: BLE001 - pickling runs code of the user's
        return Letter(Kind.STRANDED, index, describe(trouble).encode())


def main(tasks: int, letters: int, faults: int, marks: str, slot: int, caller: int) -> None:  # noqa: PLR0917 - numbers on a command line
    """In an interpreter of its own."""
    with seen_marks(marks) as page:
        desk = Desk(tasks=tasks, letters=letters, faults=faults, marks=page, slot=slot)
        be_a_worker(caller, Worker(desk).work)
