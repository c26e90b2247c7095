"""A caller, its threads or coroutines and a server, in simulated time."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from math import exp, inf
from random import Random
from typing import Final, NamedTuple

from amorsize.plan.refusals import pause_s

SPAWN_S: Final = 100e-6
"""What starting a thread costs the caller, as measured."""

LOCK_S: Final = 40e-6
"""What one item costs in the interpreter lock, as measured."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """Serves ``slots`` items at once; the others queue, and slow it down if it thrashes."""

    items: int
    wait_s: float
    slots: float = inf
    thrash: float = 0.0
    spread: float = 0.0
    knee: float = inf
    """Items take longer the more of them are inside: twice as long at the knee."""
    rate: float = inf
    """Items per second that are let in; others are refused at once, ``burst`` aside."""
    burst: float = 10.0
    later_slots: float = 0
    later_s: float = inf
    """From then on it serves so many at once."""

    def durations(self) -> list[float]:
        dice = Random(1)
        mean = exp(self.spread**2 / 2)
        return [self.wait_s * dice.lognormvariate(0, self.spread) / mean for _ in range(self.items)]


class Refused(NamedTuple):
    """An item that comes again after its pause."""

    number: int


@dataclass
class World:
    """A caller, its threads and a server, in simulated time."""

    server: Server
    wanted: Callable[[float, float, float, int], int]
    """Given the time, the latency of an item that came home, when the last thread started, and
    how many calls were refused."""
    threads: int
    now_s: float = 0.0
    peak: int = 0
    _events: list[tuple[float, int, float | Refused | None]] = field(default_factory=list)
    """When, and of an item since when; of a thread that has started, nothing."""
    _queue: deque[tuple[int, float]] = field(default_factory=deque)
    _next: int = 0
    _alive: int = 0
    _starting: int = 0
    _inside: int = 0
    _served: int = 0
    _posted: int = 0
    _spawned_s: float = 0.0
    _full_s: float = 0.0
    _lock_free_s: float = 0.0
    _bucket: float = 10.0
    _filled_s: float = 0.0
    refused: int = 0
    refusals_told: int = 0
    _pauses: dict[int, int] = field(default_factory=dict)
    arrivals: list[float] = field(default_factory=list)
    inside_s: list[tuple[float, int]] = field(default_factory=list)
    lock_s: float = LOCK_S
    spawn_s: float = SPAWN_S

    def run(self) -> float:
        """Seconds until the last item is home."""
        self._durations = self.server.durations()
        self._spawn()
        done = 0
        while done < self.server.items:
            self.now_s, _, began_s = heapq.heappop(self._events)
            if isinstance(began_s, Refused):
                self._inside += 1
                self._knock(began_s.number, self.now_s)
                continue
            if began_s is None:
                self._starting -= 1
                self._full_s = self.now_s
                self._take_item()
                continue
            done += 1
            self._leave()
            took_s, refused = self.now_s - began_s, self._fresh_refusals()
            self.threads = self.wanted(self.now_s, took_s, self._full_s, refused)
            self._alive -= 1
            if self._alive < self.threads:
                self._alive += 1
                self._take_item()
            self._spawn()
        return self.now_s

    def load_after(self, seconds: float) -> float:
        """What the server had to bear from then on, of what it can."""
        server = self.server
        if server.rate < inf:
            late = [at for at in self.arrivals if at > seconds]
            busiest = max(sum(at <= other < at + 1 for other in late) for at in late[::50])
            return busiest / server.rate
        limit = min(server.slots, server.knee)
        return max(inside for at, inside in self.inside_s if at > seconds) / limit

    def _spawn(self) -> None:
        left = self.server.items - self._next
        while self._alive < self.threads and self._starting < left:
            self._spawned_s = max(self._spawned_s, self.now_s) + self.spawn_s
            self._post(self._spawned_s, None)
            self._alive += 1
            self._starting += 1
            self.peak = max(self.peak, self._alive)

    def _take_item(self) -> None:
        if self._next == self.server.items:
            self._alive -= 1
            return
        self._lock_free_s = max(self._lock_free_s, self.now_s) + self.lock_s
        self._inside += 1
        self._next += 1
        self._knock(self._next - 1, self._lock_free_s)

    def _knock(self, index: int, at_s: float) -> None:
        self.arrivals.append(at_s)
        self.inside_s.append((at_s, self._inside))
        if not self._lets_in(at_s):
            self.refused += 1
            self._inside -= 1
            times = self._pauses[index] = self._pauses.get(index, 0) + 1
            self._post(at_s + pause_s(times), Refused(index))
            return
        self._queue.append((index, at_s))
        self._serve(at_s)

    def _lets_in(self, at_s: float) -> bool:
        server = self.server
        if server.rate == inf:
            return True
        self._bucket = min(server.burst, self._bucket + (at_s - self._filled_s) * server.rate)
        self._filled_s = at_s
        if self._bucket < 1:
            return False
        self._bucket -= 1
        return True

    def _serve(self, at_s: float) -> None:
        slots = self.server.slots if at_s < self.server.later_s else self.server.later_slots
        while self._queue and self._served < slots:
            index, began_s = self._queue.popleft()
            self._served += 1
            excess = max(0.0, self._inside - self.server.slots) / self.server.slots
            crowd = (self._inside / self.server.knee) ** 2
            lasts_s = self._durations[index] * (1 + self.server.thrash * excess + crowd)
            self._post(at_s + lasts_s, began_s)

    def _fresh_refusals(self) -> int:
        fresh, self.refusals_told = self.refused - self.refusals_told, self.refused
        return fresh

    def _leave(self) -> None:
        self._inside -= 1
        self._served -= 1
        self._serve(self.now_s)

    def _post(self, at_s: float, began_s: float | Refused | None) -> None:
        self._posted += 1
        heapq.heappush(self._events, (at_s, self._posted, began_s))
