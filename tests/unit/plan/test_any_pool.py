from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import Any

import pytest

from amorsize.plan.advise import advise
from amorsize.plan.any_pool import as_sent_by, best_use
from amorsize.plan.facts import Case
from amorsize.vocab.advice import PoolKind, PoolName, PoolUse
from amorsize.vocab.options import DEFAULT_OPTIONS, Backend, Options
from amorsize.vocab.plan import CannotCross, CarriesConnection, Untried
from amorsize.vocab.profile import GilUse, NotMeasured, Profile
from tests.unit.examples import A_LOCK, CHEAP, TWO_CORES, profile, waiting

LONG = profile(item_s=5e-3, left=995)
FREE = GilUse(free_share=0.9, ticks=30, threads_gain=1.9)
SENDING = [PoolName.MULTIPROCESSING, PoolName.FUTURES, PoolName.LOKY]


def use_of(
    pool: PoolName, known: Profile, options: Options = DEFAULT_OPTIONS, **facts: Any
) -> PoolUse:
    case = Case(profile=known, situation=replace(TWO_CORES, **facts), options=options)
    return best_use(pool, case, longest_chunk_s=inf)


def seconds_of(use: PoolUse) -> float:
    assert use.expected is not None
    return use.expected.total_s


@pytest.mark.parametrize("pool", [*SENDING, PoolName.JOBLIB])
def test_work_that_pays_goes_to_two_processes(pool: PoolName) -> None:
    use = use_of(pool, LONG)

    assert (use.kind, use.n_jobs) == (PoolKind.PROCESSES, 2)
    assert 1 <= use.chunksize <= 500
    assert use.low_s < seconds_of(use) < use.high_s
    assert use.serial_s / seconds_of(use) > 1.5
    assert (use.reason, use.unseen) == (None, ())


def test_the_standard_pools_get_what_optimize_advises() -> None:
    advice = advise(LONG, TWO_CORES, DEFAULT_OPTIONS)
    use = use_of(PoolName.MULTIPROCESSING, LONG)

    assert (use.n_jobs, use.chunksize) == (advice.chosen.n_jobs, advice.chosen.chunksize)
    assert (use.expected, use.low_s, use.high_s) == (advice.expected, advice.low_s, advice.high_s)


@pytest.mark.parametrize("pool", list(PoolName))
def test_one_worker_is_advised_where_more_would_take_longer(pool: PoolName) -> None:
    tiny = profile(item_s=1e-7, left=995)

    assert use_of(pool, tiny).n_jobs == 1


def test_joblib_with_one_job_has_no_pool_to_start() -> None:
    tiny = profile(item_s=1e-7, left=995)

    assert seconds_of(use_of(PoolName.JOBLIB, tiny)) < 0.1 * seconds_of(use_of(PoolName.LOKY, tiny))


def test_joblib_uses_threads_where_they_do_better() -> None:
    assert use_of(PoolName.JOBLIB, waiting()).kind is PoolKind.THREADS
    free = replace(LONG, gil=FREE)
    assert use_of(PoolName.JOBLIB, free).kind is PoolKind.THREADS
    assert use_of(PoolName.JOBLIB, replace(free, carries="a socket")).reason is not None


def test_calls_that_wait_get_many_threads_and_as_many_processes_as_are_affordable() -> None:
    assert use_of(PoolName.THREADS, waiting()).n_jobs == 32
    use = use_of(PoolName.MULTIPROCESSING, waiting())
    assert 2 < use.n_jobs <= 8
    assert isinstance(use.reason, Untried)


@pytest.mark.parametrize("pool", SENDING)
def test_what_cannot_be_sent_has_no_time(pool: PoolName) -> None:
    use = use_of(pool, replace(LONG, function=A_LOCK))

    assert use.expected is None
    assert isinstance(use.reason, CannotCross)
    assert (use.n_jobs, use.chunksize) == (1, 1)


def test_a_connection_is_a_reason_and_no_obstacle() -> None:
    use = use_of(PoolName.MULTIPROCESSING, replace(LONG, carries="a socket"))

    assert use.reason == CarriesConnection("a socket")
    assert use.n_jobs == 2


def test_numbers_that_were_asked_for_stay_and_a_backend_does_not() -> None:
    asked = Options(n_jobs=5, chunksize=7, backend=Backend.THREADS)

    use = use_of(PoolName.LOKY, LONG, asked)

    assert (use.n_jobs, use.chunksize, use.kind) == (5, 7, PoolKind.PROCESSES)
    serial = Options(backend=Backend.SERIAL)
    assert use_of(PoolName.MULTIPROCESSING, LONG, serial).n_jobs == 2


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_executors_of_processes_pay_for_their_start_method(method: str) -> None:
    forked = use_of(PoolName.FUTURES, LONG)

    use = use_of(PoolName.FUTURES, LONG, start_method=method)
    assert (seconds_of(use) > seconds_of(forked)) == (method != "fork")


def test_a_function_is_taken_as_the_pool_sends_it() -> None:
    named = replace(LONG, function=A_LOCK)

    assert as_sent_by(PoolName.LOKY, named, by_name=True).function == NotMeasured()
    assert as_sent_by(PoolName.MULTIPROCESSING, named, by_name=True).function == A_LOCK
    assert as_sent_by(PoolName.MULTIPROCESSING, LONG, by_name=False).function == NotMeasured()
    for pool in PoolName:
        assert as_sent_by(pool, named, by_name=False).function == A_LOCK
        assert as_sent_by(pool, LONG, by_name=True).function == CHEAP
    assert as_sent_by(PoolName.JOBLIB, LONG, by_name=False).function == CHEAP


def test_what_nobody_measured_is_named() -> None:
    poor = replace(LONG, argument=NotMeasured(), function=NotMeasured())

    assert use_of(PoolName.LOKY, poor).unseen == ("function", "items")
    assert use_of(PoolName.THREADS, poor).unseen == ()
    assert use_of(PoolName.LOKY, replace(LONG, function=CHEAP)).unseen == ()
