from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amorsize.errors import BackendRefusedError
from amorsize.plan.advise import advise
from amorsize.vocab.advice import Advice, PoolKind
from amorsize.vocab.options import DEFAULT_OPTIONS, Backend, Options
from amorsize.vocab.plan import (
    CannotCross,
    GainTooSmall,
    HoldsTheLock,
    NotForced,
    Rejection,
    Slower,
    Untried,
)
from amorsize.vocab.profile import GilUse, Profile, Transfer
from tests.unit.examples import A_LOCK, CHEAP, TWO_CORES, profile, waiting

LONG = profile(left=995)
HELD = GilUse(free_share=0.1, ticks=30)
FREE = GilUse(free_share=0.9, ticks=30, threads_gain=1.9)
PROCESS, THREAD = PoolKind.PROCESSES, PoolKind.THREADS


def auto(known: Profile, **facts: Any) -> Advice:
    return advise(known, replace(TWO_CORES, **facts), DEFAULT_OPTIONS)


def test_all_items_are_counted_those_already_run_included() -> None:
    advice = auto(LONG)

    assert advice.items == 1000
    assert advice.serial_s == pytest.approx(1.0)
    assert advice.expected.compute_s == pytest.approx(0.5)


def test_the_first_calls_warm_up_is_not_part_of_the_plain_loop() -> None:
    cold = replace(LONG, first_s=0.101, wall_s=LONG.wall_s + 0.1)

    assert auto(cold).serial_s == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("known", "facts", "kind", "jobs"),
    [
        (LONG, {}, PROCESS, 2),
        (profile(left=55), {}, PROCESS, 2),
        (LONG, {"start_method": "spawn"}, PROCESS, 2),
        (LONG, {"fork_unsafe": "a thread"}, PROCESS, 2),
        (waiting(), {}, THREAD, 32),
        (waiting(left=5), {}, THREAD, 10),
        (replace(LONG, gil=FREE, function=A_LOCK), {}, THREAD, 2),
    ],
)
def test_it_pays(known: Profile, facts: dict[str, Any], kind: PoolKind, jobs: int) -> None:
    advice = auto(known, **facts)

    assert (advice.chosen.kind, advice.chosen.n_jobs) == (kind, jobs)
    assert 1.1 < advice.speedup == pytest.approx(advice.serial_s / advice.expected.total_s)
    assert advice.low_s <= advice.expected.total_s <= advice.high_s


@pytest.mark.parametrize(
    ("known", "facts", "kind", "why"),
    [
        (profile(item_s=1e-6, left=995), {}, PROCESS, Slower),
        (profile(left=11), {}, PROCESS, GainTooSmall),
        (profile(left=55), {"start_method": "spawn"}, PROCESS, Slower),
        (replace(LONG, function=A_LOCK), {}, PROCESS, CannotCross),
        (replace(LONG, argument=A_LOCK), {}, PROCESS, CannotCross),
        (replace(LONG, gil=HELD, function=A_LOCK), {}, THREAD, HoldsTheLock),
        (replace(LONG, function=A_LOCK), {}, THREAD, Untried),
        (replace(LONG, result=replace(CHEAP, loads_s=1e-3)), {}, PROCESS, Slower),
    ],
)
def test_it_does_not_pay(
    known: Profile, facts: dict[str, Any], kind: PoolKind, why: type[Rejection]
) -> None:
    advice = auto(known, **facts)
    lost = next(p for p in advice.considered[1:] if p.candidate.kind is kind)

    assert (advice.chosen.n_jobs, advice.chosen.kind, advice.speedup) == (1, PROCESS, 1)
    assert isinstance(lost.reason, why)


def test_many_cores_are_searched_not_taken() -> None:
    advice = auto(profile(item_s=2e-3, left=4995), cores=128)

    assert 30 < advice.chosen.n_jobs < 110
    assert advice.expected.total_s < min(
        pool.expected.total_s
        for pool in advice.considered
        if pool.candidate.n_jobs in {8, 128}
        if pool.expected is not None
    )


def test_every_number_of_jobs_is_priced_once() -> None:
    advice = auto(LONG, cores=16)

    assert sorted(p.candidate.n_jobs for p in advice.considered if p.expected) == list(range(1, 17))
    assert all(pool.reason is not None for pool in advice.considered[1:])


@given(st.integers(1, 10**6), st.floats(1e-7, 1), st.floats(0, 3))
def test_chunks_are_neither_empty_nor_larger_than_the_share_of_a_job(
    left: int, item_s: float, spread: float
) -> None:
    advice = auto(profile(item_s=item_s, left=left, spread=spread), cores=8)

    for pool in advice.considered:
        jobs, chunk = pool.candidate.n_jobs, pool.candidate.chunksize
        assert 1 <= chunk <= -(-advice.items // jobs)


def test_no_chunk_is_longer_than_wanted() -> None:
    known = profile(item_s=20e-3, left=995, spread=0.0)
    chosen = advise(known, TWO_CORES, DEFAULT_OPTIONS, longest_chunk_s=0.2).chosen

    assert 1 <= chosen.chunksize <= 10


def test_a_function_that_is_heavy_to_send_wants_few_chunks() -> None:
    heavy = Transfer(dumps_s=0.02, loads_s=0.02, size_bytes=0, out_of_band_bytes=0, sampled=1000)
    light, sent = (auto(replace(LONG, function=f, spread=0.5)).chosen for f in (CHEAP, heavy))

    assert sent.chunksize > 2 * light.chunksize


@pytest.mark.parametrize(
    ("options", "kind", "jobs"),
    [
        (Options(n_jobs=4), PROCESS, 4),
        (Options(backend=Backend.THREADS, n_jobs=3), THREAD, 3),
        (Options(backend=Backend.PROCESSES), PROCESS, 2),
        (Options(n_jobs=1), PROCESS, 1),
        (Options(backend=Backend.SERIAL), PROCESS, 1),
    ],
)
def test_what_is_forced_is_advised(options: Options, kind: PoolKind, jobs: int) -> None:
    advice = advise(LONG, TWO_CORES, options)

    assert (advice.chosen.kind, advice.chosen.n_jobs) == (kind, jobs)


def test_a_forced_chunk_size_is_kept() -> None:
    assert advise(LONG, TWO_CORES, Options(chunksize=7)).chosen.chunksize == 7


def test_serial_by_request_says_so() -> None:
    lost = advise(LONG, TWO_CORES, Options(n_jobs=1)).considered[1:]

    assert [pool.reason for pool in lost] == [NotForced("n_jobs=1")] * 2


def test_what_cannot_be_forced_is_refused_with_the_reason() -> None:
    with pytest.raises(BackendRefusedError, match=r"_thread\.lock"):
        advise(
            replace(LONG, function=A_LOCK), TWO_CORES, Options(backend=Backend.PROCESSES, n_jobs=2)
        )


def test_a_pool_that_may_lose_is_not_advised() -> None:
    unsure = replace(LONG.remaining, median_s=30e-3, low_s=1e-3)

    assert auto(replace(LONG, remaining=unsure)).chosen.n_jobs == 1
