"""What the caller asked for, checked once at the door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Backend(StrEnum):
    """What the user may force; ``auto`` leaves the choice to the measurement."""

    AUTO = "auto"
    SERIAL = "serial"
    THREADS = "threads"
    PROCESSES = "processes"


class Order(StrEnum):
    """In which order items may be *started*; results always come in input order."""

    ANY = "any"
    INPUT = "input"


class OnCrash(StrEnum):
    """What is done when a worker process dies."""

    RAISE = "raise"
    """Chunks in hand are finished, nothing runs twice, then the error is raised."""
    RETRY = "retry"
    """What was lost runs again."""
    SKIP = "skip"
    """The same, but the item that killed its worker does not: a failure is put in its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How one call wants to be run.

    ``n_jobs`` is ``None`` where the best number is to be found, else at least 1 (-1 has
    been resolved already); ``chunksize`` is ``None`` where the chunk rule decides.
    """

    n_jobs: int | None = None
    chunksize: int | None = None
    backend: Backend = Backend.AUTO
    order: Order = Order.ANY
    fail_fast: bool = False
    rerun_lost: bool = True
    prefer_threads_for_io: bool = True
    pin_inner_threads: bool = True
    """Reduce BLAS/OpenMP pools to one thread while items run side by side."""
    timeout_s: float | None = None
    """No item may take longer."""
    deadline_s: float | None = None
    """Nor may the whole run."""
    on_crash: OnCrash = OnCrash.RAISE
    isolate: bool = False
    """Keep items out of the caller's process."""

    @property
    def watched(self) -> bool:
        """Whether the caller runs no item, not even the first, and only watches its workers."""
        limited = self.timeout_s is not None or self.deadline_s is not None
        return limited or self.isolate or self.on_crash is not OnCrash.RAISE

    rate_per_s: float | None = None
    """Items may be started so often, by all workers together."""
    max_concurrency: int | None = None
    """Calls at the same time, at most."""
    is_overload: Callable[[BaseException], bool | float | None] | None = None
    """Tells whether an exception means that the other side refused the call, and perhaps for
    how many seconds: the item is called again."""

    @property
    def forces_parallel(self) -> bool:
        """Whether the caller wants workers, whatever the measurement says."""
        chosen = self.backend in {Backend.THREADS, Backend.PROCESSES}
        return (chosen and self.n_jobs != 1) or (self.n_jobs or 1) > 1

    @property
    def forces_serial(self) -> bool:
        return self.backend is Backend.SERIAL or 1 in {self.n_jobs, self.max_concurrency}


DEFAULT_OPTIONS = Options()
