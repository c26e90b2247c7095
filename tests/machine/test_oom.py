"""Processes that the kernel has killed for want of memory, by the counters of a made-up machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from amorsize.machine.oom import OomWatch

if TYPE_CHECKING:
    from pathlib import Path

MOUNT = "30 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/mountinfo").write_text(MOUNT)
    (tmp_path / "proc/self/cgroup").write_text("0::/job\n")
    (tmp_path / "sys/fs/cgroup/job").mkdir(parents=True)
    count(tmp_path, group=0, kernel=5)
    return tmp_path


def count(machine: Path, *, group: int, kernel: int) -> None:
    events = f"low 0\nhigh 3\nmax 9\noom 2\noom_kill {group}\noom_group_kill 0\n"
    (machine / "sys/fs/cgroup/job/memory.events").write_text(events)
    (machine / "proc/vmstat").write_text(f"nr_free_pages 7\noom_kill {kernel}\nswap_ra 0\n")


def begun(machine: Path) -> OomWatch:
    watch = OomWatch(str(machine))
    watch.begin()
    return watch


def test_what_was_killed_before_does_not_count(machine: Path) -> None:
    assert begun(machine).moved() is None


def test_the_group_is_told_of_before_the_machine(machine: Path) -> None:
    watch = begun(machine)
    count(machine, group=2, kernel=7)

    told = watch.moved()
    assert told is not None
    assert "has killed 2 of the processes of this control group" in told
    assert watch.moved() is None


def test_the_machine_is_told_of_where_the_group_counts_nothing(machine: Path) -> None:
    watch = begun(machine)
    count(machine, group=0, kernel=6)

    assert "1 of the processes of this machine" in str(watch.moved())


def test_a_machine_that_counts_nothing_says_nothing(tmp_path: Path) -> None:
    assert begun(tmp_path).moved() is None


def test_it_is_looked_at_once_where_that_is_enough(machine: Path) -> None:
    watch = OomWatch(str(machine))
    watch.begin_once()
    count(machine, group=1, kernel=6)
    watch.begin_once()

    assert watch.moved() is not None
