"""What a run has shown of the machine, gathered while it goes and kept when it was long enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from amorsize.cache.experiences import EXPERIENCES
from amorsize.plan.experience import start_ratio, with_run, with_start
from amorsize.plan.hindsight import foretold
from amorsize.plan.prices import SEEN_IN_RUNS, priced_as
from amorsize.runtime.memory import KEEP_AFTER_S

if TYPE_CHECKING:
    from amorsize.vocab.plan import Candidate, EngineKind
    from amorsize.vocab.record import RunRecord
    from amorsize.vocab.situation import Situation


class _Start(NamedTuple):
    engine: EngineKind
    situation: Situation
    ratio: float


class MachineMemory:
    """The starts of one run; measuring them takes two looks at the clock."""

    def __init__(self) -> None:
        self._starts: list[_Start] = []

    def started(self, chosen: Candidate, situation: Situation, waited_s: float | None) -> None:
        """Workers were started as was decided; ``waited_s`` until the first item began."""
        engine = chosen.engine
        if waited_s is not None and priced_as(engine, situation) in SEEN_IN_RUNS:
            ratio = start_ratio(chosen, situation, waited_s)
            self._starts.append(_Start(engine, situation, ratio))

    def keep(self, record: RunRecord, name: str) -> None:
        """Add it to what is stored; ``name`` is the function's, if it has one."""
        told = foretold(record) if name else ()
        if record.wall_s < KEEP_AFTER_S or not (self._starts or told):
            return
        known = EXPERIENCES.known()
        for engine, situation, ratio in self._starts:
            known = with_start(known, engine, situation, ratio=ratio)
        for run in told:
            if run.engine is not None and run.modelled_s:
                ratio = run.actual_s / run.modelled_s
                known = with_run(known, run.engine, name, ratio=ratio)
        EXPERIENCES.keep_if_possible(known)
