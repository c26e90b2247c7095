"""The wall time of one candidate, in parts that add up to it.

One formula decides, explains and is held against the clock. The caller works too: while
workers start late it runs items, so lateness costs only what workers would have added.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log, sqrt
from typing import TYPE_CHECKING, Final

from amorsize.model.rules import chunks_of
from amorsize.vocab.plan import EngineKind, Makespan

if TYPE_CHECKING:
    from amorsize.vocab.plan import Candidate
    from amorsize.vocab.situation import Price

NO_TIME_S: Final = 1e-12
"""Stands for a call that the clock did not see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """``items`` independent calls that are left, and what each of them costs.

    Transfers are paid for items that another process runs: ``away_s`` by the worker and
    ``caller_s`` by the caller, who is one for all.
    """

    items: int
    item_s: float
    """Mean time of one call while nothing else runs."""
    spread: float
    """Standard deviation over mean of one call."""
    longest_s: float
    """The span: no schedule ends before the longest call does."""
    load: float = 1.0
    """Cores that one call keeps busy: below 1 it waits, above 1 it has threads of its own."""
    away_s: float = 0.0
    caller_s: float = 0.0
    read_s: float = 0.0
    """Part of ``item_s`` that is reading the input: the caller does it for everybody."""

    @property
    def serial_s(self) -> float:
        return self.items * self.item_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What caps the workers' joint speed, in calls of one worker alone."""

    cores: float
    """Cores, or the share of them that a container grants."""
    each_adds: float = 1.0
    """How much each further worker adds: less where workers get in each other's way."""
    locked: float = 0.0
    """Share of a call that only one worker at a time can be in."""

    def of(self, workers: int, load: float) -> float:
        """How many calls really run at once; at least one does."""
        joint = 1 + (workers - 1) * self.each_adds
        if self.locked > 0:
            joint = min(joint, 1 / self.locked)
        return max(1.0, min(joint, self.cores / max(load, NO_TIME_S)))


def makespan(work: Work, candidate: Candidate, *, price: Price, capacity: Capacity) -> Makespan:
    """Predict the wall time of ``work`` as ``candidate`` would do it."""
    workers = max(1, min(candidate.workers, work.items))
    joint = capacity.of(workers, work.load)
    rate = joint_rate(work, joint)
    compute_s = work.serial_s / joint
    chunks, last_chunk = chunks_of(candidate, work.items, work.item_s)
    handling_s = chunks * price.per_chunk.median_s + work.items * price.per_item.median_s
    blocked_s, late_s = start_of(candidate, workers, price)
    alone_s = min(late_s, work.serial_s)
    return Makespan(
        startup_s=blocked_s + alone_s * max(0.0, 1 - 1 / rate),
        compute_s=compute_s,
        dispatch_s=handling_s / joint,
        transfer_s=work.serial_s / rate - compute_s,
        tail_s=tail_s(work, workers, compute_s=compute_s, last_chunk=last_chunk),
    )


def joint_rate(work: Work, joint: float) -> float:
    """Speed of caller and workers together over the caller's alone, transfers paid.

    Between items of its own the caller reads the items that others run and fetches what came
    of them, and gains nothing from an item for which that costs more than to run it. Its rate
    of doing so is the ceiling.
    """
    caller_s, away_s = work.caller_s + work.read_s, work.away_s - work.read_s
    if caller_s <= 0 and away_s <= 0:
        return joint
    item_s = max(work.item_s, NO_TIME_S)
    ceiling = item_s / max(caller_s, NO_TIME_S)
    if ceiling <= 1:
        return min(joint, ceiling)
    others_s = max(item_s + away_s, NO_TIME_S)
    return min(1 + (joint - 1) * (item_s - caller_s) / others_s, ceiling)


def blocking_s(price: Price, workers: int) -> float:
    """Time for which the caller runs nothing because it makes workers."""
    return price.blocking.median_s + (workers - 1) * price.per_worker.median_s


def start_of(candidate: Candidate, workers: int, price: Price) -> tuple[float, float]:
    """How long nobody works, and how long after that the others are late, on average.

    The caller makes workers one by one, and those made first are ready while it makes the rest;
    it hands out nothing before. Threads begin as they are made, and their caller works not.
    """
    each_s, delay_s = price.per_worker.median_s, price.delay.median_s
    if candidate.engine is EngineKind.THREADS:
        return price.blocking.median_s + delay_s + (workers - 1) * each_s / 2, 0.0
    blocked_s, others = blocking_s(price, workers), max(1, workers - 1)
    late = others if each_s <= 0 else min(others, int(delay_s / each_s) + 1)
    return blocked_s, late * (delay_s - (late - 1) * each_s / 2) / others


def tail_s(work: Work, workers: int, *, compute_s: float, last_chunk: int) -> float:
    """How long the last to finish keeps the others waiting.

    Self-scheduling leaves workers out of step by part of a chunk, more where calls differ
    (the greatest of so many sums), at most by the longest (Graham, 1966); few items that
    do not divide evenly leave some idle for a whole one; and the longest call must end.
    """
    if workers == 1:
        return max(0.0, work.longest_s - compute_s)
    chunk = min(last_chunk, ceil(work.items / workers))
    chunk_s = chunk * work.item_s
    in_step_s = chunk_s * (workers - 1) / (workers + 1) / 2
    greatest = max(0.5, sqrt(2 * log(workers)) - 0.6)
    ragged_s = in_step_s + greatest * work.spread * sqrt(chunk_s * work.item_s)
    graham_s = (1 - 1 / workers) * max(work.longest_s, chunk_s)
    rounds = ceil(ceil(work.items / chunk) / workers)
    if rounds == chunk == 1:  # each is given one call: the longest is the end
        graham_s = min(graham_s, max(0.0, work.longest_s - compute_s))
    uneven_s = (rounds * chunk - work.items / workers) * work.item_s
    first_share = min(1.0, workers * chunk / work.items)
    others_s = (work.serial_s - work.longest_s) / max(1, work.items - 1)
    longest_s = work.longest_s + (chunk - 1) * max(0.0, others_s)
    alone_s = _last_alone_s(longest_s, compute_s, first_share)
    return max(uneven_s, min(ragged_s, graham_s), alone_s)


def _last_alone_s(longest_s: float, compute_s: float, first_share: float) -> float:
    """How long the longest chunk is expected to go on when all others are done.

    It begins at once if it is among the first, else at any moment of the run alike.
    """
    begun_first_s = max(0.0, longest_s - compute_s)
    if longest_s >= compute_s:
        anywhere_s = longest_s - compute_s / 2
    else:
        anywhere_s = longest_s**2 / (2 * compute_s)
    return first_share * begun_first_s + (1 - first_share) * anywhere_s
