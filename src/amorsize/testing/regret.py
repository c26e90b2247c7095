"""How much worse than the best the planner chooses, and how far its formula is off.

Regret is what a run takes over what the best configuration would have, less 1. Both begin where
the planner first has a sample to decide by, with the items that are left then: what it lets the
caller run after that, because it does not dare, counts as its own doing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from amorsize.plan.advise import LOOP, advise, pool_does_not_pay
from amorsize.plan.facts import Case
from amorsize.plan.pays import TOO_SOON, does_not_pay
from amorsize.plan.search import Sizes
from amorsize.testing.clock import FakeClock
from amorsize.testing.sampling import Sampling
from amorsize.testing.simulated import OURS, Best, Simulated
from amorsize.testing.workloads import workload
from amorsize.vocab.advice import PoolCandidate, PoolKind
from amorsize.vocab.options import DEFAULT_OPTIONS
from amorsize.vocab.plan import (
    Candidate,
    CostlyTransfer,
    EngineKind,
    GainTooSmall,
    StartTooDear,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amorsize.testing.workloads import Workload
    from amorsize.vocab.profile import Profile
    from amorsize.vocab.situation import Situation

CORES: Final = (4, 16, 64, 128)
MISLED: Final = 1.5
"""Times that a sample must be wrong about the work left to have misled."""

TRIED: Final = (2, 4, 8, 16, 32)
REFUSALS: Final = (StartTooDear, GainTooSmall, CostlyTransfer)

WORKLOADS: Final = 510
"""Thirty of each kind."""


class Regret(NamedTuple):
    """One decision against the best of the grid."""

    load: Workload
    cores: int
    chosen: Candidate | PoolCandidate
    best: Candidate | PoolCandidate
    chosen_s: float
    best_s: float
    serial_s: float
    misled: bool
    """What is left takes far more or less than the sample says: none shows a phase or a tail that
    no item of it is from."""

    @property
    def share(self) -> float:
        return max(0.0, self.chosen_s / self.best_s - 1)


class Miss(NamedTuple):
    """One prediction of the formula, which was told everything, against the simulator."""

    load: Workload
    cores: int
    candidate: Candidate | PoolCandidate
    foretold_s: float
    played_s: float

    @property
    def error(self) -> float:
        return self.foretold_s / self.played_s - 1


def of_decision(load: Workload, cores: int) -> Regret | None:
    """Of ``decide``, for our own engines; ``None`` where there was no time to ask."""
    around = Simulated(load, cores).situation
    asked = Sampling(load, FakeClock()).ask(around)
    if asked is None or not asked.left:
        return None
    from_here = Simulated(load, cores, asked.left)
    best, took_s = from_here.best(_may_be_staked(asked.known, around)), asked.alone_s
    chosen = Candidate(engine=EngineKind.SERIAL, workers=1, chunk=1)
    if asked.decision is not None and asked.decision.is_parallel:
        chosen = asked.decision.chosen
        later = Simulated(load, cores, asked.then_left)
        took_s += later.run_as_decided(chosen, guess_s=asked.guess_s)
    return Regret(
        load=load,
        cores=cores,
        chosen=chosen,
        best=best.candidate,
        chosen_s=took_s,
        best_s=best.total_s,
        serial_s=from_here.serial_s,
        misled=_is_misled(asked.known, from_here.serial_s),
    )


def _is_misled(known: Profile, left_s: float) -> bool:
    expected_s = known.remaining.median_s
    return not expected_s / MISLED <= left_s <= expected_s * MISLED


def _may_be_staked(known: Profile, around: Situation) -> set[EngineKind]:
    """Engines whose start is within the planner's promise, by what is known then.

    The promise is never to be much slower than the plain loop; what it costs where a heavy tail
    or cheap results cannot be relied on yet is not called regret.
    """
    case = Case(profile=known, situation=around, options=DEFAULT_OPTIONS)

    def refused(engine: EngineKind, workers: int) -> bool:
        reason = does_not_pay(Sizes(engine, case).offer(workers), known)
        return reason == TOO_SOON or isinstance(reason, REFUSALS)

    return {engine for engine in OURS if not all(refused(engine, many) for many in TRIED)}


def of_advice(load: Workload, cores: int) -> Regret:
    """Of ``advise``, for the standard pools, which run all items."""
    whole = Simulated(load, cores)
    known = Sampling(load, FakeClock()).study(whole.situation)
    advice = advise(known, whole.situation, DEFAULT_OPTIONS)
    chosen = advice.chosen
    case = Case(profile=known, situation=whole.situation, options=DEFAULT_OPTIONS)
    chosen_s = whole.pool(chosen) if chosen.n_jobs > 1 else whole.serial_s
    pools = [pool for pool in advice.considered if pool.expected and pool.candidate.n_jobs > 1]
    may_pay = any(pool_does_not_pay(pool, case) is None for pool in pools)
    best = whole.best_pool() if may_pay else Best(whole.serial_s, LOOP)
    return Regret(
        load=load,
        cores=cores,
        chosen=chosen,
        best=best.candidate,
        chosen_s=chosen_s,
        best_s=best.total_s,
        serial_s=whole.serial_s,
        misled=_is_misled(known, whole.serial_s - known.wall_s),
    )


def misses_of_decisions(load: Workload, cores: int) -> Iterator[Miss]:
    """The formula for our engines, at a few numbers of workers."""
    whole = Simulated(load, cores)
    kinds = [EngineKind.LOKY if load.fork_unsafe else EngineKind.TEAM]
    if load.waits or load.held < 1:
        kinds.append(EngineKind.THREADS)
    for kind in kinds:
        for workers in sorted({2, max(2, cores // 4), cores}):
            if workers <= len(load.costs_s):
                one = whole.by_the_rule(kind, workers)
                yield Miss(load, cores, one, whole.foretold(one).total_s, whole.run(one))


def misses_of_advice(load: Workload, cores: int) -> Iterator[Miss]:
    """The formula for the standard pools, at a few numbers of jobs and chunks for each."""
    whole, items = Simulated(load, cores), len(load.costs_s)
    for jobs in sorted({2, max(2, cores // 4), cores}):
        for rounds in (1, 4, 16):
            if jobs * rounds <= items:
                one = PoolCandidate(
                    kind=PoolKind.PROCESSES, n_jobs=jobs, chunksize=-(-items // (jobs * rounds))
                )
                foretold_s = whole.pool_foretold(one).total_s
                yield Miss(load, cores, one, foretold_s, whole.pool(one))


def suite(*, every: int = 1) -> Iterator[tuple[Workload, int]]:
    """Workloads and cores: all pairs, or one core count of ``every`` for each, by turns."""
    for number in range(WORKLOADS):
        load = workload(number)
        for at, cores in enumerate(CORES):
            if (number // 17 + at) % every == 0:
                yield load, cores
