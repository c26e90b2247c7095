from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amorsize.plan.advise import advise
from amorsize.plan.choose import decide
from amorsize.plan.facts import Case
from amorsize.plan.limits import limits_of_advice, limits_of_decision
from amorsize.vocab.advice import PoolCandidate
from amorsize.vocab.foretold import Foretold
from amorsize.vocab.limits import Cause, Limits
from amorsize.vocab.options import DEFAULT_OPTIONS, Options
from amorsize.vocab.plan import EngineKind
from amorsize.vocab.profile import GilUse, Profile, Transfer
from amorsize.vocab.situation import Situation
from tests.unit.examples import A_LOCK, TWO_CORES, profile, waiting

LONG = profile(left=995)
BIG = Transfer(dumps_s=2e-3, loads_s=2e-3, size_bytes=3e6, out_of_band_bytes=0, sampled=99)
SLOW_FREE = GilUse(free_share=0.9, ticks=9, threads_gain=1.4)


def of_advice(
    known: Profile, options: Options = DEFAULT_OPTIONS, situation: Situation = TWO_CORES
) -> Limits:
    case = Case(profile=known, situation=situation, options=options)
    limits = limits_of_advice(advise(known, situation, options), case)
    assert limits is not None
    return limits


def of_decision(known: Profile, options: Options = DEFAULT_OPTIONS, **facts: Any) -> Limits:
    situation = replace(TWO_CORES, **facts)
    case = Case(profile=known, situation=situation, options=options)
    limits = limits_of_decision(decide(known, situation, options), case)
    assert limits is not None
    return limits


def largest(limits: Limits) -> Cause:
    return max(limits.parts, key=lambda part: part.time_s).cause


@given(
    st.floats(1e-6, 1e-1),
    st.integers(1, 10**4),
    st.floats(0, 3),
    st.floats(1, 1e3),
    st.sampled_from([0.0, 1e-7, 1e-4]),
    st.integers(2, 64),
)
def test_the_parts_add_up_to_the_predicted_time(
    item_s: float, left: int, spread: float, longest: float, read: float, cores: int
) -> None:
    known = profile(item_s=item_s, left=left, spread=spread, longest_s=longest * item_s)
    past = (Foretold(predicted_s=1, actual_s=1.3, engine=EngineKind.TEAM, modelled_s=1.0),)
    known = replace(known, read_s=min(read, item_s), inherited=not read, past=past)
    situation = replace(TWO_CORES, cores=cores)
    case = Case(profile=known, situation=situation, options=DEFAULT_OPTIONS)

    advice = advise(known, situation, DEFAULT_OPTIONS)
    limits = limits_of_advice(advice, case)
    assert limits is not None
    expected = next(p.expected for p in advice.considered if p.candidate == limits.candidate)
    assert expected is not None
    assert limits.total_s == pytest.approx(expected.total_s)
    assert all(part.time_s > 0 for part in limits.parts)

    decision = decide(known, situation, DEFAULT_OPTIONS)
    told = limits_of_decision(decision, case)
    if told is not None and decision.is_parallel:
        assert told.total_s == pytest.approx(decision.expected.total_s)


@pytest.mark.parametrize(
    ("known", "options", "cause"),
    [
        (LONG, DEFAULT_OPTIONS, Cause.CORES),
        (profile(item_s=1e-6, left=995), DEFAULT_OPTIONS, Cause.START_UP),
        (replace(LONG, result=BIG), DEFAULT_OPTIONS, Cause.TRANSFER),
        (replace(LONG, longest_s=0.9), DEFAULT_OPTIONS, Cause.CORES),
        (waiting(), DEFAULT_OPTIONS, Cause.SERVICE),
        (replace(LONG, gil=SLOW_FREE, function=A_LOCK), DEFAULT_OPTIONS, Cause.LOCK),
    ],
)
def test_what_takes_most_is_named(known: Profile, options: Options, cause: Cause) -> None:
    assert largest(of_advice(known, options)) is cause


def test_a_giant_call_is_skew_and_not_the_cores() -> None:
    giant = replace(profile(item_s=1e-3, left=995, longest_s=0.9), spread=20.0)

    limits = of_advice(giant, Options(n_jobs=32), Situation(cores=32))
    assert largest(limits) is Cause.SKEW


def test_few_items_that_do_not_divide_are_uneven() -> None:
    limits = of_advice(profile(item_s=1.0, sampled=1, left=4, spread=0.0, longest_s=1.0))

    uneven = next(part for part in limits.parts if part.cause is Cause.UNEVEN)
    assert uneven.time_s == pytest.approx(0.5, rel=0.1)


def test_reading_that_only_the_caller_does_is_told_apart_from_sending() -> None:
    read = replace(LONG, inherited=False, read_s=0.8e-3)

    causes = {part.cause: part.time_s for part in of_decision(read, Options(n_jobs=2)).parts}
    assert causes[Cause.READING] > 10 * causes.get(Cause.TRANSFER, 0.0)


def test_beside_the_plain_loop_the_nearest_pool_is_told_of() -> None:
    limits = of_advice(replace(LONG, result=BIG))

    assert isinstance(limits.candidate, PoolCandidate)
    assert limits.candidate.n_jobs == 2
    assert limits.total_s > 1.0


def test_workers_that_were_asked_for_are_what_limits() -> None:
    limits = of_decision(LONG, Options(n_jobs=2), cores=8)

    assert largest(limits) is Cause.WORKERS
    assert next(part.at_once for part in limits.parts) == 2


def test_without_any_possible_pool_there_is_nothing_to_take_apart() -> None:
    stuck = replace(LONG, carries="a socket")
    case = Case(profile=stuck, situation=TWO_CORES, options=DEFAULT_OPTIONS)

    assert limits_of_advice(advise(stuck, TWO_CORES, DEFAULT_OPTIONS), case) is None
    assert limits_of_decision(decide(stuck, TWO_CORES, DEFAULT_OPTIONS), case) is None
