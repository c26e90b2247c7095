"""What a run of ours would take: given costs, replayed under the real rules of an engine.

The formula of ``makespan`` knows a mean and a spread; this knows every item. It is what the
formula and the planner are held against, and the only place where more cores exist than this
machine has. Items lie in memory, and nothing fails.
"""

from __future__ import annotations

from bisect import bisect_left
from math import fsum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from amorsize.model.makespan import NO_TIME_S
from amorsize.model.rules import CALLER, rule_for
from amorsize.model.sharing import Crowd, speeds
from amorsize.vocab.plan import EngineKind, Makespan

if TYPE_CHECKING:
    from collections.abc import Callable

    from amorsize.model.makespan import Capacity
    from amorsize.model.rules import Rule
    from amorsize.model.sharing import Calls
    from amorsize.vocab.plan import Candidate
    from amorsize.vocab.situation import Price

Widen: TypeAlias = "Callable[[float, int, float], int]"
"""Told the time, a number of items and what they took together: how many threads from now on."""


def replay(
    calls: Calls,
    candidate: Candidate,
    *,
    price: Price,
    capacity: Capacity,
    guess_s: float | None = None,
    widen: Widen | None = None,
) -> Makespan:
    """The wall time of ``calls`` as ``candidate`` would run them, in parts that add up.

    Each part is the mean over the workers of the time that they spent in it: not there yet,
    in the function, with a chunk's handling, with transfers, with nothing to do.

    ``guess_s`` is the cost of an item that the engine expects and sizes chunks by; left out,
    it knows the mean. ``widen`` changes the number of threads on the way.
    """
    if candidate.engine is EngineKind.SERIAL:
        return _only(fsum(calls.costs_s))
    items = len(calls.costs_s)
    if not items:
        return _only(0.0)
    known_s = fsum(calls.costs_s) / items if guess_s is None else guess_s
    run = _Run(
        calls,
        rule_for(candidate, items, known_s),
        price=price,
        capacity=capacity,
        caller_works=candidate.engine is not EngineKind.THREADS,
    )
    run.hire(min(candidate.workers, items))
    run.play(widen)
    return run.parts()


def _only(compute_s: float) -> Makespan:
    return Makespan(startup_s=0.0, compute_s=compute_s, dispatch_s=0.0, transfer_s=0.0, tail_s=0.0)


class _Held(NamedTuple):
    """A chunk that a worker is in: it began at ``start`` and is looked up from at ``until``."""

    start: int
    begun: int
    until: int
    stop: int
    began_s: float


