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
