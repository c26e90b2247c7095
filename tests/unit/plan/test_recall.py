from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amorsize.plan.recall import (
    DOUBT,
    MOST_PAST,
    contradicts,
    filled_in,
    learned_from,
    profile_from,
    remaining_from,
    turned_out_otherwise,
)
from amorsize.vocab.estimate import Measured
from amorsize.vocab.plan import Candidate, Decision, EngineKind, Makespan
from amorsize.vocab.profile import CannotTravel, GilUse, NotMeasured, Profile, Transfer
from amorsize.vocab.record import RunRecord
from amorsize.vocab.situation import Situation

TRAVEL = Transfer(dumps_s=1e-5, loads_s=1e-5, size_bytes=100, out_of_band_bytes=0, sampled=16)

PROFILE = Profile(
    sampled=20,
    items_left=980,
    first_s=3e-3,
    mean_s=1e-3,
    spread=0.2,
    longest_s=3e-3,
    wall_s=22e-3,
    cpu_s=11e-3,
    process_cpu_s=44e-3,
    waits=10,
    preemptions=40,
    remaining=Measured(median_s=0.98, low_s=0.9, high_s=1.1, samples=20),
    result=TRAVEL,
    gil=GilUse(free_share=0.1, ticks=9),
    read_s=1e-5,
    item_kind="builtins.int",
    item_bytes=28,
)

DECISION = Decision(
    chosen=Candidate(engine=EngineKind.TEAM, workers=2, chunk=10),
    expected=Makespan(startup_s=0.1, compute_s=0.4, dispatch_s=0, transfer_s=0, tail_s=0),
    serial_s=0.98,
    speedup_low=1.8,
    speedup=1.9,
    speedup_high=2.0,
)

RUN = RunRecord(
    items=1000,
    engine=EngineKind.TEAM,
    workers=2,
    wall_s=0.6,
    work_s=1.2,
    serial_items=20,
    decision=DECISION,
    profile=PROFILE,
)


def test_a_sample_is_remembered_by_shares_and_means() -> None:
    learned = learned_from(PROFILE, situation=Situation(cores=2, heap_bytes=7), by_name=True)

    assert (learned.sampled, learned.runs, learned.items) == (20, 1, 1000)
    assert (learned.cpu_share, learned.process_cpu_share) == (0.5, 2.0)
    assert (learned.waits_per_call, learned.preemptions_per_call) == (0.5, 2.0)
    assert (learned.heap_bytes, learned.engine, learned.past) == (7, None, ())
    assert learned_from(replace(PROFILE, items_left=None)).items is None


def test_the_same_sample_comes_back_for_the_same_items() -> None:
    back = profile_from(learned_from(PROFILE), items=1000)

    same = ("sampled", "items_left", "mean_s", "spread", "longest_s", "waits", "preemptions")
    assert all(getattr(back, name) == getattr(PROFILE, name) for name in same)
    facts = ("result", "argument", "gil", "inherited", "read_s", "item_bytes")
    assert all(getattr(back, name) == getattr(PROFILE, name) for name in facts)
    assert back.remaining.median_s == pytest.approx(0.98)
    assert back.cpu_share == pytest.approx(0.5)


@given(st.integers(1, 10**9))
def test_sampled_and_left_are_all_items_and_their_time_is_as_the_mean_says(items: int) -> None:
    back = profile_from(learned_from(PROFILE), items=items)

    assert back.items_left is not None
    assert back.sampled + back.items_left == items
    assert back.wall_s + back.remaining.median_s == pytest.approx(items * 1e-3)
    assert back.remaining.low_s <= back.remaining.median_s <= back.remaining.high_s


@pytest.mark.parametrize("items", [2, 20, 1000])
def test_items_that_have_all_been_run_before_are_not_known_to_cost_the_same(items: int) -> None:
    back = profile_from(learned_from(PROFILE, run=replace(RUN, items=items)), items=items)

    whole_s = back.wall_s + back.remaining.median_s
    assert back.wall_s + back.remaining.high_s > 1.05 * whole_s
    assert back.wall_s + back.remaining.low_s < 0.95 * whole_s


