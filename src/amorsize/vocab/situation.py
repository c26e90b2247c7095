"""What is true around one call: the machine of the moment, and what engines cost here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from amorsize.vocab.estimate import Assumed, Estimate
from amorsize.vocab.plan import EngineKind

NO_TIME: Final = Assumed(median_s=0.0, why="nothing is done per item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one engine costs. All in seconds.

    The caller is blocked for ``blocking`` once and for ``per_worker`` per extra worker;
    workers become productive ``delay`` after that, while the caller works on.
    """

    blocking: Estimate
    per_worker: Estimate
    delay: Estimate
    per_chunk: Estimate
    per_item: Estimate = NO_TIME


class Priced(StrEnum):
    """Engines and pools that have a price, by the names they are stored under."""

    TEAM = "team"
    THREADS = "threads"
    LOKY_COLD = "loky-cold"
    LOKY_WARM = "loky-warm"
    """Workers of an earlier call are reused."""
    POOL_FORK = "pool-fork"
    """``multiprocessing.Pool``, by start method, here and in the next two."""
    POOL_FORKSERVER = "pool-forkserver"
    POOL_SPAWN = "pool-spawn"
    THREAD_POOL = "thread-pool"
    """``concurrent.futures.ThreadPoolExecutor``."""
    PROCESS_EXECUTOR = "process-executor"
    """``concurrent.futures.ProcessPoolExecutor``, forked."""
    JOBLIB = "joblib"
    """``joblib.Parallel``, its workers not started yet."""
    LOKY_EXECUTOR = "loky-executor"
    """``loky.get_reusable_executor``, likewise."""
    MPIRE = "mpire"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gigabyte:
    """Seconds that 1e9 bytes take."""

    fork: Estimate
    """Forking a process that has so much in memory: its page tables are copied."""
    touch: Estimate
    """The first use of inherited memory after a fork, which copies it."""
    copy: Estimate
    """Writing memory that is fresh, page faults included."""
    mapped: Estimate
    """Reading memory of another process through a mapping that is fresh."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JointSpeed:
    """How many times as fast as one CPU all ``cpus`` usable ones compute together."""

    cpus: int
    times: float
    low: float
    high: float
    """The 95 % interval of the middle value."""
    samples: int
    undisturbed: bool
    """Every process had a CPU all the time: nobody else wanted it, and no quota took it away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What was measured on this machine, and when. What was not is ``Assumed``."""

    prices: Mapping[Priced, Price]
    gigabyte: Gigabyte
    joint_speed: JointSpeed | None
    timestamp: float
    """Seconds since the epoch."""
    system_info: Mapping[str, Any]
    """The machine's fingerprint."""
    cache_version: int


@dataclass(frozen=True, slots=True)
class Room:
    """What is free of the memory, and how much that is a part of."""

    free_bytes: int
    limit_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Experience:
    """What runs on this machine have shown, whatever they ran."""

    starts: Mapping[Priced, tuple[float, ...]]
    """Time for which a start blocked the caller over the assumed one, the latest last."""
    runs: Mapping[EngineKind, Mapping[str, float]]
    """Actual over modelled time of the latest run of each function, by its name in the cache."""
    timestamp: float
    system_info: Mapping[str, Any]
    """The machine's fingerprint."""
    cache_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Facts about this process and machine that rule engines in or out."""

    cores: int
    """Usable by this process, at least 1."""
    quota: float | None = None
    """CPU time per wall time that the container grants, where it is limited."""
    fork_unsafe: str | None = None
    """The thread, library or setting that rules forking out, named."""
    nested_in: str | None = None
    """The worker this call already runs in, named."""
    spawn_impossible: str | None = None
    """Why no new process can be started at all, for example inside a daemonic worker."""
    gil: bool = True
    """False in a free-threaded interpreter with the lock disabled."""
    spawned_warm: bool = False
    """Spawned workers of an earlier call are alive."""
    heap_bytes: int = 0
    """Resident memory of this process: forking copies its page tables. 0: not looked at."""
    room: Room | None = None
    """``None``: not asked, as it did not matter, or nothing tells."""
    others: int = 0
    """Threads of other programs that want a core at the moment, ..."""
    machine_cores: int | None = None
    """... of so many that the whole machine has; ``None``: as many as are usable."""
    start_method: str = "fork"
    """How ``multiprocessing.Pool`` would start its workers."""
    calibration: Calibration | None = field(default=None, repr=False)
    """What engines cost here; ``None``: nobody has measured it, or there was no time to look."""
    experience: Experience | None = field(default=None, repr=False)
    """What earlier runs have shown of this machine; ``None``: nothing, or not looked up."""
    imports: Estimate | None = None
    """What a spawned worker imports of this program, in seconds; ``None``: not measured."""
