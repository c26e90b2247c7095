"""How many threads, when items wait: found while running, by throughput.

Threads wait at no cost, so the right number is what the other side can serve at once: its
throughput times the latency of an unloaded item (Little's law; the bandwidth-delay product
of BBR congestion control). Nobody knows it beforehand. Start with a polite number, widen
while items take no longer than they did alone, and once they queue keep 1.25 times what is
served. A narrowing that costs throughput was wrong: the items have become longer, nothing
queues; it is taken back. So is a widening that only made items longer.

Pure: completions go in, the wanted number comes out.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import ceil
from typing import Final

GROWTH: Final = 3
"""Widening per round. BBR's start-up gain is 2.89, the least that doubles the rate every round
trip; with 2, a job of 400 items x 20 ms took 1.8 instead of 1.6 times the best fixed number."""

HEADROOM: Final = 1.25
"""Threads kept per item that is served, so that the next request is always there."""

SATURATED: Final = 0.6
"""Below this share of the throughput that unloaded items would give, they are queueing."""

INFLATED: Final = 1.25
"""... and if they also take this much longer, surely. Otherwise a second round must confirm it:
the first may hold the quick items only, and an unfair server hides those that still queue."""

SPARE: Final = 0.9
"""From this share on nothing queues, although a knee was seen: try ``HEADROOM`` more."""

COLLAPSE: Final = 0.75
"""A narrowing that leaves less than this share of the throughput is taken back."""

SLOWDOWN: Final = 2
"""A threefold widening that makes items take twice as long has gained next to nothing."""

SMALLEST_ROUND: Final = 8
"""Completions that a judgement needs at least."""

TRIAL_ROUND: Final = 2
STEADY_ROUND: Final = 4
"""Rounds are one completion per thread while widening, more where a wrong verdict costs more:
threads in step complete in bursts, and a burst more or less is half of a short round."""

MOST_THREADS: Final = 256
"""Each may hold a socket, and 1,024 descriptors are a common limit; gains beyond are small."""

AT_ONCE: Final = 64
"""A job of so few long waits is started whole: nothing would be learned before half of it is
done, and 60 x 50 ms in two rounds take twice as long as in one."""

POLITE: Final = 32
"""Start of larger jobs; Python's own thread pools have at most as many."""

POLITE_SHORT: Final = 16
"""Start where items are so short that the first round is over at once."""

LONG_WAIT_S: Final = 5e-3


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
            return lasted_s >= JUDGED_AFTER_S and self._done >= SMALLEST_ROUND
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
        factor = self._cpu_s / self._done / self.cpu_s
        as_foretold = 1 / MISJUDGED <= factor <= MISJUDGED
        crowded = threads * self.cpu_s >= CROWDED * self.item_s
        return saturated and ours and not (as_foretold and crowded)


def starting_threads(items: int, item_s: float) -> int:
    """How many threads to begin with for items that purely wait."""
    if item_s < LONG_WAIT_S:
        return min(items, POLITE_SHORT)
    return items if items <= AT_ONCE else POLITE


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What came of a number of completions under one width."""

    done: int
    lasted_s: float
    took_s: float
    """Time of the items, summed."""

    @property
    def rate(self) -> float:
        return self.done / max(self.lasted_s, 1e-9)

    @property
    def latency_s(self) -> float:
        return self.took_s / self.done


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """What was true before the last narrowing, should it turn out wrong."""

    threads: int
    rate: float
    widening: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Widened:
    """What was true before the last widening."""

    threads: int
    latency_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Width:
    """The wanted number of threads, and what it is based on."""

    threads: int
    alone_s: float
    """What an item takes when nothing queues; a guess that rounds correct."""
    most: int = MOST_THREADS
    widening: bool = True
    """No knee was seen yet."""
    doubtful: bool = False
    """The last round had too little throughput, but not for certain."""
    last: Narrowed | Widened | None = None
    """The change that the next round judges."""

    @property
    def settling(self) -> int:
        """Completions to ignore first: of items begun under the former, larger width."""
        return self.last.threads if isinstance(self.last, Narrowed) else 0

    @property
    def round_size(self) -> int:
        """Completions that make a round."""
        if isinstance(self.last, Narrowed):
            per_thread = TRIAL_ROUND
        else:
            per_thread = 1 if self.widening else STEADY_ROUND
        return max(SMALLEST_ROUND, per_thread * self.threads)

    def after(self, seen: Round) -> Width:
        """The width for the next round."""
        match self.last:
            case Narrowed() as before if seen.rate < COLLAPSE * before.rate:
                return self._back_to(before, seen)
            case Widened() as before if seen.latency_s > SLOWDOWN * before.latency_s:
                alone_s = min(self.alone_s, before.latency_s)
                return replace(
                    self, threads=before.threads, alone_s=alone_s, widening=False, last=None
                )
            case _:
                return self._adjusted(seen)

    def _back_to(self, before: Narrowed, seen: Round) -> Width:
        return replace(
            self,
            threads=before.threads,
            alone_s=seen.latency_s,
            widening=before.widening,
            last=None,
        )

    def _adjusted(self, seen: Round) -> Width:
        share = seen.rate * self.alone_s / self.threads
        if share < SATURATED:
            sure = self.doubtful or seen.latency_s > INFLATED * self.alone_s
            return self._narrowed(seen) if sure else replace(self, doubtful=True, last=None)
        if self.widening:
            return self._widened(GROWTH, seen)
        return self._widened(HEADROOM if share >= SPARE else 1, seen)

    def _narrowed(self, seen: Round) -> Width:
        served = ceil(HEADROOM * seen.rate * self.alone_s)
        threads = max(1, served, self.threads // 2)
        if threads >= self.threads:
            return replace(self, widening=False, doubtful=False, last=None)
        before = Narrowed(threads=self.threads, rate=seen.rate, widening=self.widening)
        return replace(self, threads=threads, widening=False, doubtful=False, last=before)

    def _widened(self, factor: float, seen: Round) -> Width:
        threads = min(self.most, ceil(self.threads * factor))
        judged = threads >= SLOWDOWN * self.threads
        before = Widened(threads=self.threads, latency_s=seen.latency_s) if judged else None
        return replace(self, threads=threads, doubtful=False, last=before)


@dataclass(slots=True)
class WidthFinder:
    """Gathers completions into rounds and keeps the width that follows from them."""

    width: Width
    began_s: float
    _done: int = field(default=0, init=False)
    _took_s: float = field(default=0.0, init=False)
    _unsettled: int = field(default=0, init=False)

    def completed(self, now_s: float, done: int, took_s: float, *, full_s: float = 0.0) -> int:
        """``done`` items came home that took ``took_s`` in all; the wanted number of threads.

        ``full_s`` is when the last thread was started: what came home before says little.
        """
        if full_s > self.began_s:
            self._begin(full_s)
        if self._unsettled > 0:
            self._unsettled -= done
            self.began_s = now_s
            return self.width.threads
        self._done += done
        self._took_s += took_s
        if self._done >= self.width.round_size:
            seen = Round(done=self._done, lasted_s=now_s - self.began_s, took_s=self._took_s)
            self.width = self.width.after(seen)
            self._begin(now_s)
            self._unsettled = self.width.settling
        return self.width.threads

    def _begin(self, at_s: float) -> None:
        self.began_s, self._done, self._took_s = at_s, 0, 0.0