def test_an_input_without_a_length_is_as_long_as_the_last_one() -> None:
    learned = learned_from(PROFILE)

    assert profile_from(learned, items=None).items_left == 980
    unknown = profile_from(replace(learned, items=None), items=None)
    assert (unknown.items_left, unknown.sampled) == (None, 20)
    assert unknown.remaining.median_s == pytest.approx(20e-3)


def test_the_interval_follows_from_spread_and_count_and_never_closes() -> None:
    learned = learned_from(PROFILE)

    def width(**changes: float) -> float:
        left = remaining_from(replace(learned, **changes), 1000)  # type: ignore[arg-type]  # fields by name
        return (left.high_s - left.low_s) / left.median_s

    assert width(spread=0.2) < width(spread=0.5)
    assert width(sampled=20) > width(sampled=10**9) > 2 * DOUBT
    assert width(sampled=1, spread=0.0) > width(sampled=3, spread=0.0)


def test_a_trend_is_foretold_for_what_is_left() -> None:
    assert remaining_from(replace(learned_from(PROFILE), trend=2.0), 10).median_s == 0.02


def test_the_function_travels_as_it_was_measured_to() -> None:
    cannot = CannotTravel("function", "a lambda")
    learned = learned_from(replace(PROFILE, function=cannot), by_name=True)

    assert profile_from(learned, items=9, by_name=True).function == cannot
    assert profile_from(learned, items=9, by_name=False).function == NotMeasured()


def test_what_depends_on_where_items_lie_is_forgotten_where_they_lie_elsewhere() -> None:
    back = profile_from(learned_from(PROFILE), items=9, inherited=False)

    assert (back.inherited, back.read_s, back.item_bytes) == (False, None, 0)


def test_a_run_makes_the_mean_that_of_all_items_and_keeps_what_was_foretold() -> None:
    learned = learned_from(replace(PROFILE, trend=2.0), run=RUN)

    assert (learned.sampled, learned.items) == (1000, 1000)
    assert (learned.mean_s, learned.trend) == (1.2e-3, 1.0)
    assert (learned.engine, learned.workers) == (EngineKind.TEAM, 2)
    (past,) = learned.past
    assert (past.predicted_s, past.actual_s, past.engine) == (0.522, 0.6, EngineKind.TEAM)
    serial = replace(RUN, decision=None)
    assert learned_from(PROFILE, run=serial).past == ()


def test_later_runs_add_to_the_account_and_only_the_latest_are_kept() -> None:
    learned = None
    for _ in range(MOST_PAST + 5):
        learned = learned_from(PROFILE, run=RUN, before=learned)

    assert learned is not None
    assert (learned.runs, len(learned.past)) == (MOST_PAST + 5, MOST_PAST)


def test_what_this_time_was_not_measured_stays_known() -> None:
    before = learned_from(PROFILE, run=RUN)
    poor = replace(PROFILE, result=NotMeasured(), gil=None, read_s=None)

    learned = learned_from(poor, before=before)

    assert (learned.result, learned.gil, learned.read_s) == (TRAVEL, PROFILE.gil, 1e-5)
    assert (learned.engine, learned.past) == (EngineKind.TEAM, before.past)


def test_what_was_learned_on_items_of_another_kind_does_not_stay() -> None:
    before = learned_from(PROFILE, run=RUN)
    others = replace(PROFILE, item_kind="builtins.list", gil=None)

    learned = learned_from(others, before=before)

    assert (learned.item_kind, learned.gil, learned.past) == ("builtins.list", None, ())


@pytest.mark.parametrize(("wall_s", "stays"), [(0.75, True), (0.8, False)])
def test_threads_that_come_late_make_the_lock_be_looked_at_again(
    wall_s: float, *, stays: bool
) -> None:
    run = replace(RUN, engine=EngineKind.THREADS, wall_s=wall_s)

    assert (learned_from(PROFILE, run=run).gil == PROFILE.gil) is stays
    late = replace(RUN, wall_s=9.0)
    assert learned_from(PROFILE, run=late).gil == PROFILE.gil


