"""What a sample would show of a workload: the caller's own loop, on a clock that is made up.

It follows ``runtime.opening`` and ``runtime.study``, with their numbers, and asks the same pure
parts: the account of costs, the pace of blocks, the moments of questions, the planner.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from amorsize.engines.blocks import BLOCK_ITEMS, Pace
from amorsize.engines.source import IndexedSource
from amorsize.model.makespan import blocking_s
from amorsize.plan import tunables
from amorsize.plan.choose import could_pay, decide
from amorsize.plan.needs import Need, needs, needs_for_pools
from amorsize.plan.pays import is_firm, knows_only_the_first
from amorsize.plan.prices import price_of
from amorsize.runtime import study
from amorsize.runtime.probing import PROBE_S, Probes
from amorsize.runtime.questions import Questions
from amorsize.runtime.sampler import SENT
from amorsize.sample.gil import TICK_WINDOW_S, TRIAL_S
from amorsize.stats.remaining import Costs
from amorsize.vocab.estimate import Measured
from amorsize.vocab.options import DEFAULT_OPTIONS
from amorsize.vocab.plan import EngineKind
from amorsize.vocab.profile import GilUse, NotMeasured, Profile, Transfer

if TYPE_CHECKING:
    from amorsize.stats.remaining import Forecast
    from amorsize.testing.clock import FakeClock
    from amorsize.testing.workloads import Workload
    from amorsize.vocab.plan import Decision
    from amorsize.vocab.situation import Situation

SAMPLE_SIZE = 5
"""What ``optimize`` looks at, if not told otherwise."""

_TINY = Transfer(dumps_s=1e-6, loads_s=1e-6, size_bytes=60, out_of_band_bytes=0, sampled=1000)


class Asked(NamedTuple):
    """The state of a run when there was first something to decide by, and how it went on.

    One call of many is not enough: nobody can tell whether it was slow because it was the first.
    Nor is what takes less time than to start a worker: no more is staked than was spent.
    """

    left: list[int]
    """Items that nobody had run then."""
    known: Profile
    """What was known of them."""
    alone_s: float
    """What the caller ran from then on until it decided for workers, or to the end."""
    decision: Decision | None
    """The last one; ``None``: there was no question left to ask."""
    then_left: list[int]
    guess_s: float
    """What an item was expected to cost then."""


class Sampling:
    """A run by the caller alone, item by item."""

    def __init__(self, load: Workload, clock: FakeClock) -> None:
        self._load = load
        self._clock = clock
        self._source = IndexedSource(range(len(load.costs_s)))
        self._taken = bytearray(len(load.costs_s))
        self._pace = Pace()
        self._costs = Costs()
        self._first_s = 0.0
        self._items = 0
        self._probes = Probes()
        self._supplied: set[Need] = set()

    def ask(self, situation: Situation) -> Asked | None:
        """Run until workers are decided for, or to the end; ``None``: nothing was asked."""
        questions = Questions(DEFAULT_OPTIONS)
        first: tuple[float, list[int], Profile] | None = None
        decision: Decision | None = None
        while self._block():
            if not questions.is_due(self._clock(), self._items, self._source):
                continue
            decision = self._consider(situation)
            if first is None and (_is_parallel(decision) or self._may_stake(situation)):
                first = self._clock(), self.left(), self.profile()
            if _is_parallel(decision):
                break
            if decision is None or is_firm(decision):
                questions.answered_firmly(self._clock())
        if first is None:
            return None
        known = self.profile()
        alone_s, guess_s = self._clock() - first[0], known.mean_s * known.trend
        return Asked(first[1], first[2], alone_s, decision, self.left(), guess_s)

    def _may_stake(self, situation: Situation) -> bool:
        known = self.profile()
        processes = EngineKind.LOKY if situation.fork_unsafe else EngineKind.TEAM
        first_s = blocking_s(price_of(processes, situation), 2)
        return not knows_only_the_first(known) and known.wall_s >= first_s

    def study(self, situation: Situation) -> Profile:
        """Run as much as ``optimize`` would, and tell what was seen."""
        self._look_around()
        for _ in Need:
            missing = needs_for_pools(self.profile(), situation, DEFAULT_OPTIONS)
            if not missing:
                break
            for need in missing:
                self._supply(need)
        return self.profile()

    def _look_around(self) -> None:
        while self._block():
            self._probe()
            forecast, spent_s = self._forecast(), self._clock()
            sampled = self._items >= SAMPLE_SIZE
            budget_s = max(
                study.BUDGET_S, study.BUDGET_SHARE * (spent_s + forecast.remaining.low_s)
            )
            width_s = forecast.remaining.high_s - forecast.remaining.low_s
            narrow = width_s <= study.NARROW * forecast.remaining.median_s
            if spent_s >= (study.SAMPLE_PART if sampled else 1.0) * budget_s:
                break
            if sampled and narrow and spent_s >= study.ENOUGH_S:
                break

    def left(self) -> list[int]:
        """Items that were not run yet."""
        return [index for index, taken in enumerate(self._taken) if not taken]

    def profile(self) -> Profile:
        """Everything known at the moment."""
        forecast, load, wall_s = self._forecast(), self._load, self._clock()
        return Profile(
            sampled=self._items,
            items_left=self._source.left(),
            first_s=self._first_s,
            mean_s=forecast.mean_s,
            spread=forecast.spread,
            longest_s=forecast.longest_s,
            longest_left_s=forecast.longest_left_s,
            wall_s=wall_s,
            cpu_s=load.cpu_share * wall_s,
            process_cpu_s=load.cpu_share * wall_s,
            waits=self._items if load.waits else 0,
            preemptions=0,
            remaining=forecast.remaining,
            trend=forecast.trend,
            argument=self._travel(Need.ARGUMENT_TRANSFER, _TINY),
            result=self._travel(Need.RESULT_TRANSFER, load.result),
            function=self._travel(Need.FUNCTION_TRANSFER, _TINY),
            gil=self._gil(),
        )

    def _travel(self, need: Need, known: Transfer) -> Transfer | NotMeasured:
        if need not in self._supplied:
            return NotMeasured()
        return replace(known, sampled=min(SENT, self._items))

    def _gil(self) -> GilUse | None:
        if Need.GIL_USE not in self._supplied:
            return None
        held = self._load.held
        tried = Need.THREADS_TRIAL in self._supplied
        return GilUse(
            free_share=1 - held, ticks=30, threads_gain=_gain_of_two(held) if tried else None
        )

    # -- running

    def _block(self) -> bool:
        room = self._source.room(self._pace.size if self._items else 1)
        if room == 0:
            return False
        start = self._source.position
        elapsed_s = self._run(start, start + room)
        if self._items == room:
            self._first_s = elapsed_s
            self._costs.first(elapsed_s)
        else:
            self._costs.block(room, elapsed_s)
        self._source.advance(room)
        self._pace.took(elapsed_s)
        return True

    def _run(self, start: int, stop: int) -> float:
        elapsed_s = sum(self._load.costs_s[start:stop])
        self._taken[start:stop] = b"\1" * (stop - start)
        self._items += stop - start
        self._clock.sleep(elapsed_s)
        return elapsed_s

    def _probe(self) -> None:
        while self._may_probe():
            source, costs = self._source, self._costs
            index = costs.next_probe(source.position, source.length)
            if index is None:
                return
            width = max(1, min(int(PROBE_S * self._items / self._clock()), BLOCK_ITEMS))
            taken = source.probe(max(source.position, min(index, source.length - width)), width)
            many = taken.stop - taken.start
            if many < 1:
                return
            elapsed_s = self._run(*taken)
            costs.probe(index, elapsed_s / many, items=many)
            self._probes.took(elapsed_s)

    def _may_probe(self) -> bool:
        return self._probes.may_go_on(
            spent_s=self._clock(), items=self._items, left=self._source.left()
        )

    # -- asking

    def _consider(self, situation: Situation) -> Decision | None:
        if not self._could_pay():
            return None
        self._probe()
        if not self._could_pay():
            return None
        for _ in Need:
            decision = decide(self.profile(), situation, DEFAULT_OPTIONS)
            missing = needs(decision, self.profile(), situation)
            if not missing:
                break
            if not all(self._supply(need) for need in missing):
                return None
        self._probe()
        return decide(self.profile(), situation, DEFAULT_OPTIONS)

    def _supply(self, need: Need) -> bool:
        """Measure what is missing; false where the items ended meanwhile."""
        self._supplied.add(need)
        run_s = {Need.GIL_USE: TICK_WINDOW_S, Need.THREADS_TRIAL: 2 * TRIAL_S}
        began_s = self._clock()
        while self._clock() - began_s < run_s.get(need, 0.0):
            if not self._block():
                return False
        return True

    def _could_pay(self) -> bool:
        remaining = self._forecast().remaining
        return could_pay(remaining.high_s, remaining.median_s / max(1, self._source.left()))

    def _forecast(self) -> Forecast:
        source = self._source
        return self._costs.forecast(
            left=source.left(), position=source.position, length=source.length
        )


def travels_as(load: Workload) -> Profile:
    """A profile whose transfers are known for certain: no allowance is made for luck."""
    nothing = Measured(median_s=0.0, low_s=0.0, high_s=0.0, samples=0)
    result = load.result
    return Profile(
        sampled=1,
        items_left=0,
        first_s=0.0,
        mean_s=0.0,
        spread=0.0,
        longest_s=0.0,
        wall_s=0.0,
        cpu_s=0.0,
        process_cpu_s=0.0,
        waits=0,
        preemptions=0,
        remaining=nothing,
        argument=_TINY,
        result=Transfer(
            dumps_s=result.dumps_s,
            loads_s=result.loads_s,
            size_bytes=result.size_bytes,
            out_of_band_bytes=result.out_of_band_bytes,
            sampled=tunables.MANY_TRANSFERS,
        ),
        function=_TINY,
    )


def _gain_of_two(held: float) -> float:
    """Speed of two threads that want the lock for a share of their time, over that of one.

    Each waits for the other in proportion to that share (mean value analysis of a closed
    queue: Reiser and Lavenberg, JACM 1980).
    """
    return 2 / (1 + held**2)


def _is_parallel(decision: Decision | None) -> bool:
    return decision is not None and decision.is_parallel
