"""One small tree of errors; each says what happened and what to do next.

Subclasses never change ``__init__``, so every error survives pickling. Exceptions of the
user's own function are never wrapped in any of these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

PARTIAL: Final = "the error's 'results' are those that are done, 'remaining' the other indices"


class AmorsizeError(Exception):
    """Base class; says what happened, and, where we know it, what to do next."""

    exit_code = 1

    results: Mapping[int, Any]
    """Of what stops a run: index to result, of the items that are done; a mapping."""
    remaining: Sequence[int]
    """... and the indices that are not; a sequence."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint

    def __str__(self) -> str:
        message = super().__str__()
        return message if self.hint is None else f"{message}\n\nhint: {self.hint}"


class UsageError(AmorsizeError, ValueError):
    """The call itself is wrong: nothing was run."""

    exit_code = 2

    @classmethod
    def parameter(cls, complaint: str, *, hint: str | None = None) -> Self:
        """Complain in the words users know: ``Invalid parameter: ...``."""
        return cls(f"Invalid parameter: {complaint}", hint=hint)


class FileMissingError(UsageError, FileNotFoundError):
    """A file that was named is not there."""

    @classmethod
    def for_import(cls, path: str) -> Self:
        return cls(f"Import file not found: {path}")

    @classmethod
    def for_config(cls, path: str) -> Self:
        return cls(f"Configuration file not found: {path}")


class FileThereError(UsageError, FileExistsError):
    """A file is there already, and was not to be replaced."""

    @classmethod
    def for_config(cls, path: str) -> Self:
        msg = f"Configuration file already exists: {path}"
        return cls(msg, hint="choose another name; in Python, overwrite=True replaces it")


class ExtraMissingError(UsageError, ImportError):
    """A part of the library needs an optional package that is not installed."""

    @classmethod
    def for_extra(cls, extra: str, what: str) -> Self:
        msg = f"{what} needs a package that is not installed"
        return cls(msg, hint=f"pip install 'amorsize[{extra}]'")


class BackendRefusedError(UsageError):
    """A forced engine or worker count cannot be honoured, and the message says why."""


class CheckpointError(AmorsizeError):
    """A checkpoint cannot be read or written, or a result does not fit into it."""


class CheckpointRefusedError(CheckpointError, UsageError):
    """A checkpoint is in use, is no checkpoint, or belongs to another function or other data."""


class MemoryShortError(AmorsizeError, MemoryError):
    """Results have nearly filled the memory: the run ends before the kernel would end it."""


class WorkerCrashedError(AmorsizeError):
    """A worker process died while it held items; what it had not handed over is lost."""

    index: int | None = None
    """The item that it ran, where that is known for certain."""


class ItemTimeoutError(AmorsizeError, TimeoutError):
    """An item took longer than ``timeout=`` allows; its worker was ended, and the item with it."""

    index: int | None = None

    @classmethod
    def for_item(cls, index: int, timeout_s: float) -> Self:
        msg = f"item {index} took longer than timeout={timeout_s:g} seconds, and was ended"
        error = cls(msg, hint=f"{PARTIAL}; on_error='skip' or 'collect' goes on without it")
        error.index = index
        return error


class DeadlineExceededError(AmorsizeError, TimeoutError):
    """The run took longer than ``deadline=`` allows; what was running was ended."""

    @classmethod
    def after(cls, deadline_s: float) -> Self:
        return cls(f"the run was not done within deadline={deadline_s:g} seconds", hint=PARTIAL)


class ItemStuckError(AmorsizeError):
    """An item cannot be sent to a worker process, and the caller of a watched run runs none."""

    index: int | None = None

    @classmethod
    def for_item(cls, index: int) -> Self:
        msg = f"item {index} cannot be sent to a worker process, and none can be forked for it"
        error = cls(msg, hint="give plain data, and open or make the rest inside the function")
        error.index = index
        return error


class ResultLostError(AmorsizeError):
    """A result or an exception could not travel back, and running the item again was forbidden."""

    @classmethod
    def for_item(cls, index: int, why: str) -> Self:
        msg = f"what item {index} gave could not come back from its worker: {why}"
        return cls(msg, hint="return plain data, or, where the caller may run items, allow reruns")
