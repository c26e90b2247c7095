"""What is known about a worker process that has died: which item, which signal, why."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import Final

from amorsize.engines.noted import named
from amorsize.errors import WorkerCrashedError
from amorsize.machine.oom import OomWatch

MOST_TEXT: Final = 8_000
"""Of what ``faulthandler`` writes: some sixty frames."""

HINT: Final = (
    "on_crash='retry' or 'skip' goes on without it; "
    "backend='serial' runs an item alone, to see what it does to the process"
)

MEMORY: Final = OomWatch()
"""For runs too short to look at the counters each time: looks once, and after every crash."""


class BlackBox:
    """A file in memory to which ``faulthandler`` writes in all workers of a run."""

    def __init__(self) -> None:
        self.descriptor = os.memfd_create("amorsize-faults", os.MFD_CLOEXEC)
        self._seen = 0

    def text(self) -> str:
        """What was written since the last look."""
        size = os.fstat(self.descriptor).st_size
        raw = os.pread(self.descriptor, min(size - self._seen, MOST_TEXT), self._seen)
        self._seen = size
        return raw.decode(errors="replace").strip()

    def close(self) -> None:
        os.close(self.descriptor)


def record_faults(descriptor: int) -> None:
    """In a worker: from here on the traceback of a fatal signal goes to the black box."""
    import faulthandler

    with suppress(Exception):  # no stack of its own to be had, or Python was built without
        faulthandler.enable(descriptor)


def how_it_ended(pid: int) -> str:
    """Collect a child that has died, and say how; somebody else may have collected it."""
    try:
        _, status = os.waitpid(pid, 0)
    except ChildProcessError:
        return "died"
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return f"exited with status {code}"
    return f"was killed by {signal_name(-code)}"


def signal_name(number: int) -> str:
    """Its name, or a number that has none: a real-time signal."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def crash(
    what: str, items: range | None, *, faults: str = "", memory: OomWatch = MEMORY
) -> WorkerCrashedError:
    """The error for a worker that ``what`` tells of, while it ran ``items`` or none."""
    at = "between two items" if items is None else f"while it ran {named(items)}"
    killed = memory.moved()
    more = [killed] if killed else []
    if faults:
        more.append(f"its last words:\n{faults}")
    error = WorkerCrashedError("\n".join([f"{what} {at}", *more]), hint=HINT)
    if items is not None and len(items) == 1:
        error.index = items[0]
    return error
