"""Activities side by side on one machine, event by event: the core of the simulator.

All that run at the same moment go at the same speed, which depends on how many they are
(egalitarian processor sharing). So one clock of *progress* serves all of them: it runs slower
than the wall's while the machine is crowded, and each activity ends at a place on it that is
known when it begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import accumulate
from math import fsum, inf, sqrt
from typing import TYPE_CHECKING

from amorsize.model.makespan import Work

if TYPE_CHECKING:
    from amorsize.model.makespan import Capacity


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """Calls in input order whose costs are known; what ``Work`` is to the formula.

    Costs are those of one worker alone. What a share of the interpreter lock or of the memory's
    speed does to several is the business of ``Capacity``.
    """

    costs_s: Sequence[float]
    load: float = 1.0
    """Cores that one call keeps busy: below 1 it waits, above 1 it has threads of its own."""
    away_s: float = 0.0
    caller_s: float = 0.0
    """Transfers per item that another process runs, paid by the worker and by the caller."""

    @property
    def span_s(self) -> float:
        """The longest single call."""
        return max(self.costs_s, default=0.0)

    def sums_s(self) -> list[float]:
        """What the first 0, 1, 2, ... calls cost together."""
        return [0.0, *accumulate(self.costs_s)]

    def as_work(self) -> Work:
        """What the formula would be told of them by somebody who knows everything."""
        items = max(1, len(self.costs_s))
        mean_s = fsum(self.costs_s) / items
        variance = fsum((cost_s - mean_s) ** 2 for cost_s in self.costs_s) / items
        return Work(
            items=items,
            item_s=mean_s,
            spread=sqrt(variance) / mean_s if mean_s > 0 else 0.0,
            longest_s=self.span_s,
            load=self.load,
            away_s=self.away_s,
            caller_s=self.caller_s,
        )


def speeds(capacity: Capacity, load: float, most: int) -> list[float]:
    """The speed of each of 0, 1, ... ``most`` calls that run side by side; 1 is alone."""
    return [1.0, *(min(1.0, capacity.of(many, load) / many) for many in range(1, most + 1))]


def speeds_beside(capacity: Capacity, load: float, most: int) -> list[float]:
    """The same beside a busy caller, who needs a core, and the lock where there is one."""
    alone = speeds(capacity, load, most)
    for many in range(most + 1):
        demand = (many * load + 1) / capacity.cores
        if capacity.locked > 0:
            demand = max(demand, many * capacity.locked + 1)
        alone[many] = min(alone[many], 1 / max(1.0, demand))
    return alone


class Crowd:
    """Who is at work, and what time it is."""

    __slots__ = ("_ends", "_progress_s", "_speeds", "busy_s", "now_s")

    def __init__(self, at_each: Sequence[float]) -> None:
        self._speeds = at_each
        self._ends: list[tuple[float, int]] = []
        self._progress_s = 0.0
        self.now_s = 0.0
        self.busy_s = 0.0
        """Wall time of all activities so far, summed."""

    def __len__(self) -> int:
        return len(self._ends)

    def change_speeds(self, at_each: Sequence[float]) -> None:
        """From now on the machine is shared in another way."""
        self._speeds = at_each

    def begin(self, who: int, seconds: float) -> None:
        """``who`` is busy for so long, if alone."""
        heappush(self._ends, (self._progress_s + seconds, who))

    def next_s(self) -> float:
        """When the next activity ends, if nothing begins before."""
        if not self._ends:
            return inf
        left_s = max(0.0, self._ends[0][0] - self._progress_s)
        return self.now_s + left_s / self._speeds[len(self._ends)]

    def pass_until(self, wall_s: float) -> None:
        """Nothing ends before: let time go by."""
        many, passed_s = len(self._ends), max(0.0, wall_s - self.now_s)
        self.busy_s += many * passed_s
        self._progress_s += passed_s * self._speeds[many]
        self.now_s += passed_s

    def next(self) -> int:
        """Let time go by until somebody is done: who."""
        self.pass_until(self.next_s())
        self._progress_s, who = heappop(self._ends)
        return who
