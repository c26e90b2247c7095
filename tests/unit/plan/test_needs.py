from __future__ import annotations

from dataclasses import replace

import pytest

from amorsize.plan.choose import decide
from amorsize.plan.needs import Need, needs, needs_for_pools
from amorsize.vocab.options import DEFAULT_OPTIONS, Backend, Options
from amorsize.vocab.profile import GilUse, NotMeasured, Profile
from amorsize.vocab.situation import Situation
from tests.unit.examples import A_LOCK, TWO_CORES, profile, waiting

HELD = GilUse(free_share=0.1, ticks=30)
FREE = GilUse(free_share=0.9, ticks=30)
UNKNOWN = NotMeasured()
SHORT = profile(left=60, result=UNKNOWN, argument=UNKNOWN, function=UNKNOWN)
LONG = replace(
    profile(item_s=10e-3, sampled=20, left=1000), result=UNKNOWN, argument=UNKNOWN, function=UNKNOWN
)
NO_FORK = replace(TWO_CORES, fork_unsafe="a thread")
SENT = (Need.RESULT_TRANSFER, Need.ARGUMENT_TRANSFER, Need.FUNCTION_TRANSFER)


def asked_about(known: Profile, situation: Situation, options: Options) -> tuple[Need, ...]:
    """What the choice hangs on that would be made now."""
    return needs(decide(known, situation, options), known, situation)


@pytest.mark.parametrize(
    ("known", "situation", "asked"),
    [
        (SHORT, TWO_CORES, (Need.RESULT_TRANSFER,)),
        (
            replace(SHORT, remaining=replace(SHORT.remaining, median_s=5e-3, low_s=4e-3)),
            TWO_CORES,
            (),
        ),
        (profile(left=60), TWO_CORES, ()),
        (profile(item_s=0.1, sampled=1, left=10), TWO_CORES, ()),  # a look would take an item
        (LONG, TWO_CORES, (Need.GIL_USE,)),
        (replace(LONG, gil=HELD), TWO_CORES, (Need.RESULT_TRANSFER,)),
        (replace(LONG, gil=FREE), TWO_CORES, (Need.THREADS_TRIAL,)),
        (replace(LONG, gil=replace(FREE, threads_gain=1.9)), TWO_CORES, ()),
        (replace(LONG, gil=HELD), NO_FORK, SENT),
        (replace(LONG, gil=HELD, result=A_LOCK), TWO_CORES, ()),
        (replace(SHORT, returns_its_item=True), TWO_CORES, (Need.GIL_USE,)),
        (waiting(), TWO_CORES, ()),
        (
            replace(SHORT, inherited=False),
            TWO_CORES,
            (Need.READING, Need.RESULT_TRANSFER, Need.ARGUMENT_TRANSFER),
        ),
        (replace(waiting(), inherited=False), TWO_CORES, ()),
        (replace(profile(left=60), inherited=False, read_s=1e-6), TWO_CORES, ()),
        (LONG, Situation(cores=1), ()),
        (LONG, replace(TWO_CORES, nested_in="a worker"), ()),
        (LONG, replace(TWO_CORES, gil=False), (Need.THREADS_TRIAL,)),
    ],
)
def test_only_what_the_choice_hangs_on_is_asked(
    known: Profile, situation: Situation, asked: tuple[Need, ...]
) -> None:
    assert asked_about(known, situation, DEFAULT_OPTIONS) == asked


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        (Options(n_jobs=1), ()),
        (Options(backend=Backend.THREADS), ()),
        (Options(backend=Backend.PROCESSES), (Need.RESULT_TRANSFER,)),
    ],
)
def test_what_is_forced_raises_fewer_questions(options: Options, asked: tuple[Need, ...]) -> None:
    assert asked_about(LONG, TWO_CORES, options) == asked


@pytest.mark.parametrize(
    ("known", "asked"),
    [
        (LONG, (Need.GIL_USE,)),
        (replace(LONG, gil=FREE), (Need.THREADS_TRIAL,)),
        (replace(LONG, gil=HELD), SENT),
        (replace(LONG, gil=HELD, inherited=False), (Need.READING, *SENT)),
        (profile(item_s=1e-6, left=100, function=UNKNOWN), ()),
        (waiting(), ()),
    ],
)
def test_pools_are_sent_everything(known: Profile, asked: tuple[Need, ...]) -> None:
    assert needs_for_pools(known, TWO_CORES, DEFAULT_OPTIONS) == asked


def test_pools_that_will_be_refused_raise_no_question() -> None:
    known = replace(LONG, result=A_LOCK)

    assert needs_for_pools(known, TWO_CORES, Options(backend=Backend.PROCESSES)) == ()


def test_every_question_asked_in_turn_comes_to_an_end() -> None:
    known, answers = LONG, []
    facts = {
        Need.GIL_USE: {"gil": FREE},
        Need.THREADS_TRIAL: {"gil": replace(FREE, threads_gain=1.0)},
        Need.RESULT_TRANSFER: {"result": A_LOCK},
    }
    while asked := asked_about(known, TWO_CORES, DEFAULT_OPTIONS):
        answers.append(asked)
        known = replace(known, **facts[asked[0]])  # type: ignore[arg-type]  # each fact has its own type

    assert answers == [(Need.GIL_USE,), (Need.THREADS_TRIAL,), (Need.RESULT_TRANSFER,)]
