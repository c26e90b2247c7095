from __future__ import annotations

import pytest

from amorsize.report.limits import change_line, change_name, limit_lines
from amorsize.vocab.advice import PoolCandidate, PoolKind
from amorsize.vocab.limits import Cause, Change, Limit, Limits, Remedy

POOL = PoolCandidate(kind=PoolKind.PROCESSES, n_jobs=2, chunksize=8)


def limits(**times_s: float) -> Limits:
    parts = (Limit(cause=Cause[name], time_s=time_s, at_once=2) for name, time_s in times_s.items())
    return Limits(candidate=POOL, parts=tuple(parts))


def test_large_parts_are_told_one_by_one_and_small_ones_together() -> None:
    lines = limit_lines(limits(CORES=0.9, START_UP=0.06, HAND_OUT=0.02, SKEW=0.02))

    assert lines == [
        ("cores", "90.0% (900 ms): the calls themselves, 2 at once on all cores"),
        ("start-up", "6.0% (60.0 ms): workers are made, and ended"),
        ("the rest", "4.0% (40.0 ms)"),
    ]


def test_there_need_be_no_rest() -> None:
    assert [name for name, _ in limit_lines(limits(LOCK=1.0))] == ["interpreter lock"]


@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_has_a_meaning(cause: Cause) -> None:
    (line,) = limit_lines(limits(**{cause.name: 1.0}))

    assert line[0] == cause.value
    assert line[1].startswith("100.0% (1.00 s): ")


@pytest.mark.parametrize("remedy", list(Remedy))
def test_every_remedy_has_words_of_its_own(remedy: Remedy) -> None:
    change = Change(remedy=remedy, before=3e6, after=1e3, what="X", now_s=2.0, then_s=1.0)

    others = {
        change_name(Change(remedy=other, before=3e6, after=1e3, what="X", now_s=2.0, then_s=1.0))
        for other in Remedy
        if other is not remedy
    }
    assert change_name(change) not in others
    assert "2.00 times faster" in change_line(change)


def test_a_change_is_told_with_what_it_gains() -> None:
    change = Change(remedy=Remedy.SMALLER_RESULTS, before=3e6, after=1e3, now_s=1.9, then_s=1.0)

    assert change_line(change) == (
        "returning 1.00 KB instead of 3.00 MB: 1.00 s instead of 1.90 s, 1.90 times faster"
    )


def test_more_items_are_counted_by_item() -> None:
    change = Change(remedy=Remedy.MORE_ITEMS, before=60, after=120, now_s=1.5, then_s=1.0)

    assert change_line(change) == ("twice as many items, 120: 1.50 times faster, counted by item")


def test_a_change_to_no_time_at_all_gains_nothing_that_can_be_told() -> None:
    assert Change(remedy=Remedy.MORE_CORES, now_s=0.0, then_s=0.0).gain == 1
