"""Whether items that were seen to wait go on to do so: what they compute, held against it.

Pure: clocks go in, a verdict comes out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

SMALLEST_JUDGED: Final = 8
"""Completions that a verdict needs at least."""

JUDGED_AFTER_S: Final = 20e-3
"""Threads that started at once have settled by then."""

SATURATING: Final = 0.7
"""CPU over wall time of the process from which on threads are in each other's way: the
interpreter lock lets through 1."""

OWN_SHARE: Final = 0.3
"""Part of the process's CPU time that the items that came home must have used: the rest may be
on its way, or be somebody else's."""

CROWDED: Final = 0.5
"""Where so much was foretold for the number of threads, saturation is no surprise."""

SCOUTS: Final = 2
"""Threads that are started first, where it is not sure that items wait, ..."""

FIRST_LOOK_S: Final = 0.5e-3
"""... and how long they must have waited before the others follow. Where items compute after
all, 30 threads that want the lock cost 4 to 12 ms before they have started, run and ended."""

SCOUTED_S: Final = 5e-3
"""Two threads that have not been seen to wait for so long do not."""

MISJUDGED: Final = 2.0
"""An item that computes so many times longer than was foretold, or shorter, is another kind of
item: the first one may have waited for a disk, or for an import."""


STILL_WAITS: Final = 0.5
"""An item that was foretold to compute no more than this share of what it takes alone, and does
not, does wait: hundreds of threads at one lock make each other compute several times longer."""


@dataclass(slots=True)
class Expectation:
    """What items that wait were seen to compute, held against what they do compute."""

    cpu_s: float
    item_s: float
    began_s: float
    process_cpu_s: float
    """What the process had used when the threads began."""
    _done: int = field(default=0, init=False)
    _cpu_s: float = field(default=0.0, init=False)
    _took_s: float = field(default=0.0, init=False)
    _look_s: float = field(default=FIRST_LOOK_S, init=False)
    _waits: bool = field(default=False, init=False)

    def begins(self, now_s: float, process_cpu_s: float) -> None:
        """The first threads are there: what went before was their start."""
        self.began_s, self.process_cpu_s = now_s, process_cpu_s

    def next_look_s(self, now_s: float) -> float | None:
        """Seconds until it is worth asking whether ``waits``; ``None`` when that is known."""
        return None if self._waits else max(0.0, self.began_s + self._look_s - now_s)

    def waits(self, now_s: float, process_cpu_s: float, *, threads: int) -> bool:
        """Whether the first threads were seen to wait, as was foretold."""
        lasted_s = now_s - self.began_s
        if not self._waits and lasted_s >= self._look_s:
            self._look_s *= 2
            foretold_s = (self._done + threads) * self.cpu_s
            surprise_s = process_cpu_s - self.process_cpu_s - foretold_s
            waits = surprise_s < SATURATING * lasted_s and not self._came_home_computing()
            self._waits = waits or self.is_judged(now_s)
        return self._waits

    def _came_home_computing(self) -> bool:
        foretold = self.cpu_s / self.item_s
        return self._cpu_s > max(OWN_SHARE, MISJUDGED * foretold) * self._took_s

    def came_home(self, done: int, cpu_s: float, took_s: float) -> None:
        """``done`` items took ``took_s`` together, and computed for ``cpu_s`` of it."""
        self._done += done
        self._cpu_s += cpu_s
        self._took_s += took_s

    def is_judged(self, now_s: float) -> bool:
        """Whether there is enough to go by."""
        lasted_s = now_s - self.began_s
        if self._waits:
            return lasted_s >= JUDGED_AFTER_S and self._done >= SMALLEST_JUDGED
        return lasted_s >= SCOUTED_S and self._done >= SCOUTS

    def is_wrong(self, now_s: float, process_cpu_s: float, *, threads: int) -> bool:
        """Are threads the wrong choice?

        Not because they are many and crowd the lock: only if that comes as a surprise. The CPU
        time of items alone would not show it: where the lock is crowded, they come home late.
        """
        if not self.is_judged(now_s):
            return False
        process_s = process_cpu_s - self.process_cpu_s
        saturated = process_s >= SATURATING * (now_s - self.began_s)
        ours = self._cpu_s >= OWN_SHARE * process_s
        cpu_s = self._cpu_s / self._done
        as_foretold = 1 / MISJUDGED <= cpu_s / self.cpu_s <= MISJUDGED
        as_foretold = as_foretold or max(self.cpu_s, cpu_s) <= STILL_WAITS * self.item_s
        crowded = threads * self.cpu_s >= CROWDED * self.item_s
        return saturated and ours and not (as_foretold and crowded)
