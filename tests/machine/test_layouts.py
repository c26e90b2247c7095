"""What is concluded from each layout of ``layouts``, on a machine of 16 CPUs and 64 GiB."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from amorsize.machine.cpus import cpu_facts
from amorsize.machine.memory import SystemMemory, memory_facts
from tests.machine import layouts
from tests.machine.layouts import GIB, Tree, plant

if TYPE_CHECKING:
    from pathlib import Path

CPUS = {
    "DOCKER_V1": (2, 1.5, "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us"),
    "DOCKER_V2": (2, 1.5, "/sys/fs/cgroup/cpu.max"),
    "DOCKER_V2_HOST_NAMES": (2, 1.5, "/sys/fs/cgroup/cpu.max"),
    "KUBERNETES_V1": (16, None, "/sys/devices/system/cpu"),
    "KUBERNETES_V2_NODE": (2, 2.0, f"/sys/fs/cgroup/{layouts.POD_SLICE}/cpu.max"),
    "KUBERNETES_V2_SUBDIVIDED": (2, 2.0, "/sys/fs/cgroup/cpu.max"),
    "SYSTEMD_SLICE": (3, 2.5, "/sys/fs/cgroup/user.slice/cpu.max"),
    "SLURM_V2": (2, None, f"/sys/fs/cgroup/{layouts.STEP}/cpuset.cpus.effective"),
    "SLURM_V1": (3, None, f"/sys/fs/cgroup/cpuset/{layouts.JOB}/cpuset.cpus"),
    "LXC": (4, 4.0, "/sys/fs/cgroup/cpu.max"),
}

MEMORY = {
    "HYBRID_VM": (64 * GIB, "/proc/meminfo"),
    "DOCKER_V1": (GIB, "/sys/fs/cgroup/memory/memory.limit_in_bytes"),
    "DOCKER_V2": (GIB, "/sys/fs/cgroup/memory.max"),
    "DOCKER_V2_HOST_NAMES": (64 * GIB, "/proc/meminfo"),
    "KUBERNETES_V1": (2 * GIB, "/sys/fs/cgroup/memory/memory.stat"),
    "KUBERNETES_V2_NODE": (2 * GIB, f"/sys/fs/cgroup/{layouts.POD_SLICE}/memory.max"),
    "SYSTEMD_SLICE": (4 * GIB, "/sys/fs/cgroup/user.slice/memory.high"),
    "SLURM_V2": (4 * GIB, f"/sys/fs/cgroup/{layouts.STEP}/user/memory.max"),
    "SLURM_V1": (8 * GIB, f"/sys/fs/cgroup/memory/{layouts.JOB}/memory.limit_in_bytes"),
    "LXC": (6 * GIB, "/sys/fs/cgroup/memory.max"),
}

SIXTEEN = range(16)
SYSTEM = SystemMemory(total_bytes=64 * GIB, available_bytes=60 * GIB)


def tree_called(name: str) -> Tree:
    tree: Tree = getattr(layouts, name)
    return tree


@pytest.mark.parametrize("name", CPUS)
def test_the_tightest_cpu_limit_of_any_ancestor_is_found(name: str, tmp_path: Path) -> None:
    usable, quota, where = CPUS[name]

    facts = cpu_facts(plant(tmp_path, tree_called(name)), {}, affinity=SIXTEEN, count=16)

    assert (facts.usable, facts.quota, facts.binding.where) == (usable, quota, where)
    assert facts.skipped == ()


@pytest.mark.parametrize("name", MEMORY)
def test_the_tightest_memory_limit_of_any_ancestor_is_found(name: str, tmp_path: Path) -> None:
    facts = memory_facts(plant(tmp_path, tree_called(name)), {}, system=SYSTEM)

    assert facts.binding is not None
    assert (facts.limit_bytes, facts.binding.where) == MEMORY[name]
    assert facts.skipped == ()


@pytest.mark.parametrize("name", ["DOCKER_V1", "DOCKER_V2"])
def test_idle_file_pages_count_as_free_below_a_limit(name: str, tmp_path: Path) -> None:
    facts = memory_facts(plant(tmp_path, tree_called(name)), {}, system=SYSTEM)

    assert facts.available_bytes == GIB - GIB // 4 + GIB // 8


def test_the_recorded_machine_is_read_as_it_is(tmp_path: Path) -> None:
    root = plant(tmp_path, layouts.HYBRID_VM)

    cpus = cpu_facts(root, {}, affinity={0, 1}, count=2)
    memory = memory_facts(root, {})

    assert (cpus.usable, cpus.logical, cpus.physical, cpus.cores_allowed) == (2, 2, 2, 2)
    assert (memory.limit_bytes, memory.available_bytes) == (24684084 * 1024, 24374556 * 1024)
    assert [limit.where for limit in memory.limits] == ["/proc/meminfo"]
