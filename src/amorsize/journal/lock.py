"""One run per file: a lock beside it that the kernel frees when its holder dies.

It lies beside and not on the file itself, whose own locks SQLite would lose as soon as any other
descriptor of it is closed. Where there is no ``fcntl`` there is no fork either, and SQLite's
exclusive mode keeps others out by itself.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

with suppress(ImportError):  # Windows
    import fcntl

LOCKS: Final = "fcntl" in globals()

ENDING: Final = "-lock"


class TakenError(Exception):
    """Somebody else holds it."""


class FileLock:
    """Held from its making to ``release``, or to the end of the process.

    Raises:
        TakenError: another run holds it, in this process or in another.
        OSError: the folder cannot be written to.
    """

    def __init__(self, path: str) -> None:
        self._path = f"{os.path.realpath(path)}{ENDING}"
        self._descriptor = -1
        while LOCKS and not self._take():
            self.forget()

    def _take(self) -> bool:
        """Whether what was locked is still what others will find there."""
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        self._descriptor = os.open(self._path, flags, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.forget()
            raise TakenError from error
        with suppress(FileNotFoundError):
            return os.path.samestat(Path(self._path).stat(), os.fstat(self._descriptor))
        return False

    def release(self) -> None:
        """Let others in, and leave nothing behind."""
        if self._descriptor >= 0:
            with suppress(OSError):
                Path(self._path).unlink()
            self.forget()

    def forget(self) -> None:
        """Close it; in a forked child the lock stays the parent's."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
