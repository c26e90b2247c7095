"""Standard output for our data, standard error for everything else."""

from __future__ import annotations

import os
import select
import sys
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from typing import TYPE_CHECKING, Final

from amorsize.cli.exits import OutputFailedError, ReaderGoneError

if TYPE_CHECKING:
    from collections.abc import Iterator

STDOUT: Final = 1
STDERR: Final = 2
CLOSED: Final = -1
PLACE: Final = "standard output"


def say(text: str) -> None:
    """Print to standard error, if anybody listens."""
    if sys.stderr is not None:
        with suppress(OSError):
            print(text, file=sys.stderr, flush=True)


class DataOutput:
    """The real standard output, written without a buffer: what was written is out."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @property
    def is_terminal(self) -> bool:
        return os.isatty(self._descriptor)

    def write(self, text: str) -> None:
        """Write all of it.

        Raises:
            ReaderGoneError: the other end of the pipe is closed.
            OutputFailedError: it cannot be written for another reason.
        """
        left = memoryview(text.encode("utf-8", "backslashreplace"))
        while left:
            try:
                left = left[os.write(self._descriptor, left) :]
            except BlockingIOError:  # a terminal or pipe that another program set to non-blocking
                select.select([], [self._descriptor], [])
            except BrokenPipeError as error:
                msg = f"nobody reads {PLACE}"
                raise ReaderGoneError(msg) from error
            except OSError as error:
                raise OutputFailedError.for_place(PLACE, error) from error


@contextmanager
def data_output() -> Iterator[DataOutput]:
    """Keep standard output for data: what others print meanwhile goes to standard error.

    The descriptor itself is redirected, so this holds for the user's function, for libraries
    written in C, and for worker processes.
    """
    _fill_closed_descriptors()
    if sys.stdout is None:
        yield DataOutput(CLOSED)
        return
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    sys.stdout.flush()
    real = _duplicate(STDOUT)
    try:
        os.dup2(STDERR, STDOUT)
        yield DataOutput(real)
    finally:
        with suppress(OSError):
            sys.stdout.flush()
        os.dup2(real, STDOUT)
        os.close(real)


def _fill_closed_descriptors() -> None:
    """Without this, the next file opened would become standard output or standard error."""
    while (nowhere := os.open(os.devnull, os.O_RDWR)) <= STDERR:
        os.set_inheritable(nowhere, True)
    os.close(nowhere)


def _duplicate(descriptor: int) -> int:
    try:
        from fcntl import F_DUPFD_CLOEXEC, fcntl
    except ImportError:  # Windows
        return os.dup(descriptor)
    return fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR + 1)
