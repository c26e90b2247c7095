"""What people and programs read about a machine."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import get_args

import pytest

from amorsize.report.machine import (
    explain_cpu_limit,
    explain_fork,
    explain_memory_limit,
    machine_dict,
    machine_text,
)
from amorsize.vocab.machine import (
    CpuFacts,
    CpuLimit,
    CpuSource,
    Cure,
    ForkSafe,
    ForkUnsafe,
    ForkVerdict,
    Machine,
    MemoryFacts,
    MemoryLimit,
    MemorySource,
    NativePool,
    Skipped,
)
from tests.machine.layouts import GIB

QUOTA = CpuLimit(1.5, CpuSource.QUOTA, "/sys/fs/cgroup/cpu.max")
ALL = CpuLimit(8, CpuSource.MACHINE, "/sys/devices/system/cpu")
GROUP = MemoryLimit(2 * GIB, MemorySource.GROUP, "/sys/fs/cgroup/memory.max")

MACHINE = Machine(
    system="Linux 6.8 x86_64",
    python="CPython 3.11.7",
    cpu_model="Some CPU",
    cpus=CpuFacts(
        usable=2,
        binding=QUOTA,
        limits=(ALL, QUOTA),
        logical=8,
        physical=4,
        cores_allowed=4,
        skipped=(Skipped("/sys/fs/cgroup/a/cpu.max", "Permission denied"),),
    ),
    memory=MemoryFacts(
        limit_bytes=2 * GIB,
        binding=GROUP,
        limits=(MemoryLimit(16 * GIB, MemorySource.MACHINE, "/proc/meminfo"), GROUP),
        total_bytes=16 * GIB,
        available_bytes=GIB // 2,
    ),
    start_method=None,
    default_start_method="fork",
    fork=ForkUnsafe("thread 'poller'", "it is missing in the child"),
    gil=True,
    pools=(NativePool(library="libopenblas", api="openblas", threads=8, version="0.3.29"),),
)

TEXT = """\
system         Linux 6.8 x86_64
python         CPython 3.11.7
processor      Some CPU
usable CPUs    2: 1.5 CPUs by the control group's quota (/sys/fs/cgroup/cpu.max)
               a fraction of a CPU is rounded up; workers beyond it share it
               also 8 CPUs in this machine (/sys/devices/system/cpu)
cores          4 physical, 8 logical
memory         2 GiB in the control group (/sys/fs/cgroup/memory.max)
               also 16 GiB in this machine (/proc/meminfo)
               512 MiB available now
start method   fork (default)
fork           unsafe: thread 'poller': it is missing in the child
thread pool    openblas 0.3.29, 8 threads per call (libopenblas)
skipped        /sys/fs/cgroup/a/cpu.max: Permission denied"""


def test_people_read_what_binds_and_why() -> None:
    assert machine_text(MACHINE) == TEXT


def test_programs_get_the_same_as_plain_data() -> None:
    plain = machine_dict(MACHINE)

    assert json.loads(json.dumps(plain)) == plain | {"pools": [*plain["pools"]]} | {
        "cpus": plain["cpus"] | {"skipped": [*plain["cpus"]["skipped"]]},
        "memory": plain["memory"] | {"skipped": []},
    }
    assert plain["cpus"]["binding"] == {
        "cpus": 1.5,
        "source": "quota",
        "where": "/sys/fs/cgroup/cpu.max",
        "why": "1.5 CPUs by the control group's quota (/sys/fs/cgroup/cpu.max)",
    }
    assert plain["fork"]["safe"] is False


def test_what_is_not_known_is_not_printed() -> None:
    memory = MemoryFacts(
        limit_bytes=None, binding=None, limits=(), total_bytes=None, available_bytes=None
    )
    text = machine_text(replace(MACHINE, cpu_model=None, memory=memory, gil=False))

    assert "processor" not in text
    assert "memory         unknown" in text
    assert "CPython 3.11.7, free-threaded" in text


@pytest.mark.parametrize("source", CpuSource)
def test_every_source_of_a_cpu_limit_has_words(source: CpuSource) -> None:
    assert explain_cpu_limit(CpuLimit(1, source, "here")).startswith("1 CPU ")


@pytest.mark.parametrize("source", MemorySource)
def test_every_source_of_a_memory_limit_has_words(source: MemorySource) -> None:
    assert explain_memory_limit(MemoryLimit(1536, source, "here")).startswith("1.5 KiB ")


def test_every_verdict_has_words() -> None:
    verdicts: list[ForkVerdict] = [ForkSafe(), ForkUnsafe("x", "y", Cure.PIN_BLAS)]

    assert {type(verdict) for verdict in verdicts} == set(get_args(ForkVerdict))
    assert [explain_fork(verdict).split(":")[0] for verdict in verdicts] == [
        "safe",
        "unsafe as it is",
    ]
