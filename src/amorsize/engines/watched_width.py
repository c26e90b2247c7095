"""How many processes a watched run has: as many as cores, more where its items wait."""

from __future__ import annotations

import sys
from time import perf_counter
from typing import TYPE_CHECKING, Final

from amorsize.plan.concurrency import Width
from amorsize.plan.finder import WidthFinder
from amorsize.plan.tunables import WAITING_SHARE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amorsize.engines.base import Job
    from amorsize.engines.watched_process import Process

MOST: Final = 32
"""Processes, where items wait: each costs a fork and a few MB. Threads have no such limit."""

MOST_SPAWNED: Final = 8
"""The same where each is a new interpreter: 0.1 s of a core, and 20 MB."""

LONG_WAIT_S: Final = 5e-3
"""Shorter waits are over before another process has been made."""


class Crowd:
    """The wanted number of processes, from what items took and what they computed."""

    def __init__(self, job: Job, *, forks: bool) -> None:
        self._fixed = job.workers_forced
        self._base = max(1, job.workers)
        most = MOST if forks else MOST_SPAWNED
        self._most = max(self._base, min(most, job.at_most or most))
        self._finder: WidthFinder | None = None
        self._done = 0
        self._took_s = 0.0
        self._cpu_s = 0.0
        self.wanted = self._base
        self.limit = sys.maxsize
        """More may not even be kept."""

    def came_home(self, done: int, took_s: float, cpu_s: float) -> None:
        """``done`` items took ``took_s`` together, and computed for ``cpu_s`` of it."""
        if self._fixed:
            return
        self._done += done
        self._took_s += took_s
        self._cpu_s += cpu_s
        if not self._waits():
            self._finder, self.wanted = None, self._base
            return
        now_s = perf_counter()
        if self._finder is None:
            alone_s = self._took_s / self._done
            width = Width(threads=self._base, alone_s=alone_s, most=self._most)
            self._finder = WidthFinder(width, now_s)
        self.wanted = max(self._base, self._finder.completed(now_s, done, took_s))

    def _waits(self) -> bool:
        computes = self._cpu_s >= WAITING_SHARE * self._took_s
        return not computes and self._took_s >= LONG_WAIT_S * self._done

    def settle_for(self, processes: int) -> None:
        """No more can be had."""
        self._fixed, self.wanted = True, max(1, processes)

    def heed(self, most: int | None) -> None:
        """No more may be had, where this says so: memory is short."""
        if most is not None and most < self.limit:
            self.limit = most
            self.settle_for(min(most, self.wanted))

    def can_spare(self, idle: Process, processes: Sequence[Process]) -> bool:
        """Whether one that has nothing to do is not even to be kept."""
        return idle.is_for_one or len(processes) > self.limit
