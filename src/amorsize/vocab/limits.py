"""What a predicted time is made of, and what would make it shorter."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from amorsize.vocab.advice import PoolCandidate
from amorsize.vocab.plan import Candidate


class Cause(StrEnum):
    """Why the time is not shorter. The first five are ways to spend the calls' own time."""

    CORES = "cores"
    """The calls keep all cores busy."""
    LOCK = "interpreter lock"
    """The calls wait for it, or get in each other's way otherwise."""
    SERVICE = "waiting"
    """The calls wait for somebody else, so many of them at once."""
    WORKERS = "workers"
    """There are no more of them, although there are cores."""
    ALONE = "plain loop"
    """There is one worker."""
    START_UP = "start-up"
    HAND_OUT = "handing out"
    TRANSFER = "transfer"
    READING = "reading input"
    """Only the caller reads it."""
    SKEW = "unequal calls"
    """Some take longer than others: the longest must end, and workers get out of step."""
    UNEVEN = "uneven shares"
    """The items do not divide evenly among the workers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A part of the predicted time."""

    cause: Cause
    time_s: float
    at_once: float = 1.0
    """Of the calls' own time: how many run at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The parts of one candidate's predicted time; they add up to it."""

    candidate: PoolCandidate | Candidate
    """The choice; where that is the plain loop, what would be fastest beside it."""
    parts: tuple[Limit, ...]

    @property
    def total_s(self) -> float:
        return sum(part.time_s for part in self.parts)


class Remedy(StrEnum):
    """One thing that could be otherwise."""

    SMALLER_RESULTS = "smaller results"
    SMALLER_ITEMS = "smaller items"
    SMALLER_FUNCTION = "a smaller function"
    FREE_LOCK = "a released interpreter lock"
    PICKLABLE = "something that can be pickled"
    NO_CONNECTION = "no connection carried along"
    NEW_VALUES = "new values returned"
    FASTER_INPUT = "faster input"
    EQUAL_CALLS = "equal calls"
    MORE_ITEMS = "more items"
    MORE_CORES = "more cores"
    MORE_AT_ONCE = "more calls at once"
    KEPT_WORKERS = "workers kept from an earlier call"
    SAFE_FORK = "a safe fork"
    FORKED_POOL = "the start method fork"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What the time would be if one thing were otherwise, by the same model."""

    remedy: Remedy
    before: float = 0.0
    after: float = 0.0
    """Bytes, seconds or a number, as the remedy has it."""
    what: str = ""
    """What the remedy is about, where it has a name."""
    now_s: float
    then_s: float
    """Of so many items as now; of more, the time in which as many are done."""

    @property
    def gain(self) -> float:
        """How many times faster it would be."""
        return self.now_s / self.then_s if self.then_s > 0 else 1.0
