"""Say what was found out about a machine: lines for people, a dictionary for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, assert_never

from amorsize.vocab.machine import (
    CpuFacts,
    CpuLimit,
    CpuSource,
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

if TYPE_CHECKING:
    from collections.abc import Iterator

KIB: Final = 1024
INDENT: Final = "               "


def machine_text(machine: Machine, *, calibration: str | None = None) -> str:
    """Describe the machine in lines: each fact, then what it was concluded from."""
    told = [] if calibration is None else [_row("calibration", calibration)]
    return "\n".join([*_lines(machine), *told])


def machine_dict(machine: Machine) -> dict[str, Any]:
    """Turn the facts into plain data, each limit with its sentence."""
    cpus, memory, fork = machine.cpus, machine.memory, machine.fork
    plain = asdict(machine)
    plain["cpus"] |= {
        "binding": _plain(cpus.binding, explain_cpu_limit(cpus.binding)),
        "limits": [_plain(limit, explain_cpu_limit(limit)) for limit in cpus.limits],
        "quota": cpus.quota,
        "affinity": cpus.affinity,
    }
    plain["memory"] |= {
        "binding": memory.binding and _plain(memory.binding, explain_memory_limit(memory.binding)),
        "limits": [_plain(limit, explain_memory_limit(limit)) for limit in memory.limits],
    }
    plain["fork"] = {"safe": isinstance(fork, ForkSafe), **asdict(fork)}
    return plain


def explain_cpu_limit(limit: CpuLimit) -> str:
    """One line: how many CPUs, and who says so."""
    return f"{_count(limit.cpus, 'CPU')} {_cpu_words(limit.source)} ({limit.where})"


def explain_memory_limit(limit: MemoryLimit) -> str:
    """One line: how much memory, and who says so."""
    return f"{_size(limit.size_bytes)} {_memory_words(limit.source)} ({limit.where})"


def _cpu_words(source: CpuSource) -> str:
    match source:
        case CpuSource.MACHINE:
            return "in this machine"
        case CpuSource.AFFINITY:
            return "in the affinity mask of this process"
        case CpuSource.CPUSET:
            return "in the control group's set"
        case CpuSource.QUOTA:
            return "by the control group's quota"
        case CpuSource.SCHEDULER:
            return "allotted by the batch scheduler"
        case CpuSource.OVERRIDE:
            return "by order"
        case _:
            assert_never(source)


def _memory_words(source: MemorySource) -> str:
    match source:
        case MemorySource.MACHINE:
            return "in this machine"
        case MemorySource.GROUP:
            return "in the control group"
        case MemorySource.THROTTLE:
            return "before the control group is slowed down"
        case MemorySource.SCHEDULER:
            return "allotted by the batch scheduler"
        case MemorySource.ADDRESS_SPACE:
            return "of addresses"
        case MemorySource.OVERRIDE:
            return "by order"
        case _:
            assert_never(source)


def explain_fork(verdict: ForkVerdict) -> str:
    """One line: whether workers can be forked, and what is in the way."""
    match verdict:
        case ForkSafe():
            return "safe"
        case ForkUnsafe(what, why, None):
            return f"unsafe: {what}: {why}"
        case ForkUnsafe(what, why, cure):
            return f"unsafe as it is: {what}: {why}; the cure: {cure}"
        case _:
            assert_never(verdict)


def _lines(machine: Machine) -> Iterator[str]:
    yield _row("system", machine.system)
    yield _row("python", machine.python + ("" if machine.gil else ", free-threaded"))
    if machine.cpu_model is not None:
        yield _row("processor", machine.cpu_model)
    yield from _cpu_lines(machine.cpus)
    yield from _memory_lines(machine.memory)
    default = f"{machine.default_start_method} (default)"
    yield _row("start method", machine.start_method or default)
    yield _row("fork", explain_fork(machine.fork))
    for pool in machine.pools:
        yield _row("thread pool", _pool(pool))
    yield from map(_skipped, (*machine.cpus.skipped, *machine.memory.skipped))


def _cpu_lines(cpus: CpuFacts) -> Iterator[str]:
    yield _row("usable CPUs", f"{cpus.usable}: {explain_cpu_limit(cpus.binding)}")
    if cpus.usable > cpus.binding.cpus:
        yield f"{INDENT}a fraction of a CPU is rounded up; workers beyond it share it"
    for limit in cpus.limits:
        if limit != cpus.binding:
            yield f"{INDENT}also {explain_cpu_limit(limit)}"
    yield _row("cores", _cores(cpus))


def _cores(cpus: CpuFacts) -> str:
    if cpus.physical is None:
        return f"{cpus.logical} logical, physical unknown"
    allowed = cpus.cores_allowed
    ours = "" if allowed in {None, cpus.physical} else f", {allowed} of them in the affinity mask"
    return f"{cpus.physical} physical, {cpus.logical} logical{ours}"


def _memory_lines(memory: MemoryFacts) -> Iterator[str]:
    if memory.binding is None:
        yield _row("memory", "unknown")
        return
    yield _row("memory", explain_memory_limit(memory.binding))
    for limit in memory.limits:
        if limit != memory.binding:
            yield f"{INDENT}also {explain_memory_limit(limit)}"
    if memory.available_bytes is not None:
        yield f"{INDENT}{_size(memory.available_bytes)} available now"


def _pool(pool: NativePool) -> str:
    version = "" if pool.version is None else f" {pool.version}"
    return f"{pool.api}{version}, {_count(pool.threads, 'thread')} per call ({pool.library})"


def _skipped(note: Skipped) -> str:
    return _row("skipped", f"{note.where}: {note.why}")


def _row(name: str, value: str) -> str:
    return f"{name:<{len(INDENT)}}{value}"


def _count(number: float, noun: str) -> str:
    return f"{number:.4g} {noun}" if number == 1 else f"{number:.4g} {noun}s"


def _size(size_bytes: int) -> str:
    """In the largest binary unit that leaves a number of at least one."""
    amount = float(size_bytes)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if amount < KIB:
            return f"{amount:.4g} {unit}"
        amount /= KIB
    return f"{amount:.4g} TiB"


def _plain(limit: CpuLimit | MemoryLimit, why: str) -> dict[str, Any]:
    return {**asdict(limit), "why": why}
