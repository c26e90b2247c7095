"""How many items were in flight at once, and why it changed: what ``explain()`` tells."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Move(StrEnum):
    """Why the number changed."""

    START = "start"
    GREW = "nothing queued"
    QUEUED = "items queued"
    UNDONE = "the change did not pay"
    REFUSED = "refused"
    TRIED_MORE = "tried more"
    TRIED_FEWER = "tried fewer"
    FEWER_DO = "fewer do as well"
    MORE_HELP = "more helped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The number of items at once from a moment on, and what had come of the former one."""

    at_s: float
    """Since the first item was started."""
    width: int
    move: Move
    rate: float = 0.0
    """Items per second that came home before; 0 at the start."""
    latency_s: float = 0.0
    """What one of them took, in the mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How the number of items at once was found."""

    steps: tuple[Step, ...] = ()
    """Of a long run the first and the latest ones."""
    moves: int = 0
    """How many there were."""
    refused: int = 0
    """Calls that ``is_overload`` knew for refusals, and that were made again."""
    at_most: int | None = None
    """What ``max_concurrency`` allowed."""
