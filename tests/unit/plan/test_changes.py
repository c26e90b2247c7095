"""What would help is what the same model says when that one thing is changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from amorsize.plan.advise import advise
from amorsize.plan.changes import changes_of_advice, changes_of_decision, told_about
from amorsize.plan.choose import decide
from amorsize.plan.facts import Case
from amorsize.plan.tunables import MOST_TOLD, WORTH_TELLING
from amorsize.vocab.limits import Change, Remedy
from amorsize.vocab.options import DEFAULT_OPTIONS, Backend, Options
from amorsize.vocab.profile import GilUse, Profile, Transfer
from amorsize.vocab.situation import Situation
from tests.unit.examples import A_LOCK, CHEAP, TWO_CORES, profile, waiting

if TYPE_CHECKING:
    from amorsize.vocab.plan import Decision

LONG = profile(left=995)
BIG = Transfer(dumps_s=2e-3, loads_s=2e-3, size_bytes=3e6, out_of_band_bytes=0, sampled=99)
HELD = GilUse(free_share=0.1, ticks=30)


def for_advice(known: Profile, **facts: Any) -> dict[Remedy, Change]:
    case = Case(profile=known, situation=replace(TWO_CORES, **facts), options=DEFAULT_OPTIONS)
    found = changes_of_advice(advise(known, case.situation, case.options), case)
    return {change.remedy: change for change in found}


def for_decision(
    known: Profile, options: Options = DEFAULT_OPTIONS, **facts: Any
) -> dict[Remedy, Change]:
    case = Case(profile=known, situation=replace(TWO_CORES, **facts), options=options)
    return {change.remedy: change for change in changes_of_decision(case)}


def test_smaller_results_help_as_much_as_the_model_says() -> None:
    change = for_advice(replace(LONG, result=BIG))[Remedy.SMALLER_RESULTS]

    small = replace(BIG, dumps_s=2e-3 / 3000, loads_s=2e-3 / 3000, size_bytes=1000)
    then = advise(replace(LONG, result=small), TWO_CORES, DEFAULT_OPTIONS)
    assert change.now_s == pytest.approx(1.0)
    assert change.then_s == pytest.approx(then.expected.total_s)
    assert (change.before, change.after) == (3e6, 1000)
    assert 1.8 < change.gain < 2


@pytest.mark.parametrize(
    ("known", "facts", "remedy"),
    [
        (replace(LONG, argument=BIG), {}, Remedy.SMALLER_ITEMS),
        (replace(LONG, gil=HELD, result=BIG), {}, Remedy.FREE_LOCK),
        (replace(LONG, function=A_LOCK), {}, Remedy.PICKLABLE),
        (replace(LONG, carries="a socket"), {}, Remedy.NO_CONNECTION),
        (replace(LONG, returns_its_item=True), {}, Remedy.NEW_VALUES),
        (replace(LONG, longest_s=0.6, spread=19.0), {"cores": 8}, Remedy.EQUAL_CALLS),
        (LONG, {}, Remedy.MORE_CORES),
        (profile(left=20), {}, Remedy.MORE_ITEMS),
        (profile(left=20), {}, Remedy.KEPT_WORKERS),
        (profile(left=55), {"start_method": "spawn"}, Remedy.FORKED_POOL),
        (waiting(), {}, Remedy.MORE_AT_ONCE),
    ],
)
def test_what_would_help_a_pool(known: Profile, facts: dict[str, Any], remedy: Remedy) -> None:
    assert remedy in for_advice(known, **facts)


@pytest.mark.parametrize(
    ("known", "facts", "remedy"),
    [
        (replace(LONG, result=BIG), {}, Remedy.SMALLER_RESULTS),
        (replace(LONG, inherited=False, read_s=0.8e-3), {}, Remedy.FASTER_INPUT),
        (profile(left=95), {"fork_unsafe": "thread X"}, Remedy.SAFE_FORK),
        (profile(left=8), {}, Remedy.MORE_ITEMS),
    ],
)
def test_what_would_help_execute(known: Profile, facts: dict[str, Any], remedy: Remedy) -> None:
    assert remedy in for_decision(known, **facts)


@pytest.mark.parametrize(
    "known", [LONG, waiting(), replace(LONG, result=BIG), profile(item_s=1e-7, left=900)]
)
def test_little_is_not_told_and_the_best_comes_first(known: Profile) -> None:
    case = Case(profile=known, situation=Situation(cores=4), options=DEFAULT_OPTIONS)
    for found in (
        changes_of_advice(advise(known, case.situation, case.options), case),
        changes_of_decision(case),
    ):
        gains = [change.gain for change in found]
        assert gains == sorted(gains, reverse=True)
        assert len(gains) <= MOST_TOLD
        assert all(gain >= WORTH_TELLING for gain in gains)


def test_a_lock_that_is_free_already_is_no_remedy() -> None:
    free = GilUse(free_share=0.9, ticks=30, threads_gain=1.95)

    assert Remedy.FREE_LOCK not in for_advice(replace(LONG, gil=free, result=BIG))


def test_small_things_need_not_be_smaller() -> None:
    found = for_advice(replace(LONG, result=replace(CHEAP, loads_s=1e-3)))

    assert Remedy.SMALLER_RESULTS not in found


def test_what_was_asked_for_stays_asked_for() -> None:
    assert for_decision(LONG, Options(n_jobs=1)) == {}
    assert Remedy.MORE_AT_ONCE not in for_decision(waiting(), Options(n_jobs=4))


def test_what_could_not_be_started_is_not_weighed() -> None:
    options = Options(backend=Backend.PROCESSES, n_jobs=2)

    assert for_decision(LONG, options, spawn_impossible="no memory", fork_unsafe="none") == {}


def told(decision: Decision | None, known: Profile | None, situation: Situation | None) -> object:
    return told_about(decision, profile=known, situation=situation, options=DEFAULT_OPTIONS)


def test_nothing_is_told_where_nothing_was_measured() -> None:
    decision = decide(LONG, TWO_CORES, DEFAULT_OPTIONS)

    assert told(decision, None, TWO_CORES) == (None, ())
    assert told(decision, LONG, None) == (None, ())
    assert told(None, LONG, TWO_CORES) == (None, ())
