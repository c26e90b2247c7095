"""Time that runs out: stops what the main thread does, as a Ctrl-C would, wherever it is.

All our engines bear a Ctrl-C at any moment, and so do the pools of others, more or less. The
alarm rings as SIGINT, which those who must not be disturbed have masked or put off.
"""

from __future__ import annotations

import math
import signal
import threading
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

AGAIN_S: Final = 1.0
"""The alarm rings again so often: a bare ``except`` of the function may have swallowed it."""

GRACE_S: Final = 0.25
"""Who asks for the time between items is interrupted only if an item takes so long after it."""

SOON_S: Final = 1e-3
"""An alarm of the user's that should have rung meanwhile rings so soon after."""


class TimeUpError(Exception):
    """A run has noticed by itself that its time is up."""


class Deadline:
    """How much time is left, and whether it has run out."""

    def __init__(self, limit_s: float = math.inf) -> None:
        self._due = monotonic() + limit_s
        self._off = True
        self.rang = False
        """Whether the alarm has interrupted the main thread."""

    @property
    def rings(self) -> bool:
        """Whether an alarm is set, so that nobody needs to ask."""
        return not self._off or math.isinf(self._due)

    @property
    def left_s(self) -> float:
        return max(0.0, self._due - monotonic())

    @property
    def wait_s(self) -> float | None:
        """The same for those who wait: ``None`` is for ever."""
        return None if math.isinf(self._due) else self.left_s

    def check(self) -> None:
        """Where no alarm can ring, whoever runs items asks between them.

        Raises:
            TimeUpError: the time is up.
        """
        if not self.left_s:
            raise TimeUpError

    @contextmanager
    def armed(self, grace_s: float = 0.0) -> Iterator[None]:
        """Ring ``grace_s`` after the time is up: the block ends with a KeyboardInterrupt then.

        Outside the main thread, and where an alarm of the user's is due before, nothing rings.
        """
        theirs_s, every_s = signal.getitimer(signal.ITIMER_REAL) if _can_ring() else (0.0, 0.0)
        limit_s = self.left_s + grace_s
        if not _can_ring() or math.isinf(limit_s) or 0 < theirs_s <= limit_s:
            yield
            return
        heard = signal.getsignal(signal.SIGINT)
        alarm = signal.signal(signal.SIGALRM, self._ring)
        began = monotonic()
        try:
            self._off = False
            if heard is not signal.default_int_handler:
                signal.signal(signal.SIGINT, self._interrupter(heard))
            signal.setitimer(signal.ITIMER_REAL, max(SOON_S, limit_s), AGAIN_S)
            try:
                yield
            finally:
                self._off = True
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGINT, heard)
            signal.signal(signal.SIGALRM, alarm)
            if theirs_s:
                rest_s = theirs_s - (monotonic() - began)
                signal.setitimer(signal.ITIMER_REAL, max(SOON_S, rest_s), every_s)

    def _ring(self, _number: int, _frame: FrameType | None) -> None:
        if not self._off:
            self.rang = True
            signal.raise_signal(signal.SIGINT)

    def _interrupter(self, heard: Any) -> Any:
        """Hear the alarm where the user does something else on Ctrl-C, or nothing."""

        def interrupt(number: int, frame: FrameType | None) -> None:
            if self.rang and not self._off:
                raise KeyboardInterrupt
            if callable(heard):
                heard(number, frame)
            elif heard is signal.SIG_DFL:
                signal.signal(signal.SIGINT, signal.SIG_DFL)
                signal.raise_signal(signal.SIGINT)

        return interrupt


def _can_ring() -> bool:
    return (
        hasattr(signal, "setitimer")
        and threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is not None
        and signal.getsignal(signal.SIGALRM) is not None
    )
