"""After many runs of every kind nothing is left; ``scripts/figures.py leaks`` makes 1,000."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest

from amorsize.engines.reaper import REAPER
from tests.stress import kit, runs
from tests.stress.marks import on_linux
from tests.support.leaks import left_behind, survey

pytestmark = [on_linux, pytest.mark.slow]

RUNS = 60


def children() -> list[str]:
    """Every child of this process, zombies included."""
    tasks = Path("/proc/self/task").glob("*/children")
    return [pid for task in tasks for pid in task.read_text().split()]


def ids_of_descriptors() -> set[int]:
    """What is open, by number, without the one that looks."""
    found = {int(link.name) for link in Path("/proc/self/fd").iterdir()}
    return {descriptor for descriptor in found if is_open(descriptor)}


def is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


@pytest.mark.parametrize("kind", runs.KINDS)
def test_a_run_leaves_nothing(kind: str) -> None:
    runs.KINDS[kind]()  # what is imported and made once is there now
    REAPER.reap(patience_s=kit.EXIT_S)
    gc.collect()
    before, open_before, children_before = survey(), ids_of_descriptors(), children()

    runs.KINDS[kind]()
    REAPER.reap(patience_s=kit.EXIT_S)
    gc.collect()

    assert left_behind(before) == []
    assert ids_of_descriptors() == open_before
    assert children() == children_before


def test_many_runs_of_every_kind_leave_nothing() -> None:
    for run in runs.KINDS.values():
        run()
    REAPER.reap(patience_s=kit.EXIT_S)
    before, children_before = survey(), children()

    for run in runs.mixed(RUNS):
        run()
    REAPER.reap(patience_s=kit.EXIT_S)

    assert left_behind(before) == []
    assert children() == children_before


def test_workers_of_the_last_run_are_collected_by_the_next() -> None:
    children_before = children()
    for _ in range(20):
        runs.three_workers()
        assert len(children()) - len(children_before) <= 4  # its own two, and two that still exit
    runs.a_list()

    REAPER.reap(patience_s=kit.EXIT_S)
    assert children() == children_before
