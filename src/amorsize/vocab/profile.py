"""What the first measured calls tell about a function and its data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from amorsize.vocab.estimate import Measured
from amorsize.vocab.foretold import Foretold


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Mean cost of sending one object to another process, one way each.

    ``out_of_band_bytes`` is the part that needs no copy through pickle (large buffers).
    """

    dumps_s: float
    loads_s: float
    size_bytes: float
    out_of_band_bytes: float
    sampled: int


@dataclass(frozen=True, slots=True)
class CannotTravel:
    """An object that cannot be pickled: which one, and what pickle said."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class NotMeasured:
    """Nobody looked yet."""


Travel: TypeAlias = Transfer | CannotTravel | NotMeasured


@dataclass(frozen=True, slots=True, kw_only=True)
class GilUse:
    """How often a ticking thread got the interpreter lock on time while items ran.

    ``free_share`` is 0 for code that holds the lock, near 1 for code that releases it.
    ``threads_gain`` is the speed-up that two threads really gave on real items, if tried.
    """

    free_share: float
    ticks: int
    threads_gain: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The facts a decision is made from. Times are of one call, in seconds, unless said.

    ``remaining`` is the predicted serial time of all items not yet run, an interval.
    ``items_left`` is ``None`` where the input does not know its length.
    """

    sampled: int
    items_left: int | None
    first_s: float
    """The very first call: imports, caches and compilers warm up in it."""
    mean_s: float
    """Steady cost of one call, the first one aside."""
    spread: float
    """Standard deviation over mean of one call."""
    longest_s: float
    wall_s: float
    """Time spent in items so far; ``cpu_s`` of this thread, ``process_cpu_s`` of all threads."""
    cpu_s: float
    process_cpu_s: float
    waits: int
    """Voluntary context switches of this thread while items ran."""
    preemptions: int
    """Involuntary ones: the machine is busy, the function is not waiting."""
    remaining: Measured
    longest_left_s: float | None = None
    """The longest call that is expected among those left; ``None``: as long as ``longest_s``."""
    trend: float = 1.0
    """Predicted mean cost of the items left over mean cost of those seen."""
    argument: Travel = NotMeasured()
    result: Travel = NotMeasured()
    function: Travel = NotMeasured()
    gil: GilUse | None = None
    inherited: bool = True
    """The items lie in memory, where forked workers have them; others are read, then sent."""
    read_s: float | None = None
    """Part of ``mean_s`` that is reading an item; ``None``: nothing is read, or not measured."""
    item_kind: str = ""
    """The class of the first item: ``builtins.int``; empty where none was looked at."""
    item_bytes: float = 0.0
    """Memory of an item that is kept in the caller's input, what it refers to left out."""
    result_bytes: float = 0.0
    """Memory of the latest result, what it refers to left out."""
    peak_bytes: float = 0.0
    """Memory that a call takes while it runs, as far as it exceeded all that came before."""
    returns_its_item: bool = False
    """A sampled result *is* its (mutable) item: the function changes it in place."""
    carries: str | None = None
    """An open connection or file that the function drags along, named."""
    past: tuple[Foretold, ...] = ()
    """Earlier runs of the function that were predicted, oldest first."""

    @property
    def cpu_share(self) -> float:
        """CPU time over wall time of the caller while items ran."""
        return self.cpu_s / self.wall_s if self.wall_s > 0 else 1.0
