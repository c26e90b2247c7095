from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amorsize.errors import BackendRefusedError
from amorsize.plan.choose import could_pay, decide, is_long_enough
from amorsize.plan.pays import is_firm
from amorsize.vocab.estimate import Measured
from amorsize.vocab.options import DEFAULT_OPTIONS, Backend, Options
from amorsize.vocab.plan import (
    CannotCross,
    CarriesConnection,
    ChangesItsItem,
    CostlyReading,
    CostlyTransfer,
    Decision,
    EngineKind,
    ForkUnsafe,
    GainTooSmall,
    HoldsTheLock,
    Nested,
    NotForced,
    OneCore,
    Rejection,
    Slower,
    StartTooDear,
    TooShort,
    Untried,
    UsesItsCores,
)
from amorsize.vocab.profile import CannotTravel, GilUse, Profile, Transfer
from amorsize.vocab.situation import Situation
from tests.unit.examples import A_LOCK, CHEAP, TWO_CORES, profile, seen, waiting

LOKY, SERIAL, TEAM, THREADS = (
    EngineKind.LOKY,
    EngineKind.SERIAL,
    EngineKind.TEAM,
    EngineKind.THREADS,
)
FREE = GilUse(free_share=0.9, ticks=30, threads_gain=1.9)
HELD = GilUse(free_share=0.1, ticks=30)
LONG = profile(item_s=10e-3, left=1000)
COSTLY = Transfer(dumps_s=1e-3, loads_s=1e-3, size_bytes=50, out_of_band_bytes=0, sampled=9)


def auto(known: Profile, **facts: Any) -> Decision:
    return decide(known, replace(TWO_CORES, **facts), DEFAULT_OPTIONS)


def reasons(decision: Decision, engine: EngineKind) -> list[Rejection]:
    return [lost.reason for lost in decision.rejected if lost.candidate.engine is engine]


@pytest.mark.parametrize(
    ("known", "facts", "engine"),
    [
        (profile(left=55), {}, TEAM),
        (LONG, {}, TEAM),
        (profile(item_s=10e-3, sampled=20, left=1000), {"fork_unsafe": "a thread runs"}, LOKY),
        (LONG, {"fork_unsafe": "a thread runs", "spawned_warm": True}, LOKY),
        (replace(LONG, gil=FREE), {}, THREADS),
        (replace(LONG, gil=FREE, returns_its_item=True), {}, THREADS),
        (replace(LONG, gil=HELD), {}, TEAM),
        (replace(LONG, gil=FREE, result=A_LOCK), {}, THREADS),
        (waiting(), {}, THREADS),
        (waiting(), {"cores": 1}, THREADS),
        (waiting(item_s=1e-3, left=60), {}, THREADS),
        (replace(waiting(left=20), sampled=1, waits=1, wall_s=20e-3, cpu_s=1e-3), {}, THREADS),
        (replace(profile(sampled=30, left=30), items_left=None), {}, TEAM),
        (LONG, {"cores": 4, "quota": 1.5}, TEAM),
        (profile(item_s=33e-3, sampled=1, left=2), {}, TEAM),
    ],
)
def test_it_must_pay(known: Profile, facts: dict[str, Any], engine: EngineKind) -> None:
    decision = auto(known, **facts)

    assert decision.chosen.engine is engine
    assert 1 < decision.speedup_low <= decision.speedup * 1.001
    assert decision.speedup <= decision.speedup_high * 1.001


