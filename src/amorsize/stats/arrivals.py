"""How long the rest takes, from when items came in: a rate, and how much it varies.

Pure: the time is passed in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from math import inf, sqrt
from statistics import fmean
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_MARKS: Final = 32
"""Moments that are remembered; when there are more, every second one is forgotten."""

LEAST_MARKS: Final = 4
"""Fewer say nothing of how the rate varies."""

SIGMAS: Final = 2
"""Standard errors on either side: about 95 %."""

Mark: TypeAlias = tuple[float, int]
"""When, and how many were done by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLeft:
    """Seconds until the last item, likely, at the least and at the most."""

    likely_s: float
    low_s: float
    high_s: float
    """Infinite where the rate varies so much that it could be none at all."""


@dataclass(slots=True)
class Arrivals:
    """Remembers evenly spaced moments, and how many items were done."""

    marks: list[Mark] = field(default_factory=list, init=False)
    _apart_s: float = field(default=0.0, init=False)

    def note(self, now_s: float, done: int) -> None:
        """So many were done at this time."""
        marks = self.marks
        if marks and (now_s - marks[-1][0] < self._apart_s or done <= marks[-1][1]):
            return
        marks.append((now_s, done))
        if len(marks) > MOST_MARKS:
            del marks[1::2]
            self._apart_s = fmean(after[0] - before[0] for before, after in pairwise(marks))

    def left(self, now_s: float, done: int, total: int | None) -> TimeLeft | None:
        """The time from now on; ``None`` where it is not known yet, or how many there are.

        The later half of what is remembered counts: what went before was another pace, perhaps
        before workers were there. The interval is that of the mean of the rates between marks.
        """
        recent = [*self.marks[len(self.marks) // 2 :], (now_s, done)]
        recent = recent if recent[-1][0] > recent[-2:][0][0] else recent[:-1]
        if total is None or len(recent) < LEAST_MARKS:
            return None
        (first_s, first), (last_s, last) = recent[0], recent[-1]
        rate, items = (last - first) / (last_s - first_s), max(0, total - done)
        error = _error(recent, rate)
        return TimeLeft(
            likely_s=_time(items, rate),
            low_s=_time(items, rate + SIGMAS * error),
            high_s=_time(items, rate - SIGMAS * error),
        )


def _time(items: int, rate: float) -> float:
    if items == 0:
        return 0.0
    return items / rate if rate > 0 else inf


def _error(marks: Iterable[Mark], rate: float) -> float:
    """The standard error of the mean rate, longer stretches counting more."""
    stretches = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(marks)]
    whole_s = sum(lasted_s for lasted_s, _ in stretches)
    spread = sum(
        lasted_s * (done / lasted_s - rate) ** 2 for lasted_s, done in stretches if lasted_s > 0
    )
    return sqrt(spread / whole_s / max(1, len(stretches) - 1))
