"""No more starts per second than allowed, over all threads and processes of a run.

A small file holds the time of the next start that is free. Whoever is about to start an item
takes that time, moves it on by one interval, and sleeps until it has come: nothing is saved up,
so that there are no bursts. The file is locked for some microseconds, by a lock of the kernel's
that is free again when its holder dies. Clocks that count from the system's start are the same
in all processes.
"""

from __future__ import annotations

import os
import struct
import threading
from contextlib import contextmanager, suppress
from time import monotonic, sleep
from typing import TYPE_CHECKING, Final

try:
    import fcntl
except ImportError:  # Windows: within one process only, see ``SHARED``
    fcntl = None  # type: ignore[assignment]  # it is tested before use

if TYPE_CHECKING:
    from collections.abc import Iterator

SHARED: Final = fcntl is not None
"""Whether processes can keep to one limit together; elsewhere only threads can."""

SPACING: Final = 1.005
"""Starts lie this much further apart than they need to. In a window of 10 s there is then none too
many even where its first one came 50 ms late, as it does on a busy machine."""

TIME: Final = struct.Struct("<d")


class _Local:
    """Locks of the kernel's are per process: its threads need one of their own."""

    def __init__(self) -> None:
        self.begin_anew()

    def begin_anew(self) -> None:
        self.lock = threading.Lock()


LOCAL: Final = _Local()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=LOCAL.begin_anew)


class RateLimit:
    """The limit of one run; goes to its workers by fork or by pickle. ``close`` it in the end."""

    __slots__ = ("_interval_s", "_path")

    def __init__(self, per_s: float) -> None:
        """Raises ``OSError`` where there is no place for the file."""
        import tempfile

        self._interval_s = SPACING / per_s
        descriptor, self._path = tempfile.mkstemp(prefix="amorsize-rate-")
        os.write(descriptor, TIME.pack(0.0))
        os.close(descriptor)

    def wait(self) -> None:
        """Return when the next item may start."""
        wait_s = self.take() - monotonic()
        if wait_s > 0:
            sleep(wait_s)

    def take(self) -> float:
        """The time at which the next item may start, of the clock ``monotonic``."""
        with self.locked() as descriptor:
            (free,) = TIME.unpack(os.pread(descriptor, TIME.size, 0))
            mine: float = max(free, monotonic())
            os.pwrite(descriptor, TIME.pack(mine + self._interval_s), 0)
        return mine

    @contextmanager
    def locked(self) -> Iterator[int]:
        """Nobody else is in here, in whatever thread or process."""
        with LOCAL.lock:
            # opened each time: closing any descriptor of a file gives up the process's locks on it
            descriptor = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
            try:
                if fcntl is not None:
                    fcntl.lockf(descriptor, fcntl.LOCK_EX)
                yield descriptor
            finally:
                os.close(descriptor)

    def close(self) -> None:
        with suppress(OSError):
            os.unlink(self._path)  # noqa: PTH108 - workers import this module, and need no pathlib
