from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from amorsize.errors import MemoryShortError
from amorsize.machine.room import Room, RoomGauge
from amorsize.runtime.guard import Guard
from amorsize.vocab.machine import MemoryLimit, MemorySource
from tests.memory import limited

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")

in_a_group = pytest.mark.skipif(
    not limited.can_limit_groups(), reason="no control group can be made here"
)

PROCESSES = {"n_jobs": 2, "backend": "processes"}


def run(way: str, megabytes: int, job: str, options: dict[str, Any], items: int) -> Any:
    process = subprocess.Popen(
        [
            sys.executable,
            limited.__file__,
            way,
            str(megabytes),
            job,
            json.dumps(options),
            str(items),
        ],
        stdout=subprocess.PIPE,
    )
    told = process.communicate()[0]
    group = limited.GROUPS / f"amorsize-{process.pid}"
    if group.exists():
        group.rmdir()
    assert process.returncode == 0
    return json.loads(told)


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, PROCESSES, {"isolate": True}], ids=str)
def test_results_that_fill_the_addresses_end_the_run_and_are_handed_over(
    options: dict[str, Any],
) -> None:
    told = run("addresses", 400, "large_result", options, 3000)

    assert told["end"] == "short"
    assert told["results"] > 0
    assert "amorsize.stream()" in told["told"]


@in_a_group
@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, PROCESSES, {"isolate": True}], ids=str)
def test_results_that_fill_a_control_group_end_the_run_before_the_killer_does(
    options: dict[str, Any],
) -> None:
    told = run("group", 300, "large_result", options, 3000)

    assert told["end"] == "short"
    assert told["results"] > 0


@in_a_group
@pytest.mark.slow
def test_workers_that_hoard_are_sent_home_and_the_run_is_finished_or_told() -> None:
    told = run("group", 250, "hoard", PROCESSES, 1500)

    assert told["end"] in {"done", "short"}
    if told["end"] == "done":
        assert any("memory is short" in warning for warning in told["warnings"])


@in_a_group
@pytest.mark.slow
def test_workers_that_would_not_fit_are_not_brought_in() -> None:
    told = run("group", 150, "peak", {}, 40)

    assert told["end"] == "done"
    assert told["results"] == 40


class Draining(RoomGauge):
    """Less is free at each look."""

    def __init__(self, *free: int) -> None:
        super().__init__()
        self._free = [*free]

    def room(self) -> Room:
        return Room(self._free.pop(0), MemoryLimit(1000, MemorySource.GROUP, "memory.max"))


def test_half_of_the_workers_go_each_time_and_the_reason_is_told() -> None:
    guard = Guard(Draining(900, 90, 80, 70, 60))
    guard.begins(8, threads=False)
    told = []
    for _ in range(5):
        guard._next_s = 0.0  # noqa: SLF001 - time passes
        told.append(guard.look(0))

    assert told[0] is None
    assert told[1] == (
        "memory is short (90 B are free of 1.00 KB, by memory.max): went on with 4 of 8 workers"
    )
    assert guard.most_workers == 1
    assert told[4] is None


def looks(guard: Guard, times: int) -> None:
    for _ in range(times):
        guard._next_s = 0.0  # noqa: SLF001 - time passes
        guard.look(7)


def test_what_a_call_takes_for_a_moment_does_not_end_the_run() -> None:
    guard = Guard(Draining(900, 10, 900, 10, 900))
    guard._began_with = 0  # noqa: SLF001 - all that this process has, it has got since

    looks(guard, 5)

    assert guard.most_workers is None


def test_memory_that_stays_full_ends_the_run() -> None:
    guard = Guard(Draining(900, 10, 10))
    guard._began_with = 0  # noqa: SLF001 - all that this process has, it has got since

    with pytest.raises(MemoryShortError, match="the 7 results so far"):
        looks(guard, 3)


def test_nothing_is_looked_at_before_it_is_time() -> None:
    guard = Guard(Draining())

    assert guard.look(0) is None
    assert guard.patience_s > 0
