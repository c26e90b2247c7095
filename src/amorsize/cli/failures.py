"""What went wrong, on standard error: our complaints are one line, the user's a traceback."""

from __future__ import annotations

import os
import traceback
from pathlib import Path
from typing import Final

from amorsize.cli.exits import (
    Exit,
    InputError,
    OutputFailedError,
    ReaderGoneError,
    ResultMisfitError,
)
from amorsize.cli.streams import say
from amorsize.errors import (
    AmorsizeError,
    ItemStuckError,
    ItemTimeoutError,
    ResultLostError,
    WorkerCrashedError,
)

OF_THE_RUN: Final = (
    InputError,
    ItemStuckError,
    ItemTimeoutError,
    OutputFailedError,
    ResultLostError,
    ResultMisfitError,
    WorkerCrashedError,
)
"""Ours even where the run has noted an item on them."""

HERE: Final = f"{Path(__file__).parents[1]}{os.sep}"


def tell(error: BaseException) -> int:
    """Say it to the user, and return the exit code."""
    if isinstance(error, ReaderGoneError):
        return Exit.PIPE_CLOSED
    if isinstance(error, KeyboardInterrupt):
        say("interrupted")
        return Exit.INTERRUPTED
    if isinstance(error, AmorsizeError) and not _came_from_the_function(error):
        say(f"error: {error}")
        return error.exit_code
    say(_traceback(error))
    return Exit.FAILED


def _came_from_the_function(error: AmorsizeError) -> bool:
    """A function that uses this library itself raises its errors; the run notes the item."""
    return not isinstance(error, OF_THE_RUN) and bool(getattr(error, "__notes__", ()))


def _traceback(error: BaseException) -> str:
    """As Python prints it, from the user's first line on: the way there is ours."""
    told = traceback.TracebackException.from_exception(error)
    theirs = [n for n, frame in enumerate(told.stack) if not frame.filename.startswith(HERE)]
    if not theirs and hasattr(error, "__notes__"):  # the traceback in a worker is among them
        return "".join(told.format_exception_only()).rstrip("\n")
    if theirs:
        del told.stack[: theirs[0]]
    return "".join(told.format()).rstrip("\n")
