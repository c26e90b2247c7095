"""What was learned about a function: measurements that outlive the call they were made in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from amorsize.errors import UsageError
from amorsize.vocab.foretold import Foretold
from amorsize.vocab.plan import EngineKind
from amorsize.vocab.profile import GilUse, NotMeasured, Travel

UNKNOWN: Final = NotMeasured()


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """The facts that a later decision is made from. Times are of one call, in seconds."""

    sampled: int
    """Calls that the figures of cost rest on."""
    runs: int
    """Calls of the library that have added to this."""
    items: int | None
    """How many items the last input had; ``None`` where it was not read to its end."""
    inherited: bool
    """The last input lay in memory; others are iterated. Travel and reading depend on it."""
    first_s: float
    """The very first call of a process, which warms up."""
    mean_s: float
    spread: float
    """Standard deviation over mean of one call."""
    longest_s: float
    trend: float
    """Mean cost of what came later over mean cost of what was sampled first."""
    cpu_share: float
    """CPU time over wall time of the thread that called."""
    process_cpu_share: float
    """The same of the whole process: above ``cpu_share`` the function has threads of its own."""
    waits_per_call: float
    """Voluntary context switches."""
    preemptions_per_call: float
    argument: Travel = UNKNOWN
    result: Travel = UNKNOWN
    function: Travel = UNKNOWN
    function_by_name: bool = False
    """``function`` tells how the standard pools send it, which is by name."""
    gil: GilUse | None = None
    read_s: float | None = None
    item_kind: str = ""
    """The class of the first item. Whether items travel, or are changed in place, hangs on it."""
    item_bytes: float = 0.0
    returns_its_item: bool = False
    carries: str | None = None
    heap_bytes: int = 0
    """Resident memory of the caller when it was measured; 0: not looked at."""
    engine: EngineKind | None = None
    """Who did most of the last run; ``None`` where nothing was run yet, only sampled."""
    workers: int = 1
    """How many took part in it."""
    past: tuple[Foretold, ...] = ()
    """The latest runs that were predicted, oldest first."""

    def __post_init__(self) -> None:
        if self.sampled < 1:
            msg = f"sampled must be at least 1, got {self.sampled}"
            raise UsageError(msg, hint="nothing was measured: there is nothing to remember")