@pytest.mark.parametrize(
    ("known", "facts", "engine", "why"),
    [
        (profile(left=8), {}, TEAM, GainTooSmall),
        (profile(left=200, wall_s=100e-6), {}, TEAM, Untried),
        (profile(item_s=33e-3, sampled=1, left=17), {}, TEAM, Untried),
        (profile(left=12, item_s=1e-3), {"heap_bytes": 3 * 10**9}, TEAM, GainTooSmall),
        (profile(left=15), {}, TEAM, StartTooDear),
        (profile(left=1000, result=COSTLY), {}, TEAM, CostlyTransfer),
        (profile(left=1000, inherited=False, argument=COSTLY), {}, TEAM, CostlyTransfer),
        (profile(left=1000, inherited=False, read_s=0.9e-3), {}, TEAM, CostlyReading),
        (profile(item_s=0.5e-6, left=10**6, gil=FREE, result=A_LOCK), {}, THREADS, TooShort),
        (LONG, {"cores": 1}, TEAM, OneCore),
        (LONG, {"quota": 1.1}, TEAM, OneCore),
        (replace(LONG, wall_s=1.0, cpu_s=1.0, process_cpu_s=1.9), {}, TEAM, UsesItsCores),
        (replace(LONG, carries="a socket"), {}, TEAM, CarriesConnection),
        (replace(waiting(), carries="a socket"), {}, THREADS, CarriesConnection),
        (replace(LONG, returns_its_item=True), {}, TEAM, ChangesItsItem),
        (replace(LONG, result=A_LOCK), {}, TEAM, CannotCross),
        (replace(LONG, result=A_LOCK), {}, LOKY, CannotCross),
        (replace(LONG, gil=HELD, result=A_LOCK), {}, THREADS, HoldsTheLock),
        (LONG, {"nested_in": "a worker"}, TEAM, Nested),
        (waiting(), {"nested_in": "a worker"}, THREADS, Nested),
        (LONG, {"spawn_impossible": "a daemonic worker"}, TEAM, CannotCross),
        (profile(left=200, sampled=20), {"fork_unsafe": "a thread"}, LOKY, GainTooSmall),
        (replace(LONG, function=A_LOCK), {"fork_unsafe": "a thread"}, LOKY, CannotCross),
        (replace(LONG, argument=A_LOCK), {"fork_unsafe": "a thread"}, LOKY, CannotCross),
    ],
)
def test_it_must_stay_serial(
    known: Profile, facts: dict[str, Any], engine: EngineKind, why: type[Rejection]
) -> None:
    decision = auto(known, **facts)

    assert decision.chosen.engine is SERIAL
    assert decision.speedup == 1
    assert [type(reason) for reason in reasons(decision, engine)] == [why]


def test_sixty_milliseconds_start_a_team_within_four() -> None:
    for item_s in (0.2e-3, 0.5e-3, 1e-3):
        items = round(60e-3 / item_s)
        ran = next(n for n in range(1, items) if auto(after(n, item_s, items)).is_parallel)

        assert ran * item_s <= 4e-3


def test_ten_long_items_are_decided_after_two_at_most() -> None:
    assert auto(after(2, 0.1, 10)).is_parallel


def after(ran: int, item_s: float, items: int) -> Profile:
    """What is known after so many equal items."""
    left = items - ran
    known = seen([item_s] * ran).forecast(left=left, position=ran, length=items)
    return profile(item_s=item_s, sampled=ran, left=left, remaining=known.remaining)


def test_a_busy_machine_is_not_taken_for_waiting() -> None:
    preempted = replace(waiting(cpu_share=0.4), preemptions=60)
    stolen = replace(waiting(cpu_share=0.4), waits=0)

    assert auto(preempted).chosen.engine is TEAM
    assert auto(stolen).chosen.engine is TEAM


def test_where_others_keep_the_cores_busy_what_gains_little_stays_alone() -> None:
    known = profile(left=2000, result=replace(CHEAP, dumps_s=0.2e-3, loads_s=0.2e-3, sampled=10))
    busy = replace(TWO_CORES, others=2)

    assert decide(known, TWO_CORES, DEFAULT_OPTIONS).chosen.engine is TEAM
    assert decide(known, busy, DEFAULT_OPTIONS).chosen.engine is EngineKind.SERIAL
    crowded = replace(known, cpu_s=0.6 * known.wall_s)  # the caller shares its core already
    assert decide(crowded, busy, DEFAULT_OPTIONS).chosen.engine is TEAM
    assert decide(waiting(), busy, DEFAULT_OPTIONS).chosen.engine is EngineKind.THREADS


def test_waiting_starts_many_threads_and_computing_between_fewer() -> None:
    idle, busy = (auto(waiting(cpu_share=share)).chosen for share in (0.02, 0.3))

    assert idle.workers == 32
    assert 2 < busy.workers < 8


