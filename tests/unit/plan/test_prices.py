from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from amorsize.model.makespan import blocking_s
from amorsize.plan.advise import advise
from amorsize.plan.choose import decide
from amorsize.plan.facts import usable_cores
from amorsize.plan.prices import ASSUMED, TEAM, THREADS, pool_price, price_of
from amorsize.vocab.advice import PoolKind
from amorsize.vocab.estimate import Assumed, Measured
from amorsize.vocab.options import DEFAULT_OPTIONS
from amorsize.vocab.plan import EngineKind
from amorsize.vocab.situation import Priced, Situation
from tests.support.calibrated import DEAR, calibration, measured, speed
from tests.unit.examples import CHEAP, TWO_CORES, profile

if TYPE_CHECKING:
    from amorsize.vocab.situation import JointSpeed


def test_a_fork_is_cheaper_than_a_spawn_and_a_thread_than_a_fork() -> None:
    here = Situation(cores=2)
    threads, team, loky = (
        blocking_s(price_of(engine, here), 2)
        for engine in (EngineKind.THREADS, EngineKind.TEAM, EngineKind.LOKY)
    )

    assert threads < team < loky


def test_a_large_heap_makes_forks_dear() -> None:
    small, large = (Situation(cores=2, heap_bytes=size) for size in (0, 2_200_000_000))

    for dearer, base in (
        (price_of(EngineKind.TEAM, large), price_of(EngineKind.TEAM, small)),
        (pool_price(PoolKind.PROCESSES, large), pool_price(PoolKind.PROCESSES, small)),
    ):
        excess_s = dearer.per_worker.median_s - base.per_worker.median_s
        assert excess_s == pytest.approx(2.6e-3, rel=0.05)


def test_spawned_workers_of_an_earlier_call_are_cheap() -> None:
    cold, warm = (Situation(cores=2, spawned_warm=alive) for alive in (False, True))

    assert price_of(EngineKind.LOKY, warm).delay.median_s < 1e-3
    assert price_of(EngineKind.LOKY, cold).delay.median_s > 0.1


def test_the_loop_is_free() -> None:
    assert blocking_s(price_of(EngineKind.SERIAL, Situation(cores=2)), 1) == 0


@pytest.mark.parametrize("method", ["forkserver", "spawn"])
def test_other_start_methods_take_longer(method: str) -> None:
    forked, other = (
        pool_price(PoolKind.PROCESSES, Situation(cores=2, start_method=name))
        for name in ("fork", method)
    )

    assert other.delay.median_s > 10 * forked.delay.median_s


@pytest.mark.parametrize("what", Priced)
def test_everything_that_can_be_priced_has_an_assumed_price_with_reasons(what: Priced) -> None:
    price = ASSUMED[what]

    for part in (price.blocking, price.per_worker, price.delay, price.per_chunk):
        assert isinstance(part, Assumed)
        assert part.why
        assert part.median_s > 0


def test_a_measured_price_is_taken_and_stays_measured() -> None:
    known = calibration({Priced.TEAM: 3.0})
    here = Situation(cores=2, heap_bytes=2_200_000_000, calibration=known)

    price = price_of(EngineKind.TEAM, here)

    assert price.per_chunk == known.prices[Priced.TEAM].per_chunk
    assert isinstance(price.per_worker, Measured)
    assert price.per_worker.median_s == pytest.approx(
        3 * TEAM.per_worker.median_s + 2.6e-3, rel=0.1
    )
    assert price.per_worker.low_s < price.per_worker.median_s < price.per_worker.high_s


def test_what_a_calibration_does_not_have_is_assumed() -> None:
    known = replace(calibration(), prices={})

    assert price_of(EngineKind.THREADS, Situation(cores=2, calibration=known)) == THREADS


SIXTY = profile(left=55)


def test_workers_that_are_dear_here_are_not_brought_in() -> None:
    """The same work is shared out by the assumed price, and not by the measured one."""
    dear = replace(TWO_CORES, calibration=calibration({Priced.TEAM: DEAR}))

    assert decide(SIXTY, TWO_CORES, DEFAULT_OPTIONS).chosen.engine is EngineKind.TEAM
    assert not decide(SIXTY, dear, DEFAULT_OPTIONS).is_parallel


def test_a_pool_that_is_cheap_here_is_advised_where_an_assumed_one_is_not() -> None:
    few = profile(left=6)
    cheap = replace(TWO_CORES, calibration=calibration({Priced.POOL_FORK: 1 / DEAR}))

    assert advise(few, TWO_CORES, DEFAULT_OPTIONS).chosen.n_jobs == 1
    assert advise(few, cheap, DEFAULT_OPTIONS).chosen.n_jobs == 2


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_each_start_method_has_a_measured_price_of_its_own(method: str) -> None:
    what = Priced(f"pool-{method}")
    here = Situation(cores=2, start_method=method, calibration=calibration({what: 2.0}))

    assumed, found = ASSUMED[what].delay, pool_price(PoolKind.PROCESSES, here).delay

    assert found.median_s == pytest.approx(2 * assumed.median_s)


def test_memory_that_is_slow_here_makes_large_results_dear() -> None:
    known = calibration()
    slow = replace(known, gigabyte=replace(known.gigabyte, copy=measured(10.0)))
    big = profile(item_s=10e-3, result=replace(CHEAP, size_bytes=1e6, dumps_s=1e-4, loads_s=1e-4))

    assert decide(big, TWO_CORES, DEFAULT_OPTIONS).is_parallel
    assert not decide(big, replace(TWO_CORES, calibration=slow), DEFAULT_OPTIONS).is_parallel


@pytest.mark.parametrize(
    ("known", "cores"),
    [
        (speed(1.3), 1.3),
        (speed(1.95), 2),
        (speed(1.3, undisturbed=False), 2),
        (speed(1.3, wide=0.2), 2),
        (speed(2.6, cpus=4), 2),
        (speed(0.9), 1),
        (None, 2),
    ],
)
def test_cpus_count_for_what_they_do_together_if_that_is_clear_and_sure(
    known: JointSpeed | None, cores: float
) -> None:
    assert usable_cores(replace(TWO_CORES, calibration=calibration(joint_speed=known))) == cores


def test_siblings_that_share_a_core_are_not_worth_a_short_job() -> None:
    siblings = replace(TWO_CORES, calibration=calibration(joint_speed=speed(1.1)))

    assert decide(SIXTY, TWO_CORES, DEFAULT_OPTIONS).is_parallel
    assert not decide(SIXTY, siblings, DEFAULT_OPTIONS).is_parallel


def test_a_quota_counts_beside_it() -> None:
    known = calibration(joint_speed=speed(2.6, cpus=4))

    assert usable_cores(Situation(cores=4, quota=1.5, calibration=known)) == 1.5
    assert usable_cores(Situation(cores=4, quota=3.5, calibration=known)) == 2.6
