from __future__ import annotations

import pytest

from amorsize.model.makespan import blocking_s
from amorsize.plan.prices import pool_price, price_of
from amorsize.vocab.advice import PoolKind
from amorsize.vocab.plan import EngineKind
from amorsize.vocab.situation import Situation


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