def test_a_function_that_changed_is_learned_anew() -> None:
    before = learned_from(PROFILE, run=RUN)
    changed = replace(PROFILE, mean_s=1e-2, result=NotMeasured())

    assert contradicts(before, changed)
    learned = learned_from(changed, before=before, run=RUN)
    assert (learned.result, len(learned.past), learned.runs) == (NotMeasured(), 1, 2)


def test_a_sample_adds_to_a_run_what_it_alone_has_measured() -> None:
    before = learned_from(replace(PROFILE, gil=None), run=RUN)
    cheaper = replace(PROFILE, mean_s=1e-5, argument=TRAVEL)

    learned = learned_from(cheaper, before=before, by_name=True)

    assert (learned.mean_s, learned.sampled, learned.past) == (1.2e-3, 1000, before.past)
    assert (learned.gil, learned.argument) == (PROFILE.gil, TRAVEL)
    assert (learned.function, learned.function_by_name) == (NotMeasured(), False)
    sent = learned_from(replace(cheaper, function=TRAVEL), before=before, by_name=True)
    assert (sent.function, sent.function_by_name) == (TRAVEL, True)


@pytest.mark.parametrize(
    ("mean_s", "sampled", "spread", "changed"),
    [
        (1.0e-3, 20, 0.2, False),
        (1.4e-3, 20, 0.2, False),
        (1.6e-3, 20, 0.2, True),
        (0.6e-3, 20, 0.2, True),
        (1.6e-3, 20, 3.0, False),
        (1.0e-1, 2, 0.2, False),
    ],
)
def test_only_a_clear_difference_speaks_against_what_is_remembered(
    mean_s: float, sampled: int, spread: float, *, changed: bool
) -> None:
    now = replace(PROFILE, mean_s=mean_s, sampled=sampled, spread=spread)

    assert contradicts(learned_from(PROFILE), now) is changed


@pytest.mark.parametrize(
    ("wall", "cpu", "waits", "changed"),
    [
        (3.0, 1.0, 0, False),  # a busy machine
        (3.0, 3.0, 0, True),
        (1.0, 0.3, 0, True),
        (3.0, 1.0, 20, True),  # it waits now, and did not
    ],
)
def test_a_busy_machine_does_not_speak_against_a_function_that_computes(
    wall: float, cpu: float, waits: int, *, changed: bool
) -> None:
    then = replace(PROFILE, waits=0, cpu_s=PROFILE.wall_s)
    now = replace(
        then,
        mean_s=wall * then.mean_s,
        wall_s=wall * then.wall_s,
        cpu_s=cpu * then.cpu_s,
        waits=waits,
    )

    assert contradicts(learned_from(then), now) is changed


@pytest.mark.parametrize(
    ("times", "workers", "items", "changed"),
    [
        (1.0, 2, 1000, False),
        (2.8, 2, 1000, False),  # they share cores
        (3.2, 2, 1000, True),
        (0.6, 2, 1000, True),
        (0.6, 1, 1000, False),  # the calls themselves were looked at
        (0.6, 2, 2, False),
    ],
)
def test_what_workers_ran_speaks_against_what_is_remembered(
    times: float, workers: int, items: int, *, changed: bool
) -> None:
    known = learned_from(PROFILE)
    run = replace(RUN, workers=workers, items=items, work_s=times * known.mean_s * items)

    assert turned_out_otherwise(known, run) is changed


def test_a_profile_is_filled_in_where_it_knows_nothing() -> None:
    learned = learned_from(replace(PROFILE, function=TRAVEL))
    poor = replace(PROFILE, result=NotMeasured(), gil=None, argument=TRAVEL)

    full = filled_in(poor, learned)

    assert full.gil == PROFILE.gil
    assert (full.result, full.function) == (NotMeasured(), NotMeasured())  # other data, perhaps
    assert filled_in(replace(poor, read_s=None, inherited=False), learned).read_s is None
