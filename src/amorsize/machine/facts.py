"""Ask this machine: ``usable_cpus`` before every run, ``inspect_machine`` for the full report."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Final

from amorsize.machine import topology
from amorsize.machine.blas import native_pools
from amorsize.machine.cgroups import read_groups
from amorsize.machine.cpus import Standing, cpu_facts, override, standing_limits
from amorsize.machine.files import read
from amorsize.machine.forksafety import chosen_start_method, fork_verdict
from amorsize.machine.fresh import Fresh
from amorsize.machine.memory import SystemMemory, memory_facts
from amorsize.vocab.machine import CpuFacts, Machine, MemoryFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from amorsize.machine.cgroups import Groups

FRESH_S: Final = 1.0
"""A container's quota may be changed while it runs; a second late is soon enough."""


def usable_cpus() -> int:
    """Count the CPUs this process may keep busy, at least 1. Costs a few microseconds.

    The affinity and ``AMORSIZE_NUM_CPUS`` are asked at every call, quotas and schedulers at most
    once a second.

    Raises:
        UsageError: ``AMORSIZE_NUM_CPUS`` is not a number of CPUs.
    """
    return _gauge().usable()


def cpu_quota() -> float | None:
    """CPU time per wall time that a container grants; ``None``: no limit. As cheap and fresh."""
    return _gauge().quota()


def resident_bytes() -> int:
    """Memory of this process that a fork would share; 0 where the system does not tell."""
    text = read("", "/proc/self/statm")
    pages = text.split()[1] if isinstance(text, str) else "0"
    return int(pages) * os.sysconf("SC_PAGE_SIZE") if pages != "0" else 0


def start_method_in_force() -> str:
    """How ``multiprocessing`` would start a process now, without importing it."""
    chosen = chosen_start_method(sys.modules.get("multiprocessing"))
    if chosen is not None:
        return chosen
    if sys.platform != "linux":
        return "spawn"
    return "fork" if sys.version_info < (3, 14) else "forkserver"


def inspect_machine() -> Machine:
    """Look at everything, and note where each fact was read. Takes some milliseconds.

    Raises:
        UsageError: An override in the environment makes no sense.
    """
    import multiprocessing

    return Machine(
        system=_system(),
        python=_python(),
        cpu_model=topology.cpu_model(""),
        cpus=inspect_cpus(),
        memory=inspect_memory(),
        start_method=multiprocessing.get_start_method(allow_none=True),
        default_start_method=multiprocessing.get_all_start_methods()[0],
        fork=fork_verdict(),
        gil=gil_enabled(),
        pools=native_pools(),
    )


def inspect_cpus() -> CpuFacts:
    """Collect every limit on CPUs; ``usable_cpus`` is the quick way to the number alone."""
    facts = cpu_facts(
        "",
        os.environ,
        affinity=affinity(),
        count=os.cpu_count() or 1,
        x_option=_x_option(),
    )
    return facts if facts.physical is not None else replace(facts, physical=_psutil_cores())


def inspect_memory() -> MemoryFacts:
    """Collect every limit on memory, and what is free below them."""
    return memory_facts(
        "",
        os.environ,
        address_space_bytes=address_space_bytes(),
        system=None if sys.platform == "linux" else _psutil_memory(),
        groups=_groups()(),
    )


@cache
def physical_cores() -> int:
    """Count the machine's cores once; logical CPUs where nothing tells."""
    return topology.physical_cores("") or _psutil_cores() or os.cpu_count() or 1


def affinity() -> Collection[int] | None:
    """The CPUs this process may run on, where the system tells."""
    ask: Callable[[int], set[int]] | None = getattr(os, "sched_getaffinity", None)
    try:
        return None if ask is None else ask(0)
    except OSError:  # forbidden in a sandbox
        return None


def gil_enabled() -> bool:
    """Whether threads take turns; only a free-threaded interpreter can say no."""
    ask: Callable[[], bool] | None = getattr(sys, "_is_gil_enabled", None)
    return ask is None or ask()


class CpuGauge:
    """Usable CPUs, with what hardly ever changes read at most once in ``FRESH_S``."""

    def __init__(
        self,
        *,
        standing: Callable[[], Standing],
        environ: Mapping[str, str],
        offered: Callable[[], int],
        clock: Callable[[], float],
    ) -> None:
        self._fresh = Fresh(standing, fresh_s=FRESH_S, clock=clock)
        self._environ = environ
        self._offered = offered

    def usable(self) -> int:
        said = override(self._environ)
        if said is not None:
            return int(said.cpus)
        return self._fresh().usable(self._offered())

    def quota(self) -> float | None:
        return None if override(self._environ) is not None else self._fresh().quota()


@cache
def _gauge() -> CpuGauge:
    return CpuGauge(
        standing=lambda: standing_limits("", os.environ, x_option=_x_option(), groups=_groups()()),
        environ=os.environ,
        offered=_offered,
        clock=time.monotonic,
    )


@cache
def _groups() -> Fresh[Groups]:
    """Both the CPUs and the memory are asked about when a function is looked up."""
    return Fresh(lambda: read_groups(""), fresh_s=FRESH_S, clock=time.monotonic)


def _offered() -> int:
    mask = affinity()
    return (os.cpu_count() or 1) if mask is None else len(mask)


def _x_option() -> str | bool | None:
    # the only place where Python keeps -X options of its own
    return sys._xoptions.get("cpu_count")  # noqa: SLF001 - see above


def address_space_bytes() -> int | None:
    """The limit of ``ulimit -v``, if there is one."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    return None if soft == resource.RLIM_INFINITY else soft


def _psutil_cores() -> int | None:
    import psutil

    cores: int | None = psutil.cpu_count(logical=False)
    return cores


def _psutil_memory() -> SystemMemory:
    import psutil

    memory = psutil.virtual_memory()
    return SystemMemory(total_bytes=memory.total, available_bytes=memory.available)


def _system() -> str:
    import platform

    return f"{platform.system()} {platform.release()} {platform.machine()}"


def _python() -> str:
    import platform

    return f"{platform.python_implementation()} {platform.python_version()}"
