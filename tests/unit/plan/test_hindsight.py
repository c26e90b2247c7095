"""Runs correct the prediction of the next one, by the model's error alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from amorsize.plan.advise import advise
from amorsize.plan.choose import decide
from amorsize.plan.hindsight import correction_of, foretold, predicted_for, serial_for
from amorsize.plan.recall import learned_from, profile_from, profile_of_run
from amorsize.vocab.foretold import Foretold
from amorsize.vocab.options import DEFAULT_OPTIONS
from amorsize.vocab.plan import EngineKind
from amorsize.vocab.record import RunRecord
from tests.unit.examples import TWO_CORES, profile

if TYPE_CHECKING:
    from amorsize.vocab.profile import Profile

LONG = profile(left=995)


def ran(known: Profile, *, times: float = 1.0, work: float = 1.0, **facts: Any) -> RunRecord:
    """A run that took ``times`` what the model gives, for ``work`` times the work expected."""
    decision = decide(known, TWO_CORES, DEFAULT_OPTIONS)
    alone = decision.expected.times(1 / correction_of(known, {decision.chosen.engine}))
    work_s = work * (alone.compute_s + alone.tail_s)
    modelled_s = alone.startup_s + work_s + alone.dispatch_s + alone.transfer_s
    record = RunRecord(
        items=1000,
        engine=decision.chosen.engine,
        workers=decision.chosen.workers,
        wall_s=times * (known.wall_s + modelled_s),
        work_s=known.wall_s + work * decision.serial_s,
        serial_items=5,
        decision=decision,
        profile=known,
        situation=TWO_CORES,
    )
    return replace(record, **facts)


def after(*ratios: float, engine: EngineKind = EngineKind.TEAM) -> Profile:
    runs = (
        Foretold(predicted_s=1.0, actual_s=ratio, engine=engine, modelled_s=1.0) for ratio in ratios
    )
    return replace(LONG, past=tuple(runs))


def test_a_run_is_kept_with_its_engine_and_what_the_model_gives() -> None:
    (kept,) = foretold(ran(LONG, times=1.5))

    assert kept.engine is EngineKind.TEAM
    assert kept.actual_s == pytest.approx(1.5 * kept.predicted_s)
    assert kept.modelled_s == pytest.approx(kept.predicted_s)


def test_work_that_turned_out_otherwise_is_no_error_of_the_model() -> None:
    (kept,) = foretold(ran(LONG, work=1.4))

    assert kept.actual_s > 1.3 * kept.predicted_s
    assert kept.modelled_s == pytest.approx(kept.actual_s)


@pytest.mark.parametrize("facts", [{"workers": 7}, {"work_s": 1e-6}])
def test_another_run_than_was_foretold_says_nothing_about_the_model(facts: dict[str, Any]) -> None:
    (kept,) = foretold(ran(LONG, **facts))

    assert kept.modelled_s is None
    unknown = replace(LONG, items_left=None)
    assert [run.modelled_s for run in foretold(ran(unknown))] in ([None], [])


def test_a_run_that_the_caller_only_watched_was_not_foretold() -> None:
    assert foretold(ran(LONG, engine=EngineKind.WATCHED)) == ()


def test_the_plain_loop_was_not_foretold() -> None:
    assert foretold(ran(profile(left=3))) == ()
    assert foretold(replace(ran(LONG), decision=None)) == ()


def test_corrections_do_not_add_up_over_runs() -> None:
    known = LONG
    for _ in range(20):
        known = replace(known, past=(*known.past, *foretold(ran(known, times=1.5))))

    ratios = {round(run.actual_s / (run.modelled_s or 1), 6) for run in known.past}
    assert ratios == {1.5}
    assert correction_of(known, {EngineKind.TEAM}) == pytest.approx(1.5 ** (20 / 23))


def test_the_next_decision_is_corrected_in_all_its_parts() -> None:
    before = decide(LONG, TWO_CORES, DEFAULT_OPTIONS)
    known = after(1.2, 1.2, 1.2)
    now = decide(known, TWO_CORES, DEFAULT_OPTIONS)

    factor = correction_of(known, {EngineKind.TEAM})
    assert now.expected.total_s == pytest.approx(factor * before.expected.total_s)
    assert now.speedup_low == pytest.approx(before.speedup_low / factor)
    assert now.serial_s == before.serial_s


def test_advice_for_pools_of_the_same_kind_is_corrected_with_its_interval() -> None:
    before, known = advise(LONG, TWO_CORES, DEFAULT_OPTIONS), after(1.2, 1.2, 1.2)
    now = advise(known, TWO_CORES, DEFAULT_OPTIONS)

    factor = correction_of(known, {EngineKind.TEAM})
    for name in ("low_s", "high_s"):
        assert getattr(now, name) == pytest.approx(factor * getattr(before, name))
    assert now.expected.total_s == pytest.approx(factor * before.expected.total_s)


def test_runs_of_another_kind_correct_nothing() -> None:
    for engine in (EngineKind.THREADS, EngineKind.LOKY):
        now = decide(after(1.2, 1.2, engine=engine), TWO_CORES, DEFAULT_OPTIONS)

        assert now.expected == decide(LONG, TWO_CORES, DEFAULT_OPTIONS).expected


def test_what_was_stored_before_engines_were_kept_corrects_nothing() -> None:
    old = replace(LONG, past=(Foretold(predicted_s=1.0, actual_s=2.0),))

    assert correction_of(old, set(EngineKind)) == 1


def test_runs_are_remembered_with_the_function() -> None:
    learned = learned_from(LONG, run=ran(LONG, times=1.5))

    assert profile_from(learned, items=1000).past == learned.past != ()


def test_a_run_tells_what_was_foretold_for_it() -> None:
    predicted, serial = predicted_for(ran(LONG)), serial_for(ran(LONG))

    assert predicted is not None
    assert serial is not None
    assert predicted.low_s < predicted.median_s < predicted.high_s
    assert serial.low_s < serial.median_s == pytest.approx(1.0)
    assert predicted_for(replace(ran(LONG), decision=None)) is None
    assert serial_for(replace(ran(LONG), profile=None)) is None
    empty = replace(LONG, remaining=replace(LONG.remaining, low_s=0.0))
    least = predicted_for(ran(empty))
    assert least is not None
    assert LONG.wall_s <= least.low_s < 0.1


def test_a_run_is_seen_as_it_turned_out() -> None:
    seen = profile_of_run(ran(LONG, times=1.5, work=2.0), LONG)

    assert (seen.sampled, seen.items_left) == (100, 900)
    assert seen.mean_s == pytest.approx(2e-3, rel=0.01)
    assert seen.remaining.low_s < seen.remaining.median_s < seen.remaining.high_s
    assert len(seen.past) == 1
