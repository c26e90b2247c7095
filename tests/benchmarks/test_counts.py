"""Counts are the same on a busy machine: what grows here would cost time everywhere."""

from __future__ import annotations

import os
import pickle
from typing import TYPE_CHECKING

import pytest

from benchmarks.counting.allowed import SYSCALLS, allowed, grown, limits_from
from benchmarks.counting.subjects import ITEMS, SUBJECTS, counted
from benchmarks.counting.syscalls import BEGIN, END, calls_between
from benchmarks.counting.tally import Noted, NotedFunction, Tally, What, counts_of

if TYPE_CHECKING:
    from pathlib import Path

ATTEMPTS = 3
FORKS = {"team", "team-chunks", "team-sent"}


def least_of(name: str) -> dict[str, int]:
    """Count again what has grown: a busy machine can only add to a count."""
    found = counted(name)
    for _ in range(ATTEMPTS - 1):
        if not grown(name, found, allowed()[name]):
            break
        found = counted(name)
    return found


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", SUBJECTS)
def test_no_count_has_grown(name: str) -> None:
    found = least_of(name)

    assert grown(name, found, allowed()[name]) == []
    assert found["calls"] == ITEMS
    assert found["forks"] == int(name in FORKS)
    assert (found["claims"] > 0) is (name in FORKS)


def test_every_subject_has_limits_and_nothing_else_has() -> None:
    assert set(allowed()) == set(SUBJECTS)


def test_a_count_above_its_limit_is_named() -> None:
    assert grown("team", {"calls": 65, "forks": 1}, {"calls": 64, "forks": 1}) == [
        "team: 65 calls, 64 allowed"
    ]
    assert grown("team", {"calls": 64}, {"calls": 64}) == []
    assert grown("team", {"forks": 1}, {}) == ["team: 1 forks, 0 allowed"]


def test_what_is_always_the_same_has_no_room_to_grow() -> None:
    runs = [{"calls": 64, "claims": 10, SYSCALLS: 10}, {"calls": 64, "claims": 21, SYSCALLS: 10}]

    assert limits_from(runs) == {"calls": 64, "claims": 32, SYSCALLS: 15}


def test_callers_and_workers_add_to_one_file(tmp_path: Path) -> None:
    here = Tally(str(tmp_path / "tally"), os.getpid())
    there = Tally(here.path, caller=-1)
    NotedFunction(here, What.FUNCTION_PICKLE)(None)
    result = NotedFunction(there, What.FUNCTION_PICKLE)(None)
    for _ in range(3):
        pickle.dumps(result)
    pickle.loads(pickle.dumps(Noted(here, What.ITEM_PICKLE)))

    found = here.read()
    here.close()

    assert found["calls"] == 2
    assert found["result pickles in the caller"] == 0
    assert found["result pickles beyond one"] == 2
    assert found["item pickles"] == 1


def test_letters_are_counted_by_who_wrote_them() -> None:
    found = counts_of("ccCCrRRRkKpt")

    assert found == {
        "calls": 4,
        "function pickles": 0,
        "item pickles": 0,
        "result pickles in the caller": 1,
        "result pickles beyond one": 1,
        "claims": 2,
        "forks": 1,
        "threads": 1,
    }


def test_only_calls_between_the_marks_count() -> None:
    log = "\n".join(
        [
            "7 read(3, ...) = 1",
            f'7 newfstatat(AT_FDCWD, "{BEGIN}", ...) = -1 ENOENT',
            "7 write(4, ...) = 1",
            "8 read(3,  <unfinished ...>",
            "8 <... read resumed>...) = 8",
            "7 --- SIGCHLD {...} ---",
            "8 +++ exited with 0 +++",
            f'7 newfstatat(AT_FDCWD, "{END}", ...) = -1 ENOENT',
            "7 close(3) = 0",
        ]
    )

    assert calls_between(log) == 2
