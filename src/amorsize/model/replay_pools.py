"""What one of the standard pools would take: its real rules replayed, event by event.

The caller hands out all chunks, in order, in one thread, and brings results home in another;
both take turns on its core. Workers take the next chunk that has been sent.
"""

from __future__ import annotations

from collections import deque
from math import ceil, fsum
from typing import TYPE_CHECKING

from amorsize.model.makespan import NO_TIME_S
from amorsize.model.pools import pool_startup_s
from amorsize.model.sharing import Crowd, speeds, speeds_beside
from amorsize.vocab.plan import Makespan

if TYPE_CHECKING:
    from amorsize.model.makespan import Capacity
    from amorsize.model.sharing import Calls
    from amorsize.vocab.advice import PoolCandidate
    from amorsize.vocab.situation import Price

CALLER = -1


def replay_pool(
    calls: Calls, candidate: PoolCandidate, *, price: Price, capacity: Capacity
) -> Makespan:
    """The wall time of the whole ``with`` block, in parts that add up.

    A chunk costs ``per_chunk`` in the caller, half of it to send, half to take in, and as much
    in the worker. Parts are means over the workers; one that waits for the caller is counted
    as dispatch and transfer while chunks are left, else as tail.
    """
    if candidate.n_jobs == 1:
        compute_s = fsum(calls.costs_s)
        return Makespan(
            startup_s=0.0, compute_s=compute_s, dispatch_s=0.0, transfer_s=0.0, tail_s=0.0
        )
    run = _Run(calls, candidate, price=price, capacity=capacity)
    run.play()
    return run.parts()


class _Run:
    def __init__(
        self, calls: Calls, candidate: PoolCandidate, *, price: Price, capacity: Capacity
    ) -> None:
        self._calls = calls
        self._size = candidate.chunksize
        self._jobs = candidate.n_jobs
        self._sums_s = calls.sums_s()
        self._chunk_s = price.per_chunk.median_s
        self._startup_s = pool_startup_s(price, candidate.n_jobs)
        self._alone = speeds(capacity, calls.load, candidate.n_jobs + 1)
        self._beside = speeds_beside(capacity, calls.load, candidate.n_jobs)
        self._chunks = ceil(len(calls.costs_s) / candidate.chunksize)
        self._unsent = 0
        """The next chunk to send."""
        self._unclaimed = 0
        """The next chunk to claim; those up to ``_unsent`` lie ready."""
        self._at: dict[int, int] = {}
        self._idle = list(range(candidate.n_jobs))[::-1]
        self._back: deque[int] = deque()
        """Chunks whose results wait for the caller, by their number of items."""
        self._fetches: int | None = None
        """What the caller is bringing home; ``None``: it sends, or does nothing."""
        self._caller_busy = False
        self._fetched_last = False
        self._left = self._chunks
        self._crowd = Crowd([1.0])
        self._caller_s = self._handling_s = self._moving_s = 0.0
        self._hungry_s = 0.0
        """How long workers had nothing to do while chunks were left, summed."""

    def play(self) -> None:
        """Let everything happen."""
        self._turn()
        while self._left:
            self._share()
            before_s = self._crowd.now_s
            who = self._crowd.next()
            if self._caller_busy:
                self._caller_s += self._crowd.now_s - before_s
            if who == CALLER:
                self._caller_done()
            else:
                self._back.append(self._items_of(self._at.pop(who)))
                self._idle.append(who)
            self._claim()
            if not self._caller_busy:
                self._turn()

    def parts(self) -> Makespan:
        """What came of it."""
        total_s, jobs = self._crowd.now_s, self._jobs
        busy_s = self._crowd.busy_s - self._caller_s
        compute_s = self._sums_s[-1]
        alone_s = compute_s + self._handling_s + self._moving_s
        scale = busy_s / jobs / max(alone_s, NO_TIME_S)
        hungry_s = self._hungry_s / jobs
        moved_s = self._moving_s + len(self._calls.costs_s) * self._calls.caller_s
        handled_s = self._handling_s + self._chunks * self._chunk_s
        share = moved_s / max(moved_s + handled_s, NO_TIME_S)
        return Makespan(
            startup_s=self._startup_s,
            compute_s=compute_s * scale,
            dispatch_s=self._handling_s * scale + hungry_s * (1 - share),
            transfer_s=self._moving_s * scale + hungry_s * share,
            tail_s=total_s - busy_s / jobs - hungry_s,
        )

    def _share(self) -> None:
        """The speed depends on whether the caller is among those at work."""
        beside = self._caller_busy
        at_each = [1.0, *self._beside] if beside else self._alone
        self._crowd.change_speeds(at_each)

    def _items_of(self, chunk: int) -> int:
        return min(self._size, len(self._calls.costs_s) - chunk * self._size)

    def _turn(self) -> None:
        """The caller sends and fetches by turns, as long as there is both to do."""
        may_send = self._unsent < self._chunks
        if self._back and not (may_send and self._fetched_last):
            self._fetches = self._back.popleft()
            seconds = self._chunk_s / 2 + self._fetches * self._calls.caller_s
        elif may_send:
            self._fetches = None
            seconds = self._chunk_s / 2
        else:
            return
        self._caller_busy = True
        self._crowd.begin(CALLER, seconds)

    def _caller_done(self) -> None:
        self._caller_busy = False
        self._fetched_last = self._fetches is not None
        if self._fetched_last:
            self._left -= 1
        else:
            self._unsent += 1

    def _claim(self) -> None:
        while self._idle and self._unclaimed < self._unsent:
            who, chunk = self._idle.pop(), self._unclaimed
            self._unclaimed += 1
            if self._unclaimed == self._chunks:
                busy_s = self._crowd.busy_s - self._caller_s
                self._hungry_s = self._jobs * self._crowd.now_s - busy_s
            self._at[who] = chunk
            start = chunk * self._size
            many = self._items_of(chunk)
            moving_s = many * self._calls.away_s
            self._handling_s += self._chunk_s
            self._moving_s += moving_s
            cost_s = self._sums_s[start + many] - self._sums_s[start]
            self._crowd.begin(who, cost_s + moving_s + self._chunk_s)
