"""What is true of this machine for this process, and where each fact was read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from amorsize.errors import UsageError


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file or variable that should have held a limit, and could not be used."""

    where: str
    why: str


class CpuSource(StrEnum):
    """Who limits the CPUs of this process."""

    MACHINE = "machine"
    """There are no more."""
    AFFINITY = "affinity"
    """The mask that ``taskset`` sets."""
    CPUSET = "cpuset"
    """The CPUs of a control group."""
    QUOTA = "quota"
    """CPU time per wall time of a control group: the only limit with fractions."""
    SCHEDULER = "scheduler"
    """What a batch job was given."""
    OVERRIDE = "override"
    """The user has said how many; nothing else counts."""


@dataclass(frozen=True, slots=True)
class CpuLimit:
    """At most so many CPUs; 0.5 is half of one."""

    cpus: float
    source: CpuSource
    where: str
    """The file, variable or call that tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuFacts:
    """How many CPUs this process may keep busy, and which limit decided it."""

    usable: int
    """Whole CPUs, at least 1, rounded up: two workers make use of one and a half CPUs."""
    binding: CpuLimit
    limits: tuple[CpuLimit, ...]
    """Everything found, the binding one among it."""
    logical: int
    physical: int | None = None
    """Cores of the machine; ``None`` where nothing tells."""
    cores_allowed: int | None = None
    """Cores among the CPUs of the affinity: two SMT siblings are one core."""
    skipped: tuple[Skipped, ...] = ()

    def __post_init__(self) -> None:
        if self.usable < 1:
            msg = f"usable must be at least 1, got {self.usable}"
            raise UsageError(msg)

    @property
    def quota(self) -> float | None:
        """CPU time per wall time under the tightest quota, also where it does not decide."""
        return self._least(CpuSource.QUOTA)

    @property
    def affinity(self) -> float | None:
        """CPUs in the affinity mask, where the system has one."""
        return self._least(CpuSource.AFFINITY)

    def _least(self, source: CpuSource) -> float | None:
        return min((limit.cpus for limit in self.limits if limit.source is source), default=None)


class MemorySource(StrEnum):
    """Who limits the memory of this process."""

    MACHINE = "machine"
    GROUP = "group"
    """A control group; above it the kernel kills."""
    THROTTLE = "throttle"
    """A control group; above it the kernel slows down (``memory.high``)."""
    SCHEDULER = "scheduler"
    """What a batch job was given."""
    ADDRESS_SPACE = "address space"
    """``ulimit -v``: counts reserved addresses, so real memory ends earlier."""
    OVERRIDE = "override"
    """The user has said how much; nothing else counts."""


@dataclass(frozen=True, slots=True)
class MemoryLimit:
    """At most so much memory."""

    size_bytes: int
    source: MemorySource
    where: str
    """The file, variable or call that tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryFacts:
    """How much memory this process and its workers may use together."""

    limit_bytes: int | None
    """``None`` where nothing tells."""
    binding: MemoryLimit | None
    limits: tuple[MemoryLimit, ...]
    total_bytes: int | None
    available_bytes: int | None
    """What can be had now without swapping; moves from second to second."""
    skipped: tuple[Skipped, ...] = ()


class Cure(StrEnum):
    """What would make a fork safe that is not (see ``amorsize.machine.forksafety``)."""

    REST_POOLS = "let the idle threads of OpenMP and BLAS end; they start again when needed"
    PIN_BLAS = "keep BLAS to one thread while workers run"


@dataclass(frozen=True, slots=True)
class ForkSafe:
    """A forked child can run anything this process can."""


@dataclass(frozen=True, slots=True)
class ForkUnsafe:
    """A forked child could hang or misbehave."""

    what: str
    """The thread, library or setting, named."""
    why: str
    cure: Cure | None = None


ForkVerdict: TypeAlias = ForkSafe | ForkUnsafe


@dataclass(frozen=True, slots=True, kw_only=True)
class NativePool:
    """A loaded library with threads of its own, and how many it uses for one call."""

    library: str
    api: str
    """``openblas``, ``mkl``, ``openmp``, ..."""
    threads: int
    version: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Everything known about where this process runs."""

    system: str
    python: str
    cpu_model: str | None
    cpus: CpuFacts
    memory: MemoryFacts
    start_method: str | None
    """Of ``multiprocessing``; ``None`` until it has been chosen or first used."""
    default_start_method: str
    fork: ForkVerdict
    gil: bool
    """False in a free-threaded interpreter with the lock disabled."""
    pools: tuple[NativePool, ...] = ()
