"""The quick count, with a clock of its own; and this very machine."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field

import pytest

from amorsize.machine.cpus import Standing
from amorsize.machine.facts import (
    FRESH_S,
    CpuGauge,
    gil_enabled,
    inspect_cpus,
    inspect_machine,
    physical_cores,
    usable_cpus,
)
from amorsize.vocab.machine import CpuLimit, CpuSource
from tests.machine.child import run_python


@dataclass
class FakeMachine:
    """Eight CPUs, a quota that may change, and a count of how often it was read."""

    quota: float = 4.0
    offered: int = 8
    now_s: float = 0.0
    reads: int = 0
    environ: dict[str, str] = field(default_factory=dict)

    def standing(self) -> Standing:
        self.reads += 1
        return Standing(limits=(CpuLimit(self.quota, CpuSource.QUOTA, "cpu.max"),))

    def gauge(self) -> CpuGauge:
        return CpuGauge(
            standing=self.standing,
            environ=self.environ,
            offered=lambda: self.offered,
            clock=lambda: self.now_s,
        )


def test_a_quota_is_read_once_while_it_is_fresh() -> None:
    machine = FakeMachine()
    gauge = machine.gauge()

    usable = [gauge.usable() for _ in range(100)]

    assert (set(usable), machine.reads) == ({4}, 1)


def test_a_changed_quota_is_seen_when_the_old_one_is_no_longer_fresh() -> None:
    machine = FakeMachine()
    gauge = machine.gauge()
    gauge.usable()
    machine.quota, machine.now_s = 1.5, FRESH_S * 0.99
    still = gauge.usable()
    machine.now_s = FRESH_S

    assert (still, gauge.usable()) == (4, 2)


def test_a_changed_affinity_is_seen_at_once() -> None:
    machine = FakeMachine()
    gauge = machine.gauge()
    before = gauge.usable()
    machine.offered = 3

    assert (before, gauge.usable()) == (4, 3)


def test_a_changed_override_is_seen_at_once_and_nothing_is_read_for_it() -> None:
    machine = FakeMachine(environ={"AMORSIZE_NUM_CPUS": "12"})
    gauge = machine.gauge()

    assert (gauge.usable(), machine.reads) == (12, 0)
    del machine.environ["AMORSIZE_NUM_CPUS"]
    assert (gauge.usable(), machine.reads) == (4, 1)


def test_the_quick_count_equals_that_of_the_full_report() -> None:
    assert usable_cpus() == inspect_cpus().usable >= 1


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs an affinity mask")
def test_narrowing_this_process_narrows_the_count() -> None:
    printed = run_python("""
        import os
        from amorsize.machine.facts import usable_cpus
        usable_cpus()
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        print(usable_cpus())
    """)

    assert printed == "1"


def test_the_whole_machine_can_be_inspected() -> None:
    machine = inspect_machine()

    assert machine.cpus.usable <= machine.cpus.logical
    assert 1 <= physical_cores() <= machine.cpus.logical
    assert machine.memory.limit_bytes is not None
    assert machine.default_start_method in {"fork", "forkserver", "spawn"}
    assert gil_enabled() or "t" in sys.abiflags


def test_counting_cpus_imports_nothing_heavy() -> None:
    printed = run_python("""
        import sys
        before = set(sys.modules)
        from amorsize.machine.facts import usable_cpus
        from amorsize.machine.forksafety import fork_verdict
        usable_cpus(), fork_verdict()
        heavy = {"pathlib", "multiprocessing", "psutil", "threadpoolctl", "ctypes", "platform",
                 "subprocess", "asyncio", "logging", "numpy", "socket"}
        print(sorted(heavy & set(sys.modules) - before))
    """)

    assert printed == "[]"


def test_half_a_cpu_is_one_usable_cpu_and_a_quota_of_a_half() -> None:
    gauge = FakeMachine(quota=0.5).gauge()

    assert (gauge.usable(), gauge.quota()) == (1, 0.5)


def test_an_override_takes_the_quota_out_of_the_way() -> None:
    machine = FakeMachine(quota=0.5, environ={"AMORSIZE_NUM_CPUS": "6"})

    assert (machine.gauge().usable(), machine.gauge().quota()) == (6, None)


def test_where_control_groups_are_is_looked_up_once_for_cpus_and_memory() -> None:
    told = run_python("""
import sys
from amorsize.machine import facts

opened = []
sys.addaudithook(lambda event, args: event == "open" and opened.append(args[0]))
facts.usable_cpus(), facts.inspect_memory()
print(opened.count("/proc/self/mountinfo"))
""")

    assert told.strip() == "1"
