"""What is still to be measured before a choice can be trusted."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from amorsize.errors import BackendRefusedError
from amorsize.plan import facts, tunables
from amorsize.plan.advise import advise
from amorsize.plan.pays import knows_only_the_first
from amorsize.vocab.advice import PoolKind
from amorsize.vocab.plan import EngineKind, Untried
from amorsize.vocab.profile import NotMeasured

if TYPE_CHECKING:
    from amorsize.vocab.advice import Advice
    from amorsize.vocab.options import Options
    from amorsize.vocab.plan import Decision
    from amorsize.vocab.profile import Profile
    from amorsize.vocab.situation import Situation


class Need(StrEnum):
    """A fact that nobody has measured yet, and that the choice hangs on."""

    RESULT_TRANSFER = "result transfer"
    ARGUMENT_TRANSFER = "argument transfer"
    FUNCTION_TRANSFER = "function transfer"
    READING = "time to read an item"
    GIL_USE = "use of the interpreter lock"
    THREADS_TRIAL = "a trial on two threads"


def needs(decision: Decision, profile: Profile, situation: Situation) -> tuple[Need, ...]:
    """What to measure before ``decision`` can be trusted; empty where it already can be.

    Decide and ask again after measuring: an answer may make other questions moot, or raise them.
    A need is met by any fact in the profile's field, ``CannotTravel`` and a ``GilUse`` included.
    """
    untried = decision.chosen.engine is not EngineKind.THREADS and any(
        lost.candidate.engine is EngineKind.THREADS and isinstance(lost.reason, Untried)
        for lost in decision.rejected
    )
    if not decision.is_parallel and knows_only_the_first(profile):
        return ()
    if untried and _worth_a_look(decision.serial_s, _missed_s(decision, situation), profile):
        return (_about_the_lock(profile, situation),)
    reading = (Need.READING,) if decision.is_parallel and _is_read(profile) else ()
    return (*reading, *_unknown_travels(decision.chosen.engine, profile))


def needs_for_pools(profile: Profile, situation: Situation, options: Options) -> tuple[Need, ...]:
    """The same for ``advise``; the function is to be measured by plain ``pickle`` then."""
    try:
        advice = advise(profile, situation, options)
    except BackendRefusedError:
        return ()
    return needs_of(advice, profile, situation)


def needs_of(advice: Advice, profile: Profile, situation: Situation) -> tuple[Need, ...]:
    """What was not measured and could change this advice."""
    untried = any(
        lost.candidate.kind is PoolKind.THREADS and isinstance(lost.reason, Untried)
        for lost in advice.considered
    )
    if untried:
        ideal_s = advice.serial_s / facts.usable_cores(situation)
        if _worth_a_look(advice.serial_s, advice.expected.total_s - ideal_s, profile):
            return (_about_the_lock(profile, situation),)
    if advice.chosen.n_jobs == 1:
        return ()
    reading = (Need.READING,) if _is_read(profile) else ()
    processes = advice.chosen.kind is PoolKind.PROCESSES
    return (*reading, *(_unknown_travels(EngineKind.LOKY, profile) if processes else ()))


def _missed_s(decision: Decision, situation: Situation) -> float:
    """What threads would save at best: all that processes cost beside the work itself."""
    if not decision.is_parallel:
        return decision.serial_s * (1 - 1 / facts.usable_cores(situation))
    expected = decision.expected
    return expected.startup_s + expected.dispatch_s + expected.transfer_s


def _worth_a_look(serial_s: float, missed_s: float, profile: Profile) -> bool:
    """Whether threads could do so much better, or looking is so little of the whole.

    Looking takes an item at least, which nobody shares.
    """
    if missed_s > max(tunables.GIL_QUESTION_S, profile.mean_s / 2):
        return True
    return serial_s > max(tunables.GIL_SURE_S, profile.mean_s / tunables.BLOCKING_SHARE)


def _about_the_lock(profile: Profile, situation: Situation) -> Need:
    """First whether items hold the lock; only if not, real items on two threads."""
    looked = profile.gil is not None or not situation.gil
    return Need.THREADS_TRIAL if looked else Need.GIL_USE


def _unknown_travels(engine: EngineKind, profile: Profile) -> tuple[Need, ...]:
    if not engine.crosses_process:
        return ()
    travels = {Need.RESULT_TRANSFER: profile.result}
    if engine is EngineKind.LOKY or not profile.inherited:
        travels[Need.ARGUMENT_TRANSFER] = profile.argument
    if engine is EngineKind.LOKY:
        travels[Need.FUNCTION_TRANSFER] = profile.function
    return tuple(need for need, travel in travels.items() if isinstance(travel, NotMeasured))


def _is_read(profile: Profile) -> bool:
    """Whether reading takes a share of the time that nobody knows; where it waits, it is small."""
    return not profile.inherited and profile.read_s is None and not facts.waits(profile)
