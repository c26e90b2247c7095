"""Cores and hardware threads, from the kernel's folders or from /proc/cpuinfo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amorsize.machine.topology import cpu_model, logical_cpus, physical_cores
from tests.machine.layouts import HYBRID_VM, Tree, plant

if TYPE_CHECKING:
    from pathlib import Path

# four hardware threads on two cores, numbered as Intel's are (Documentation/ABI/stable,
# sysfs-devices-system-cpu)
SIBLINGS: Tree = {
    "sys/devices/system/cpu/online": "0-3\n",
    "sys/devices/system/cpu/cpufreq/boost": "1\n",
} | {
    f"sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list": f"{cpu % 2},{cpu % 2 + 2}\n"
    for cpu in range(4)
}


def test_two_hardware_threads_of_a_core_are_one_core(tmp_path: Path) -> None:
    root = plant(tmp_path, SIBLINGS)

    assert (logical_cpus(root), physical_cores(root)) == (4, 2)


def test_only_cores_of_allowed_cpus_are_counted(tmp_path: Path) -> None:
    root = plant(tmp_path, SIBLINGS)

    assert [physical_cores(root, among) for among in ({0, 2}, {0, 1}, {3})] == [1, 2, 1]


def test_without_the_folders_cpuinfo_tells(tmp_path: Path) -> None:
    root = plant(tmp_path, {"proc/cpuinfo": HYBRID_VM["proc/cpuinfo"]})

    assert (logical_cpus(root), physical_cores(root), physical_cores(root, {1})) == (2, 2, 1)
    assert cpu_model(root) == "AMD EPYC"


def test_where_nothing_tells_nothing_is_claimed() -> None:
    assert (logical_cpus("/no"), physical_cores("/no"), cpu_model("/no")) == (None, None, None)