def test_waiting_without_threads_uses_a_few_processes_per_core() -> None:
    chosen = decide(waiting(), TWO_CORES, Options(prefer_threads_for_io=False)).chosen

    assert chosen.engine is TEAM
    assert chosen.workers == 8


def test_many_cores_are_used_as_far_as_they_pay() -> None:
    many = Situation(cores=128)
    short, long = (
        decide(known, many, DEFAULT_OPTIONS).chosen.workers
        for known in (profile(left=500), profile(item_s=10e-3, left=100_000))
    )
    fetched = profile(left=100_000, result=replace(CHEAP, loads_s=30e-6, sampled=10))

    assert 8 <= short <= 40
    assert long > 100
    assert 24 <= decide(fetched, many, DEFAULT_OPTIONS).chosen.workers <= 48  # w / r is 33


def test_where_the_lock_would_be_crowded_many_cores_are_used_by_processes() -> None:
    """A tenth of each call computes: ten threads overlap, or a process for each core."""
    tenth = waiting(cpu_share=0.1)

    two, many = (decide(tenth, Situation(cores=cores), DEFAULT_OPTIONS) for cores in (2, 64))

    assert two.chosen.engine is THREADS
    assert many.chosen.engine is TEAM


def test_threads_do_not_take_what_processes_may_have_one_call_later() -> None:
    first = replace(waiting(cpu_share=0.1), sampled=1, waits=1, wall_s=20e-3, cpu_s=2e-3)

    assert not decide(first, Situation(cores=64), DEFAULT_OPTIONS).is_parallel
    assert decide(first, TWO_CORES, DEFAULT_OPTIONS).chosen.engine is THREADS


def test_certainty_is_waited_for_where_it_lets_many_more_be_started() -> None:
    """With 4 ms sure, three workers may be started; were it 4 s, some eighty would."""
    unsure = Measured(median_s=4.0, low_s=4e-3, high_s=8.0, samples=5)
    early = profile(left=4000, remaining=unsure, wall_s=30e-3)

    assert not decide(early, Situation(cores=128), DEFAULT_OPTIONS).is_parallel
    assert decide(early, TWO_CORES, DEFAULT_OPTIONS).chosen.engine is TEAM


def test_a_run_that_has_earned_its_workers_needs_no_certainty() -> None:
    unsure = Measured(median_s=30e-3, low_s=1e-3, high_s=1.0, samples=5)

    early, late = (auto(profile(left=30, remaining=unsure, wall_s=s)) for s in (5e-3, 50e-3))

    assert not early.is_parallel
    assert late.is_parallel


def test_threads_are_not_chosen_before_they_were_tried() -> None:
    for gil in (None, GilUse(free_share=0.9, ticks=30)):
        decision = auto(replace(LONG, gil=gil))

        assert isinstance(reasons(decision, THREADS)[0], Untried)


def test_what_rules_forking_out_is_named() -> None:
    assert reasons(auto(LONG, fork_unsafe="thread X"), TEAM) == [ForkUnsafe("thread X")]


def test_what_lost_says_by_how_much() -> None:
    decision = auto(LONG)
    loop = decision.rejected[0]

    assert loop.candidate.engine is SERIAL
    assert loop.reason == Slower(decision.serial_s - decision.expected.total_s)


@pytest.mark.parametrize(
    ("options", "engine", "workers"),
    [
        (Options(backend=Backend.PROCESSES), TEAM, 2),
        (Options(backend=Backend.THREADS), THREADS, 2),
        (Options(backend=Backend.THREADS, n_jobs=5), THREADS, 5),
        (Options(n_jobs=3), TEAM, 3),
        (Options(n_jobs=1), SERIAL, 1),
        (Options(backend=Backend.SERIAL), SERIAL, 1),
    ],
)
def test_what_is_forced_is_done(options: Options, engine: EngineKind, workers: int) -> None:
    decision = decide(profile(item_s=1e-6, left=9), TWO_CORES, options)

    assert (decision.chosen.engine, decision.chosen.workers) == (engine, workers)
    assert decision.forced
    assert any(isinstance(lost.reason, NotForced) for lost in decision.rejected)


