"""What a run adds to what is known of the machine, and what that says about the next one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from amorsize.model.makespan import NO_TIME_S, blocking_s
from amorsize.plan.prices import price_of, priced_as
from amorsize.stats.shrinkage import correction
from amorsize.vocab.plan import EngineKind

if TYPE_CHECKING:
    from collections.abc import Collection

    from amorsize.vocab.plan import Candidate
    from amorsize.vocab.situation import Experience, Situation

MOST_STARTS: Final = 15
"""The latest of an engine that count: the median of these follows a new kernel within days."""

MOST_FUNCTIONS: Final = 30
"""Functions whose latest run counts, for each engine."""


def start_ratio(candidate: Candidate, situation: Situation, waited_s: float) -> float:
    """The wait for the first item of a run, over what the table of prices makes of it."""
    price = price_of(candidate.engine, replace(situation, calibration=None, experience=None))
    if candidate.engine is EngineKind.THREADS:
        assumed_s = price.blocking.median_s + price.delay.median_s
    else:
        assumed_s = blocking_s(price, candidate.workers)
    return max(waited_s, 0.0) / max(assumed_s, NO_TIME_S)


def with_start(
    known: Experience, engine: EngineKind, situation: Situation, *, ratio: float
) -> Experience:
    """One more start of an engine."""
    what = priced_as(engine, situation)
    ratios = (*known.starts.get(what, ()), ratio)[-MOST_STARTS:]
    return replace(known, starts={**known.starts, what: ratios})


def with_run(known: Experience, engine: EngineKind, name: str, *, ratio: float) -> Experience:
    """One more run; of each function only the latest counts, or one would speak for all."""
    others = {key: one for key, one in known.runs.get(engine, {}).items() if key != name}
    latest = [*others.items(), (name, ratio)][-MOST_FUNCTIONS:]
    return replace(known, runs={**known.runs, engine: dict(latest)})


def machine_correction(situation: Situation | None, engines: Collection[EngineKind]) -> float:
    """The factor by which runs of all functions here say that the model is off for engines."""
    known = None if situation is None else situation.experience
    if known is None:
        return 1.0
    return correction(
        [ratio for engine in engines for ratio in known.runs.get(engine, {}).values()]
    )
