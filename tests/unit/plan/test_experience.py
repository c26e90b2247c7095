"""What runs have shown of the machine prices starts and corrects predictions of other functions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amorsize.plan.choose import decide
from amorsize.plan.experience import (
    MOST_FUNCTIONS,
    MOST_STARTS,
    machine_correction,
    start_ratio,
    with_run,
    with_start,
)
from amorsize.plan.hindsight import correction_of
from amorsize.plan.prices import ASSUMED, BELIEVABLE, price_of
from amorsize.stats.shrinkage import MOST, RUNS_OF_DOUBT
from amorsize.vocab.estimate import Assumed, Measured
from amorsize.vocab.foretold import Foretold
from amorsize.vocab.options import DEFAULT_OPTIONS
from amorsize.vocab.plan import Candidate, EngineKind
from amorsize.vocab.situation import Experience, Priced, Situation
from tests.support.calibrated import calibration
from tests.unit.examples import TWO_CORES, profile

NOTHING = Experience(starts={}, runs={}, timestamp=0.0, system_info={}, cache_version=2)
TEAM_OF_THREE = Candidate(engine=EngineKind.TEAM, workers=3, chunk=1)
THREADS = Candidate(engine=EngineKind.THREADS, workers=3, chunk=1)
LONG = profile(left=995)


def started(*ratios: float) -> Situation:
    known = NOTHING
    for ratio in ratios:
        known = with_start(known, EngineKind.TEAM, TWO_CORES, ratio=ratio)
    return replace(TWO_CORES, experience=known)


def seen(*ratios: float, engine: EngineKind = EngineKind.TEAM) -> Situation:
    known = NOTHING
    for number, ratio in enumerate(ratios):
        known = with_run(known, engine, f"function {number}", ratio=ratio)
    return replace(TWO_CORES, experience=known)


@pytest.mark.parametrize("candidate", [TEAM_OF_THREE, THREADS])
def test_a_start_is_held_against_the_table_whatever_is_known(candidate: Candidate) -> None:
    price = ASSUMED[Priced.TEAM if candidate is TEAM_OF_THREE else Priced.THREADS]
    more_s = 2 * price.per_worker.median_s if candidate is TEAM_OF_THREE else price.delay.median_s
    calibrated = replace(started(3.0), calibration=calibration({Priced.TEAM: 7.0}))

    for around in (TWO_CORES, calibrated):
        ratio = start_ratio(candidate, around, 2 * (price.blocking.median_s + more_s))
        assert ratio == pytest.approx(2.0)


def test_what_starts_took_is_measured_from_then_on() -> None:
    assumed, price = ASSUMED[Priced.TEAM], price_of(EngineKind.TEAM, started(4.0, 4.0, 4.0))

    assert isinstance(price.blocking, Measured)
    assert isinstance(price.per_worker, Measured)
    assert price.blocking.samples == 3
    assert price.blocking.median_s == pytest.approx(4 ** (3 / 4) * assumed.blocking.median_s)
    assert price.delay == assumed.delay
    assert isinstance(price.per_chunk, Assumed)


def test_one_slow_start_changes_little() -> None:
    usual, slow = (
        price_of(EngineKind.TEAM, started(*ratios)).blocking.median_s
        for ratios in ([1.0] * 6, [1.0] * 5 + [25.0])
    )

    assert slow == pytest.approx(usual)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=40))
def test_no_start_makes_a_price_unbelievable_or_disordered(ratios: list[float]) -> None:
    price = price_of(EngineKind.TEAM, started(*ratios)).blocking
    assumed_s = ASSUMED[Priced.TEAM].blocking.median_s

    assert isinstance(price, Measured)
    assert price.low_s <= price.median_s <= price.high_s
    assert assumed_s / BELIEVABLE < price.median_s < assumed_s * BELIEVABLE
    assert price.samples <= MOST_STARTS


def test_what_was_calibrated_is_believed_before_what_runs_have_shown() -> None:
    around = replace(started(9.0), calibration=calibration({Priced.TEAM: 2.0}))

    calibrated = ASSUMED[Priced.TEAM].blocking.median_s * 2
    assert price_of(EngineKind.TEAM, around).blocking.median_s == pytest.approx(calibrated)


def test_dear_starts_keep_short_work_in_the_loop() -> None:
    short = profile(left=55)

    assert decide(short, started(1.0), DEFAULT_OPTIONS).is_parallel
    assert not decide(short, started(*[25.0] * 9), DEFAULT_OPTIONS).is_parallel


def test_runs_of_other_functions_correct_a_new_one() -> None:
    around = seen(1.5, 1.5, 1.5)
    factor = 1.5 ** (3 / (3 + RUNS_OF_DOUBT))

    assert correction_of(LONG, {EngineKind.TEAM}, around) == pytest.approx(factor)
    assert correction_of(LONG, {EngineKind.LOKY}, around) == 1
    uncorrected = decide(LONG, TWO_CORES, DEFAULT_OPTIONS).expected.total_s
    corrected = decide(LONG, around, DEFAULT_OPTIONS).expected.total_s
    assert corrected == pytest.approx(factor * uncorrected)


def test_the_more_a_function_has_run_the_less_others_say_of_it() -> None:
    own = Foretold(predicted_s=1.0, actual_s=1.0, engine=EngineKind.TEAM, modelled_s=1.0)
    factors = [
        correction_of(replace(LONG, past=(own,) * runs), {EngineKind.TEAM}, seen(*[1.8] * 9))
        for runs in (0, 1, 5, 20)
    ]

    assert factors == sorted(factors, reverse=True)
    assert factors[0] > 1.5
    assert 1 < factors[-1] < 1.1


def test_one_function_does_not_speak_for_the_machine_however_often_it_runs() -> None:
    known = seen(1.0, 1.0, 1.0).experience
    assert known is not None
    for _ in range(50):
        known = with_run(known, EngineKind.TEAM, "the same", ratio=1.9)

    assert len(known.runs[EngineKind.TEAM]) == 4
    assert machine_correction(replace(TWO_CORES, experience=known), {EngineKind.TEAM}) == 1


def test_one_strange_run_does_not_ruin_it() -> None:
    strange, usual = seen(1.1, 1.1, 1.1, 90.0), seen(1.1, 1.1, 1.1, 1.1)

    factors = [machine_correction(one, {EngineKind.TEAM}) for one in (strange, usual)]
    assert factors[0] == pytest.approx(factors[1])


@given(st.lists(st.floats(0, 1e9), max_size=60))
def test_it_is_bounded_and_forgets_the_oldest(ratios: list[float]) -> None:
    around = seen(*ratios)
    assert around.experience is not None

    assert 1 / MOST < machine_correction(around, {EngineKind.TEAM}) < MOST
    kept = around.experience.runs.get(EngineKind.TEAM, {})
    assert [*kept.values()] == ratios[-MOST_FUNCTIONS:]


def test_without_any_run_the_model_stands() -> None:
    assert machine_correction(None, set(EngineKind)) == 1
    assert machine_correction(TWO_CORES, set(EngineKind)) == 1
