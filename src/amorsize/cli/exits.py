"""Exit codes, each with its meaning, and the errors that only the command line has."""

from __future__ import annotations

from enum import IntEnum
from typing import Final, Self

from amorsize.errors import AmorsizeError, UsageError


class Exit(IntEnum):
    """What the shell gets."""

    OK = 0
    FAILED = 1
    USAGE = 2
    INTERRUPTED = 130
    PIPE_CLOSED = 141


MEANING: Final = {
    Exit.OK: "all went well",
    Exit.FAILED: "the function or the run failed, a result could not be written, "
    "a cache or an entry is bad",
    Exit.USAGE: "the command, the target or the input is wrong",
    Exit.INTERRUPTED: "stopped by Ctrl-C",
    Exit.PIPE_CLOSED: "whoever read the output stopped reading",
}


class InputError(UsageError):
    """The items cannot be read, or one of them cannot; also found while a run goes on."""


class ResultMisfitError(AmorsizeError):
    """A result cannot be written in the format that was asked for."""

    @classmethod
    def of_item(cls, index: int, why: str, *, hint: str) -> Self:
        return cls(f"the result of item {index} cannot be written {why}", hint=hint)


class OutputFailedError(AmorsizeError):
    """Results cannot be written where they should go."""

    @classmethod
    def for_place(cls, place: str, error: OSError) -> Self:
        return cls(f"cannot write to {place}: {error.strerror or error}")


class EntryMissingError(AmorsizeError):
    """A cache does not have what was asked for, or would not serve it."""


class CacheUnusableError(AmorsizeError):
    """A cache is there, and its folder cannot be read."""

    @classmethod
    def because(cls, error: OSError) -> Self:
        return cls(f"cannot read {error.filename}: {error.strerror}")


class FunctionUnknownError(AmorsizeError):
    """A function cannot be identified, so nothing is kept for it."""

    @classmethod
    def because(cls, target: str, why_not: str | None) -> Self:
        return cls(f"nothing is kept for {target}: {why_not} cannot be identified")


class ReaderGoneError(AmorsizeError):
    """Whoever read our output stopped: the end of a pipe, and no failure."""

    exit_code: int = Exit.PIPE_CLOSED
