"""What really happened in a run."""

from __future__ import annotations

from dataclasses import dataclass

from amorsize.vocab.options import DEFAULT_OPTIONS, Options
from amorsize.vocab.plan import Decision, EngineKind
from amorsize.vocab.profile import Profile
from amorsize.vocab.situation import Situation
from amorsize.vocab.waiting import Waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """The account of one run, whatever engine did it."""

    items: int
    engine: EngineKind
    """The engine that did most; ``SERIAL`` where workers were never brought in."""
    workers: int
    """The caller included where it worked."""
    wall_s: float
    work_s: float
    """Time inside the function, summed over all workers: an estimate of the plain loop."""
    serial_items: int
    """Items that the caller ran before workers were brought in."""
    decision: Decision | None
    profile: Profile | None
    warnings: tuple[str, ...] = ()
    reruns: tuple[int, ...] = ()
    """Items that ran twice because their result or exception could not travel."""
    situation: Situation | None = None
    """What was true around the decision."""
    asked: str | None = None
    """What the caller asked for, where that made it the plain loop: ``n_jobs=1``."""

    waiting: Waiting | None = None
    """How the number of items at once was found, where they wait."""
    memory: str = ""
    """What earlier calls contributed, in a sentence; empty where nothing was looked up."""
    options: Options = DEFAULT_OPTIONS
    """What the caller asked for."""

    @property
    def speedup(self) -> float:
        """T1 over makespan; 1 where it was the plain loop."""
        if self.engine is EngineKind.SERIAL:
            return 1.0
        return self.work_s / self.wall_s if self.wall_s > 0 else 1.0

    @property
    def predicted_speedup(self) -> float:
        """What was promised for the whole run at the moment of the decision."""
        if self.decision is None or self.profile is None or not self.decision.is_parallel:
            return 1.0
        spent = self.profile.wall_s
        total = spent + self.decision.expected.total_s
        return (spent + self.decision.serial_s) / total if total > 0 else 1.0