def test_a_forced_number_is_honoured_on_one_core_and_by_threads_at_last() -> None:
    one_core, stuck = Situation(cores=1), profile(left=9, result=A_LOCK)

    assert decide(LONG, one_core, Options(n_jobs=2)).chosen.workers == 2
    assert decide(stuck, TWO_CORES, Options(n_jobs=2)).chosen.engine is THREADS


def test_a_forced_chunk_is_kept() -> None:
    chosen = decide(LONG, TWO_CORES, Options(chunksize=7)).chosen

    assert (chosen.chunk, chosen.fixed) == (7, True)


@pytest.mark.parametrize(
    ("known", "facts", "options", "words"),
    [
        (
            LONG,
            {"spawn_impossible": "a daemonic worker"},
            Options(backend=Backend.PROCESSES),
            "daem",
        ),
        (replace(LONG, result=A_LOCK), {}, Options(backend=Backend.PROCESSES), "_thread.lock"),
        (
            replace(LONG, function=CannotTravel("the function", "a lambda")),
            {"fork_unsafe": "thread X"},
            Options(backend=Backend.PROCESSES),
            "thread X.*a lambda",
        ),
        (replace(LONG, carries="a socket"), {}, Options(n_jobs=2), "n_jobs=2.*a socket"),
        (LONG, {"nested_in": "a worker"}, Options(backend=Backend.PROCESSES), "inside a worker"),
    ],
)
def test_what_cannot_be_forced_is_refused_with_the_reason(
    known: Profile, facts: dict[str, Any], options: Options, words: str
) -> None:
    with pytest.raises(BackendRefusedError, match=words):
        decide(known, replace(TWO_CORES, **facts), options)


def test_processes_may_be_forced_on_what_auto_would_not() -> None:
    odd = replace(LONG, carries="a socket", returns_its_item=True)
    forced = Options(backend=Backend.PROCESSES)

    assert decide(odd, TWO_CORES, forced).chosen.engine is TEAM


def test_nothing_left_is_serial_even_by_force() -> None:
    assert not decide(profile(left=0), TWO_CORES, Options(n_jobs=2)).is_parallel


@pytest.mark.parametrize(
    ("known", "firm"),
    [
        (replace(LONG, returns_its_item=True), True),
        (profile(left=1000, result=COSTLY), True),
        (profile(left=2), True),
        (profile(left=8), False),
        (profile(left=200, wall_s=100e-6), False),
    ],
)
def test_the_plain_loop_is_a_firm_choice_where_nothing_could_be_faster(
    known: Profile, *, firm: bool
) -> None:
    decision = auto(known)

    assert not decision.is_parallel
    assert is_firm(decision) is firm


def test_short_jobs_are_asked_about_only_if_they_wait() -> None:
    assert not is_long_enough(15e-3, cpu_share=1.0)
    assert is_long_enough(15e-3, cpu_share=0.3)
    assert is_long_enough(25e-3, cpu_share=1.0)


def test_what_is_too_short_to_be_asked_about_would_not_be_given_to_processes() -> None:
    known = profile(item_s=20e-6, sampled=100, left=850)  # 19 ms

    assert auto(known).chosen.engine is EngineKind.SERIAL


def test_the_screen_lets_nothing_pass_that_could_pay() -> None:
    assert not could_pay(2e-3, 1e-3)
    assert could_pay(5e-3, 1e-3)
    assert could_pay(5e-3, 200e-9)
    assert not could_pay(5.0, 50e-9)


@given(
    st.integers(1, 10_000),
    st.integers(0, 100_000),
    st.floats(1e-8, 1),
    st.integers(1, 256),
    st.sampled_from([None, "a thread"]),
)
def test_auto_never_starts_what_is_not_worth_its_start(
    sampled: int, left: int, item_s: float, cores: int, unsafe: str | None
) -> None:
    known = profile(item_s=item_s, sampled=sampled, left=left)

    decision = auto(known, cores=cores, fork_unsafe=unsafe)

    assert decision.expected.total_s <= decision.serial_s * 1.0000001
    if decision.is_parallel:
        assert decision.speedup > 1
        assert decision.chosen.workers <= max(2, min(cores, left))
        assert decision.expected.startup_s <= 0.05 * (known.wall_s + decision.serial_s) + 0.3
