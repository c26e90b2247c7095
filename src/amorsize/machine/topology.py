"""Logical and physical cores, from the kernel's own description of the hardware."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amorsize.machine.files import contents, cpu_list, names_in, read

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

SYSTEM: Final = "/sys/devices/system/cpu"
SIBLINGS: Final = ("core_cpus_list", "thread_siblings_list")
"""The CPUs that share a core; the first name came with Linux 5.3, the second is older."""


def logical_cpus(root: str) -> int | None:
    """CPUs that are switched on, whoever may use them."""
    online = cpu_list(contents(f"{SYSTEM}/online", root))
    return len(online or _described(root)) or None


def physical_cores(root: str, among: Collection[int] | None = None) -> int | None:
    """Cores, counting the hardware threads of one core once; only those of CPUs ``among``."""
    return len(set(_cores(root, among))) or _described_cores(root, among)


def cpu_model(root: str) -> str | None:
    """The processor's name; not every architecture tells one."""
    names = (cpu.get("model name") for cpu in _described(root))
    return next(filter(None, names), None)


def _cores(root: str, among: Collection[int] | None) -> Iterator[frozenset[int]]:
    for number in _cpu_folders(root):
        siblings = _siblings(root, number)
        if siblings and (among is None or number in among):
            yield siblings


def _cpu_folders(root: str) -> list[int]:
    names = names_in(SYSTEM, root)
    return [int(name[3:]) for name in names if name.startswith("cpu") and name[3:].isdecimal()]


def _siblings(root: str, number: int) -> frozenset[int] | None:
    for name in SIBLINGS:
        text = read(root, f"{SYSTEM}/cpu{number}/topology/{name}")
        if isinstance(text, str):
            return cpu_list(text)
    return None


def _described_cores(root: str, among: Collection[int] | None) -> int | None:
    cpus: Iterable[dict[str, str]] = _described(root)
    if among is not None:
        wanted = {str(number) for number in among}
        cpus = (cpu for cpu in cpus if cpu["processor"] in wanted)
    cores = {(cpu.get("physical id"), cpu["core id"]) for cpu in cpus if "core id" in cpu}
    return len(cores) or None


def _described(root: str) -> list[dict[str, str]]:
    """One dictionary per CPU in ``/proc/cpuinfo``."""
    blocks = contents("/proc/cpuinfo", root).split("\n\n")
    cpus = [dict(_pairs(block)) for block in blocks]
    return [cpu for cpu in cpus if "processor" in cpu]


def _pairs(block: str) -> Iterator[tuple[str, str]]:
    for line in block.splitlines():
        name, _, value = line.partition(":")
        yield name.strip(), value.strip()