class _Run:
    """One run. Worker 0 is the caller where it works too: it also brings results home."""

    def __init__(
        self, calls: Calls, rule: Rule, *, price: Price, capacity: Capacity, caller_works: bool
    ) -> None:
        self._calls = calls
        self._rule = rule
        self._price = price
        self._capacity = capacity
        self._caller_works = caller_works
        self._sums_s = calls.sums_s()
        self._chunk_s = price.per_chunk.median_s
        self._item_s = price.per_item.median_s
        self._crowd = Crowd([1.0])
        self._to_come: list[tuple[float, int]] = []
        """When who will be there, the next one last."""
        self._idle: list[int] = []
        self._held: dict[int, _Held] = {}
        self._to_fetch = 0
        """Items whose results wait for the caller."""
        self._undone = len(calls.costs_s)
        self._workers = 0
        self._wanted = 0
        self._present = 0
        self._present_s = 0.0
        """Time that workers have been there, summed."""
        self._handling_s = self._moving_s = 0.0

    def hire(self, workers: int) -> None:
        """Who will be there when.

        The caller makes workers one by one, works itself when all are made, and hands out
        nothing before. Threads find work from the start.
        """
        price = self._price
        self._workers = self._wanted = workers
        self._crowd.change_speeds(speeds(self._capacity, self._calls.load, workers))
        each_s, delay_s = price.per_worker.median_s, price.delay.median_s
        blocked_s = price.blocking.median_s + (workers - 1) * each_s
        if not self._caller_works:
            first_s = price.blocking.median_s + delay_s
            come = [(first_s + who * each_s, who) for who in range(workers)]
        else:
            made_s = price.blocking.median_s + delay_s
            others = [(max(blocked_s, made_s + who * each_s), who) for who in range(1, workers)]
            come = [(blocked_s, CALLER), *others]
        self._to_come = come[::-1]

    def play(self, widen: Widen | None) -> None:
        """Let everything happen."""
        crowd = self._crowd
        while self._undone or len(crowd):
            next_s = crowd.next_s()
            if self._to_come and self._to_come[-1][0] <= next_s:
                at_s, who = self._to_come.pop()
                self._pass_until(at_s)
                self._present += 1
                self._free(who)
            else:
                self._pass_until(next_s)
                self._ended(crowd.next(), widen)

    def parts(self) -> Makespan:
        """What came of it."""
        total_s, workers, busy_s = self._crowd.now_s, self._workers, self._crowd.busy_s
        compute_s = self._sums_s[-1]
        alone_s = compute_s + self._handling_s + self._moving_s
        scale = busy_s / workers / max(alone_s, NO_TIME_S)
        return Makespan(
            startup_s=total_s - self._present_s / workers,
            compute_s=compute_s * scale,
            dispatch_s=self._handling_s * scale,
            transfer_s=self._moving_s * scale,
            tail_s=(self._present_s - busy_s) / workers,
        )

    def _pass_until(self, wall_s: float) -> None:
        self._present_s += self._present * (wall_s - self._crowd.now_s)
        self._crowd.pass_until(wall_s)

    # -- what somebody does next

    def _free(self, who: int) -> None:
        if who == CALLER and self._caller_works and self._to_fetch:
            self._fetch()
            return
        span = self._rule.claim(who)
        if span is None:
            self._idle.append(who)
            return
        self._handling_s += self._chunk_s
        self._go_on(who, (span[0], span[0], span[1]), aside_s=self._chunk_s)

    def _go_on(self, who: int, chunk: tuple[int, int, int], *, aside_s: float) -> None:
        """Run a chunk from the index on to its end, or to where it is looked up from."""
        start, index, stop = chunk
        sums_s, after_s, until = self._sums_s, self._rule.split_after_s, stop
        if after_s is not None and stop - index > 1 and sums_s[stop] - sums_s[index] > after_s:
            until = bisect_left(sums_s, sums_s[index] + after_s, index + 1, stop)
        many = until - index
        handling_s = many * self._item_s
        moving_s = 0.0 if self._is_caller(who) else many * self._calls.away_s
        self._handling_s += handling_s
        self._moving_s += moving_s
        self._held[who] = _Held(start, index, until, stop, self._crowd.now_s)
        seconds = sums_s[until] - sums_s[index] + handling_s + moving_s + aside_s
        self._crowd.begin(who, seconds)

    def _fetch(self) -> None:
        seconds = self._to_fetch * self._calls.caller_s
        self._to_fetch = 0
        self._moving_s += seconds
        self._crowd.begin(CALLER, seconds)

    def _is_caller(self, who: int) -> bool:
        return who == CALLER and self._caller_works

    # -- what has just ended

    def _ended(self, who: int, widen: Widen | None) -> None:
        held = self._held.pop(who, None)
        if held is None:  # the caller has brought results home
            self._free(who)
            return
        self._undone -= held.until - held.begun
        if held.until < held.stop:
            stop = self._offer_half(held.until, held.stop)
            self._go_on(who, (held.start, held.until, stop), aside_s=0.0)
            return
        many = held.stop - held.start
        took_s = self._crowd.now_s - held.began_s
        self._rule.learn(many, took_s)
        if self._calls.caller_s > 0 and not self._is_caller(who) and self._caller_works:
            self._comes_home(many)
        if widen is not None:
            self._change_width(widen(self._crowd.now_s, many, took_s))
        if widen is not None and self._present > self._wanted:
            self._present -= 1
        else:
            self._free(who)

    def _offer_half(self, index: int, stop: int) -> int:
        """The rest of a long chunk is halved if nothing is left to claim; where it ends now."""
        middle = index + (stop - index + 1) // 2
        if stop - index < 2 or not self._rule.give_back(middle, stop):  # noqa: PLR2004 - a single item has no half
            return stop
        if self._idle:
            self._free(self._idle.pop())
        return middle

    def _comes_home(self, many: int) -> None:
        self._to_fetch += many
        if CALLER in self._idle:
            self._idle.remove(CALLER)
            self._fetch()

    def _change_width(self, wanted: int) -> None:
        self._wanted = wanted
        missing = wanted - self._present - len(self._to_come)
        if missing <= 0 or not self._undone:
            return
        first = self._workers
        self._workers += missing
        self._crowd.change_speeds(speeds(self._capacity, self._calls.load, self._workers))
        first_s = self._crowd.now_s + self._price.delay.median_s
        each_s = self._price.per_worker.median_s
        come = [(first_s + nth * each_s, first + nth) for nth in range(missing)]
        self._to_come = sorted([*self._to_come, *come], reverse=True)
