"""Whole jobs that were run to be timed: by whom, how each run ended, how long it took."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from statistics import median


class Runner(StrEnum):
    """Who can run a job, by the words of ``executor_type``."""

    SERIAL = "serial"
    """The plain loop."""
    PROCESS = "process"
    """``multiprocessing.Pool``."""
    THREAD = "thread"
    """``concurrent.futures.ThreadPoolExecutor``."""
    ADAPTIVE = "adaptive"
    """Our own ``execute``, which finds its own numbers."""
    JOBLIB = "joblib"
    MPIRE = "mpire"
    LOKY = "loky"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """One way to run a job."""

    runner: Runner
    n_jobs: int = 1
    chunksize: int = 1


class Ended(StrEnum):
    """How a run ended."""

    FINISHED = "finished"
    TIME_UP = "time up"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One run of a whole job, workers made and ended."""

    ended: Ended
    elapsed_s: float
    done: int | None = None
    """Items that were done when it was stopped, where that is known."""
    still_running: int = 0
    """Calls in threads that nothing can stop."""
    why: str = ""
    """What kept this way of running from working."""


@dataclass(frozen=True, slots=True)
class Series:
    """The runs of one way, in the order in which they were made."""

    trials: tuple[Trial, ...] = ()

    @property
    def seconds(self) -> tuple[float, ...]:
        """Of the runs that came to their end."""
        return tuple(t.elapsed_s for t in self.trials if t.ended is Ended.FINISHED)

    @property
    def median_s(self) -> float | None:
        return median(self.seconds) if self.seconds else None

    @property
    def stopped(self) -> Trial | None:
        """The run that did not come to its end, after which there were no others."""
        return next((t for t in self.trials if t.ended is not Ended.FINISHED), None)

    def with_one_more(self, trial: Trial) -> Series:
        return Series((*self.trials, trial))


class Agreement(StrEnum):
    """How the results of a way compare with those of the first one."""

    SAME = "same"
    UNORDERED = "unordered"
    """The same results in another order."""
    NOT_REPEATABLE = "not repeatable"
    """The first way does not agree with itself either."""
    DIFFERENT = "different"
    NOT_COMPARED = "not compared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What the comparison found, and the first item that differs."""

    agreement: Agreement = Agreement.NOT_COMPARED
    index: int | None = None


class Choice(StrEnum):
    """What the measurement says about a way that was held against the plain loop."""

    FASTER = "faster"
    SLOWER = "slower"
    NO_DIFFERENCE = "no difference"
    """None beyond the noise."""
    UNKNOWN = "unknown"
    """Not run, not to its end, or once only."""
