"""Ctrl-C at every moment at which Python listens for it, in the process that asked for the run.

Python looks for signals when a function begins and when a call of C code has returned. A sweep
runs the same work again and again, and lets the signal come at the first such moment, at the
second, and so on: what a random moment hits once in a thousand runs is hit each time.
"""

from __future__ import annotations

import gc
import inspect
import os
import signal
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from amorsize.engines.nesting import INSIDE
from amorsize.engines.reaper import REAPER
from tests.stress.kit import EXIT_S
from tests.support.leaks import left_behind, survey

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from amorsize.engines.forking import Mask


@dataclass(slots=True)
class Moment:
    """A profile function that sends SIGINT to this process at the ``nth`` moment."""

    nth: int
    caller: int = field(default_factory=os.getpid)
    seen: int = 0
    where: str | None = None
    """What was going on when the signal came; ``None``: it all ended before."""

    def __call__(self, frame: FrameType, event: str, _arg: Any) -> None:
        if os.getpid() != self.caller:
            sys.setprofile(None)
            return
        if not listens(frame, event):
            return
        self.seen += 1
        if self.seen == self.nth:
            self.where = _called_by(frame)
            signal.raise_signal(signal.SIGINT)


def listens(frame: FrameType, event: str) -> bool:
    code = frame.f_code
    if code.co_filename.endswith("_weakrefset.py"):  # a callback, which swallows what is raised
        return False
    return event == "c_return" or (event == "call" and not code.co_flags & inspect.CO_GENERATOR)


@dataclass(frozen=True, slots=True)
class Struck:
    """What came of one interrupted run."""

    where: str | None
    raised: BaseException | None
    left: list[str]
    """Processes, descriptors and the like that were there right after."""

    @property
    def complaints(self) -> list[str]:
        """What should not be: nothing, in a library without such bugs."""
        wanted = KeyboardInterrupt if self.where else type(None)
        wrong = [] if isinstance(self.raised, wanted) else [f"raised {self.raised!r}"]
        found = [*wrong, *self.left]
        return [f"{complaint}, interrupted in {self.where}" for complaint in found]


def strike(work: Callable[[], Any], nth: int) -> Struck:
    """Run ``work`` with a Ctrl-C at its ``nth`` moment."""
    before, mask = survey(), signal.pthread_sigmask(signal.SIG_BLOCK, ())
    moment, raised = Moment(nth), None
    try:
        sys.setprofile(moment)
        try:
            work()
        finally:
            sys.setprofile(None)
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is looked at
        raised = error.with_traceback(None)
        raised.__context__ = None
    if os.getpid() != moment.caller:  # a worker has escaped into what was the caller's code
        os.write(2, b"a worker escaped, interrupted in %a\n" % moment.where)
        os._exit(1)
    left = _disturbed(mask)
    REAPER.reap(patience_s=EXIT_S)
    return Struck(moment.where, raised, left + left_behind(before))


def moments_in(work: Callable[[], Any]) -> int:
    """How many moments there are, about: other threads and processes make it vary."""
    moment = Moment(sys.maxsize)
    sys.setprofile(moment)
    try:
        work()
    finally:
        sys.setprofile(None)
    return moment.seen


def _called_by(frame: FrameType | None) -> str:
    names: list[str] = []
    while frame is not None and len(names) < 4:
        names.append(f"{frame.f_code.co_qualname}:{frame.f_lineno}")
        frame = frame.f_back
    return " < ".join(names)


def _disturbed(mask: Mask) -> list[str]:
    """Settings of this process that are not as they were; puts them right."""
    found = []
    if signal.pthread_sigmask(signal.SIG_SETMASK, mask) != mask:
        found.append("interrupts stay blocked")
    if INSIDE.get() is not None:
        found.append("later calls count as nested")
        INSIDE.set(None)
    if not gc.isenabled():
        found.append("the garbage collector stays off")
        gc.enable()
    return found
