"""What runs took, held against what was foretold for them, and what follows for the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amorsize.plan.experience import machine_correction
from amorsize.stats.shrinkage import correction
from amorsize.vocab.estimate import Measured
from amorsize.vocab.foretold import Foretold
from amorsize.vocab.plan import EngineKind

if TYPE_CHECKING:
    from collections.abc import Collection

    from amorsize.vocab.plan import Decision
    from amorsize.vocab.profile import Profile
    from amorsize.vocab.record import RunRecord
    from amorsize.vocab.situation import Situation


def correction_of(
    profile: Profile, engines: Collection[EngineKind], situation: Situation | None = None
) -> float:
    """The factor by which earlier runs on these engines say that the model is off.

    Those of the function itself, drawn towards what runs of all functions say of this machine.
    """
    here = machine_correction(situation, engines)
    return correction(runs_against_the_model(profile, engines), before=here)


def runs_against_the_model(profile: Profile, engines: Collection[EngineKind]) -> list[float]:
    """Actual over modelled time of each of those runs."""
    return [
        run.actual_s / run.modelled_s
        for run in profile.past
        if run.engine in engines and run.modelled_s and run.actual_s > 0
    ]


def foretold(run: RunRecord) -> tuple[Foretold, ...]:
    """What to keep of a run that was predicted; nothing of another."""
    decision, profile = run.decision, run.profile
    if decision is None or profile is None or not decision.is_parallel:
        return ()
    if run.engine is EngineKind.WATCHED:  # the caller ran nothing: not what was foretold
        return ()
    kept = Foretold(
        predicted_s=profile.wall_s + decision.expected.total_s,
        actual_s=run.wall_s,
        engine=decision.chosen.engine,
        modelled_s=_modelled_s(run, decision, profile),
    )
    return (kept,)


def _modelled_s(run: RunRecord, decision: Decision, profile: Profile) -> float | None:
    """The formula, uncorrected, for the work that was found: what items cost is learned apart.

    Where the number of workers was not the one of the decision, or that of the items was not
    known, the run was another one than was foretold.
    """
    left_s = run.work_s - profile.wall_s
    as_foretold = run.workers == decision.chosen.workers and profile.items_left is not None
    if not as_foretold or left_s <= 0 or decision.serial_s <= 0:
        return None
    engine = decision.chosen.engine
    alone = decision.expected.times(1 / correction_of(profile, {engine}, run.situation))
    grown = left_s / decision.serial_s
    work_s = grown * (alone.compute_s + alone.tail_s)
    return profile.wall_s + alone.startup_s + work_s + alone.dispatch_s + alone.transfer_s


def predicted_for(run: RunRecord) -> Measured | None:
    """What was foretold for the whole run when it was decided; ``None`` where nothing was."""
    decision, profile = run.decision, run.profile
    if decision is None or profile is None:
        return None
    left, start_s = profile.remaining, decision.expected.startup_s
    low_s = _at_speed(left.low_s, decision.speedup_low, start_s)
    high_s = _at_speed(left.high_s, decision.speedup_high, start_s)
    total_s = decision.expected.total_s
    return Measured(
        median_s=profile.wall_s + total_s,
        low_s=profile.wall_s + min(low_s, total_s),
        high_s=profile.wall_s + max(high_s, total_s),
        samples=profile.sampled,
    )


def serial_for(run: RunRecord) -> Measured | None:
    """What the plain loop was foretold to take, at the same moment."""
    profile = run.profile
    if profile is None or run.decision is None:
        return None
    return Measured(
        median_s=profile.wall_s + run.decision.serial_s,
        low_s=profile.wall_s + profile.remaining.low_s,
        high_s=profile.wall_s + profile.remaining.high_s,
        samples=profile.sampled,
    )


def _at_speed(serial_s: float, speedup: float, start_s: float) -> float:
    """Nothing to do takes the start alone."""
    return serial_s / speedup if speedup > 0 else start_s
