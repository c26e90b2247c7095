from __future__ import annotations

from dataclasses import replace

import pytest

from amorsize.plan import facts
from amorsize.plan.facts import Case
from amorsize.plan.prices import GIGABYTE
from amorsize.vocab.options import DEFAULT_OPTIONS
from amorsize.vocab.plan import EngineKind
from amorsize.vocab.profile import GilUse, NotMeasured, Profile, Transfer
from amorsize.vocab.situation import Situation
from tests.unit.examples import TWO_CORES, profile, waiting


def case(known: Profile, situation: Situation = TWO_CORES) -> Case:
    return Case(profile=known, situation=situation, options=DEFAULT_OPTIONS)


def test_asking_itself_is_not_taken_for_threads_of_the_function() -> None:
    known = profile()
    asked = replace(known, cpu_s=1.5 * known.wall_s, process_cpu_s=1.5 * known.wall_s)
    spinning = replace(known, process_cpu_s=2.5 * known.wall_s)
    threads = replace(spinning, wall_s=1.0, cpu_s=1.0, process_cpu_s=2.5)

    assert facts.load_of(asked) == facts.load_of(spinning) == 1
    assert facts.load_of(threads) == pytest.approx(2.5)


@pytest.mark.parametrize(
    ("known", "does"),
    [
        (waiting(), True),
        (waiting(cpu_share=0.49), True),
        (waiting(cpu_share=0.5), False),
        (replace(waiting(), preemptions=5), True),
        (replace(waiting(), sampled=11, preemptions=5), False),
        (replace(waiting(), sampled=51), False),
        (profile(waits=100), False),
    ],
)
def test_waiting_is_little_cpu_and_giving_way(known: Profile, does: bool) -> None:
    assert facts.waits(known) is does


def test_unknown_length_is_as_many_again() -> None:
    assert case(replace(profile(sampled=7), items_left=None)).items == 7


def test_few_transfers_are_doubted_and_many_are_not() -> None:
    few = Transfer(dumps_s=2**-20, loads_s=2**-21, size_bytes=0, out_of_band_bytes=0, sampled=10)
    many = replace(few, sampled=1000)
    large = replace(few, dumps_s=2.0, loads_s=1.0, sampled=1)

    assert facts.transfers_of(profile(result=few), EngineKind.TEAM) == (1.5 * 2**-20, 1.5 * 2**-21)
    assert facts.transfers_of(profile(result=many), EngineKind.TEAM) == (2**-20, 2**-21)
    assert facts.transfers_of(profile(result=large), EngineKind.TEAM) == (2.0, 1.0)


def test_what_lies_beside_a_pickle_costs_its_size_and_no_caution() -> None:
    few = Transfer(dumps_s=0.0, loads_s=0.0, size_bytes=3e6, out_of_band_bytes=3e6, sampled=3)
    prices = GIGABYTE

    assert facts.transfers_of(profile(result=few), EngineKind.TEAM) == pytest.approx(
        (3e-3 * prices.copy.median_s, 3e-3 * prices.mapped.median_s)
    )


def test_spawned_workers_are_sent_the_items_too() -> None:
    sent = Transfer(dumps_s=2.0, loads_s=1.0, size_bytes=0, out_of_band_bytes=0, sampled=1000)
    known = profile(result=NotMeasured(), argument=sent)

    assert facts.transfers_of(known, EngineKind.TEAM) == (0, 0)
    assert facts.transfers_of(known, EngineKind.LOKY) == (1.0, 2.0)
    assert facts.transfers_of(known, EngineKind.THREADS) == (0, 0)


def test_large_buffers_are_cheaper_to_fetch_than_copies() -> None:
    copied = Transfer(dumps_s=0, loads_s=0, size_bytes=1e9, out_of_band_bytes=0, sampled=1000)
    mapped = replace(copied, out_of_band_bytes=1e9)

    (_, copied_s), (_, mapped_s) = (
        facts.transfers_of(profile(result=sent), EngineKind.TEAM) for sent in (copied, mapped)
    )

    assert mapped_s < copied_s / 2


@pytest.mark.parametrize(
    ("known", "situation", "engine", "calls"),
    [
        (profile(), Situation(cores=8), EngineKind.TEAM, 8),
        (profile(), Situation(cores=8, quota=2.5), EngineKind.TEAM, 2.5),
        (profile(), Situation(cores=8), EngineKind.THREADS, 1),
        (profile(), Situation(cores=8, gil=False), EngineKind.THREADS, 8),
        (waiting(cpu_share=0.1), Situation(cores=1), EngineKind.THREADS, 10),
        (waiting(cpu_share=0.1), Situation(cores=2), EngineKind.TEAM, 16),
        (
            profile(gil=GilUse(free_share=1, ticks=9, threads_gain=1.5)),
            Situation(cores=8),
            EngineKind.THREADS,
            8,
        ),
    ],
)
def test_sixteen_workers_of_this_kind_are_worth(
    known: Profile, situation: Situation, engine: EngineKind, calls: float
) -> None:
    capacity = facts.capacity_of(case(known, situation), engine)

    assert capacity.of(16, facts.load_of(known)) == pytest.approx(calls)


def test_the_work_left_is_that_of_the_forecast() -> None:
    known = profile(left=10, remaining=replace(profile().remaining, median_s=5.0), longest_s=9.0)

    work = facts.work_of(case(known), EngineKind.TEAM)

    assert (work.items, work.item_s, work.serial_s, work.longest_s) == (10, 0.5, 5.0, 5.0)


def test_a_heavy_function_costs_its_sending() -> None:
    heavy = Transfer(dumps_s=0.02, loads_s=0.01, size_bytes=0, out_of_band_bytes=0, sampled=1000)

    assert facts.shipping_s(profile(function=heavy)) == pytest.approx(0.03)


@pytest.mark.parametrize(
    ("situation", "cpu_share", "free"),
    [
        (Situation(cores=2), 1.0, 2),
        (Situation(cores=2, others=2), 1.0, 1),  # they have one core, the caller the other
        (Situation(cores=2, others=2), 0.6, 5 / 3),
        (Situation(cores=2, others=1), 1.0, 4 / 3),
        (Situation(cores=2, others=60, machine_cores=128), 1.0, 2),
        (Situation(cores=16, others=4), 1.0, 12.8),
        (Situation(cores=2, others=100), 1.0, 1),
    ],
)
def test_who_shares_the_cores_leaves_fewer_of_them(
    situation: Situation, cpu_share: float, free: float
) -> None:
    known = profile(left=100)
    known = replace(known, cpu_s=cpu_share * known.wall_s)
    shared = facts.free_cores(Case(profile=known, situation=situation, options=DEFAULT_OPTIONS))

    assert shared == pytest.approx(free)
