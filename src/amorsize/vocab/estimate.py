"""A number of seconds that knows where it came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Seen on this machine: the middle value and its 95 % interval, in seconds."""

    median_s: float
    low_s: float
    high_s: float
    samples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """Not seen; taken from a table, and here is why."""

    median_s: float
    why: str


Estimate: TypeAlias = Measured | Assumed
