"""The narrow interface between the driver and whoever runs chunks.

An engine owns its loop: it is given what is left of the input and reports completions, all
from the caller's thread. It never decides whether it should run, and never formats.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias, TypeVar

from amorsize.engines.refused import Refusals
from amorsize.engines.source import Source
from amorsize.vocab.options import OnCrash

if TYPE_CHECKING:
    from amorsize.vocab.plan import EngineKind
    from amorsize.vocab.waiting import Waiting

EndT = TypeVar("EndT")

Steps: TypeAlias = Generator[None, None, EndT]
"""Work that pauses where its caller may want a turn, and tells its outcome at the end."""


def finished(steps: Steps[EndT]) -> EndT:
    """Do all of it without a pause."""
    with closing(steps):  # Ctrl-C may come between two steps
        try:
            while True:
                next(steps)
        except StopIteration as end:
            outcome: EndT = end.value
            return outcome


@dataclass(slots=True)
class Failure:
    """What stopped an item: the exception that ``func`` raised, as itself."""

    index: int
    error: BaseException
    where: str
    """Where it ran, as a person would say it: ``worker process 4242``."""


class Reports(Protocol):
    """Where an engine says what happened; called in the caller's thread only."""

    @property
    def limit(self) -> int | None:
        """No item at or above this index may be started: a smaller one has failed."""

    @property
    def patience_s(self) -> float | None:
        """How long the caller may wait before it calls ``tick``; ``None``: for ever."""

    @property
    def most_workers(self) -> int | None:
        """So many may work, the caller included where it works: memory is short."""

    @property
    def ready(self) -> bool:
        """Whether results lie ready for somebody who takes them as they come: pause."""

    def done(self, start: int, results: Sequence[Any], busy_s: float) -> None:
        """Consecutive results from ``start`` on, and the time spent in the function."""

    def failed(self, failure: Failure) -> None:
        """An item raised; ``limit`` falls to its index."""

    def stranded(self, start: int, items: Sequence[Any], why: str) -> None:
        """Items that ran, but whose result or exception could not come back.

        Without a ``why``: items that could not be read by a worker, and did not run.
        """

    def note(self, warning: str) -> None:
        """Something the user should know, kept in the record."""

    def waited(self, waiting: Waiting) -> None:
        """How the number of items at once was found."""

    def tick(self) -> None:
        """Give the progress display a chance while nothing completes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Care:
    """What a caller that watches its workers heeds."""

    timeout_s: float | None = None
    deadline_s: float | None = None
    began_s: float = 0.0
    """When the run began that the deadline is for, on the clock of ``time.perf_counter``."""
    on_crash: OnCrash = OnCrash.RAISE
    rerun_lost: bool = True


NO_CARE: Final = Care()


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is left to do, and how the decision wants it done."""

    func: Callable[[Any], Any]
    source: Source
    workers: int
    """The caller included where the engine lets it work."""
    item_s: float
    """Predicted mean cost of one item."""
    chunksize: int | None = None
    """Forced by the user; ``None``: the engine's chunk rule."""
    waits: bool = False
    """The function waits rather than computes: more workers than cores may pay."""
    cpu_s: float = 0.0
    """Predicted CPU time of an item that waits; the engine may give the rest of the job back
    where it is wrong. 0: it must do it all."""
    workers_forced: bool = False
    at_most: int | None = None
    """No more items at the same time than this."""
    refusals: Refusals | None = None
    """Where calls that were refused are told of; ``func`` makes them again."""
    fail_fast: bool = False
    care: Care = NO_CARE
    """For the watched engine only."""
    streams: bool = False
    """Results are taken as they come, and must leave nothing behind in memory."""


class Engine(Protocol):
    """Runs a job to its end, to its first failure, or to an interrupt; leaves nothing behind.

    ``run`` returns when every item left has been reported, or every item below
    ``reports.limit`` has; ``Job.cpu_s`` names one exception, a source that is full while nothing
    is on its way is the other. ``steps`` does the same with pauses, whenever ``reports.ready``;
    closed at one, it leaves no worker either. Where workers cannot be started it
    raises ``EngineStartError`` before any item was claimed. Whatever else is raised
    (``KeyboardInterrupt`` included), no worker is left.
    """

    kind: EngineKind

    def run(self, job: Job, reports: Reports, /) -> int:
        """Run it; returns the number of workers that were used, the caller included."""

    def steps(self, job: Job, reports: Reports, /) -> Steps[int]:
        """The same, with pauses."""


class EngineStartError(Exception):
    """Workers could not be started (no memory, no processes, a sandbox): go on without them."""
