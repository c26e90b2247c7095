"""Candidates, why they were ruled out, and the choice with its prediction."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class EngineKind(StrEnum):
    """Who runs chunks."""

    SERIAL = "serial"
    THREADS = "threads"
    TEAM = "team"
    """Forked workers that inherit function and data, and the caller."""
    LOKY = "loky"
    """Spawned workers that are sent function and data by pickle, and the caller."""
    WATCHED = "watched"
    """Processes, forked or spawned, and a caller that runs nothing: it watches them."""
    ASYNC = "async"
    """Coroutines on one event loop; for coroutine functions, which no other engine can run."""

    @property
    def crosses_process(self) -> bool:
        return self in {EngineKind.TEAM, EngineKind.LOKY, EngineKind.WATCHED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One engine x workers x chunk. ``workers`` counts the caller where it works too."""

    engine: EngineKind
    workers: int
    chunk: int
    """Items handed out together at the start; engines shrink it towards the end."""
    fixed: bool = False
    """The chunk was asked for: it does not shrink."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Makespan:
    """Wall time of one candidate for the items left, in parts that add up to it, in seconds."""

    startup_s: float
    """Time the caller is blocked while workers are made, and what their lateness costs."""
    compute_s: float
    """The users' function, spread over the effective cores."""
    dispatch_s: float
    """Handing out chunks."""
    transfer_s: float
    """Items and results that pass from process to process."""
    tail_s: float
    """The last to finish keeps the others waiting."""

    @property
    def total_s(self) -> float:
        return self.startup_s + self.compute_s + self.dispatch_s + self.transfer_s + self.tail_s

    def times(self, factor: float) -> Makespan:
        """Every part longer by the same factor."""
        return Makespan(
            startup_s=self.startup_s * factor,
            compute_s=self.compute_s * factor,
            dispatch_s=self.dispatch_s * factor,
            transfer_s=self.transfer_s * factor,
            tail_s=self.tail_s * factor,
        )


@dataclass(frozen=True, slots=True)
class CannotCross:
    """Function, items or results cannot be sent to another process."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class ForkUnsafe:
    """Forking this process could hang or corrupt the child."""

    what: str


@dataclass(frozen=True, slots=True)
class HoldsTheLock:
    """The function keeps the interpreter lock, so threads would take turns."""

    free_share: float


@dataclass(frozen=True, slots=True)
class TooShort:
    """A call is over before it could let other threads have the interpreter lock."""

    item_s: float


@dataclass(frozen=True, slots=True)
class CarriesConnection:
    """The function drags an open connection along, which must not be shared."""

    what: str


@dataclass(frozen=True, slots=True)
class ChangesItsItem:
    """The function works by changing its item in place, which another process cannot see."""


@dataclass(frozen=True, slots=True)
class OneCore:
    """There is nobody to share the work with."""

    usable: int


@dataclass(frozen=True, slots=True)
class TooMuchMemory:
    """Two calls at once have no room."""

    need_bytes: float
    free_bytes: int


@dataclass(frozen=True, slots=True)
class Nested:
    """The call already runs inside a worker of another one."""

    inside: str


@dataclass(frozen=True, slots=True)
class NotForced:
    """The caller asked for something else."""

    wanted: str


@dataclass(frozen=True, slots=True)
class Slower:
    """Predicted to take longer than what was chosen."""

    by_s: float


@dataclass(frozen=True, slots=True)
class GainTooSmall:
    """Faster in the middle of the estimate, but not surely by enough."""

    gain_s: float
    needed_s: float


@dataclass(frozen=True, slots=True)
class StartTooDear:
    """Starting workers would block the caller for too large a share of the whole run."""

    blocking_s: float
    allowed_s: float


@dataclass(frozen=True, slots=True)
class CostlyTransfer:
    """Sending one item's result back takes so long that little would be gained."""

    transfer_s: float
    item_s: float


@dataclass(frozen=True, slots=True)
class CostlyReading:
    """So much of a call is reading the input, which only the caller can do."""

    read_s: float
    item_s: float


@dataclass(frozen=True, slots=True)
class UsesItsCores:
    """The function keeps several cores busy by itself."""

    busy: float
    usable: float


@dataclass(frozen=True, slots=True)
class Untried:
    """Not looked into, and why not."""

    why: str


Rejection: TypeAlias = (
    CannotCross
    | ForkUnsafe
    | HoldsTheLock
    | TooShort
    | CarriesConnection
    | ChangesItsItem
    | OneCore
    | TooMuchMemory
    | Nested
    | NotForced
    | Slower
    | GainTooSmall
    | StartTooDear
    | CostlyTransfer
    | CostlyReading
    | UsesItsCores
    | Untried
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A candidate that was considered, what it would have cost, and why it lost."""

    candidate: Candidate
    reason: Rejection
    expected: Makespan | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The choice for the items left."""

    chosen: Candidate
    expected: Makespan
    serial_s: float
    """What the plain loop would still take."""
    speedup_low: float
    speedup: float
    speedup_high: float
    rejected: tuple[Rejected, ...] = ()
    forced: str | None = None
    """What the caller asked for, where that decided: ``n_jobs=4``."""

    @property
    def is_parallel(self) -> bool:
        return self.chosen.engine is not EngineKind.SERIAL
