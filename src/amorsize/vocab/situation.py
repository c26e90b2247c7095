"""What is true around one call: the machine of the moment, and what engines cost here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from amorsize.vocab.estimate import Assumed, Estimate

NO_TIME: Final = Assumed(median_s=0.0, why="nothing is done per item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one engine costs. All in seconds.

    The caller is blocked for ``blocking`` once and for ``per_worker`` per extra worker;
    workers become productive ``delay`` after that, while the caller works on.
    """

    blocking: Estimate
    per_worker: Estimate
    delay: Estimate
    per_chunk: Estimate
    per_item: Estimate = NO_TIME


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Facts about this process and machine that rule engines in or out."""

    cores: int
    """Usable by this process, at least 1."""
    quota: float | None = None
    """CPU time per wall time that the container grants, where it is limited."""
    fork_unsafe: str | None = None
    """The thread, library or setting that rules forking out, named."""
    nested_in: str | None = None
    """The worker this call already runs in, named."""
    spawn_impossible: str | None = None
    """Why no new process can be started at all, for example inside a daemonic worker."""
    gil: bool = True
    """False in a free-threaded interpreter with the lock disabled."""
    spawned_warm: bool = False
    """Spawned workers of an earlier call are alive."""
    heap_bytes: int = 0
    """Resident memory of this process: forking copies its page tables. 0: not looked at."""
    others: int = 0
    """Threads of other programs that want a core at the moment, ..."""
    machine_cores: int | None = None
    """... of so many that the whole machine has; ``None``: as many as are usable."""
    start_method: str = "fork"
    """How ``multiprocessing.Pool`` would start its workers."""
