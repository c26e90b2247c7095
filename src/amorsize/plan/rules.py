"""What rules an engine out, whatever it would cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amorsize.plan import facts, tunables
from amorsize.plan.footprint import workers_that_fit
from amorsize.vocab.plan import (
    CannotCross,
    CarriesConnection,
    ChangesItsItem,
    EngineKind,
    ForkUnsafe,
    HoldsTheLock,
    Nested,
    NotForced,
    OneCore,
    Rejection,
    TooMuchMemory,
    TooShort,
    Untried,
    UsesItsCores,
)
from amorsize.vocab.profile import CannotTravel

if TYPE_CHECKING:
    from amorsize.plan.facts import Case
    from amorsize.vocab.profile import Profile, Travel
    from amorsize.vocab.situation import Situation

_MOSTLY_WAITS: Final = Untried("the function mostly waits, and threads wait at no cost")


_ONE_IS_ENOUGH: Final = Untried("one worker starts items as often as max_rate allows")


def impossible(engine: EngineKind, case: Case) -> Rejection | None:
    """Why ``engine`` cannot run this at all, not even by force."""
    profile, situation = case.profile, case.situation
    if not engine.crosses_process:
        return None
    if situation.spawn_impossible is not None:
        return CannotCross("the work", situation.spawn_impossible)
    if situation.nested_in is not None:
        # several at once, each with workers of its own, would be far too many
        return Nested(situation.nested_in)
    if engine is EngineKind.TEAM:
        if situation.fork_unsafe is not None:
            return ForkUnsafe(situation.fork_unsafe)
        return _stuck(profile.result)
    return _stuck(profile.function, profile.argument, profile.result)


def unwise(engine: EngineKind, case: Case) -> Rejection | None:
    """Why ``auto`` does not use ``engine`` although it could."""
    profile, situation = case.profile, case.situation
    reason = _alone(case)
    if reason is not None:
        return reason
    if engine is EngineKind.THREADS:
        return _threads(case)
    if profile.returns_its_item:
        return ChangesItsItem()
    if case.options.prefer_threads_for_io and facts.mostly_waits(profile, situation):
        return _MOSTLY_WAITS
    return _memory(profile, situation) or _cores(profile, situation)


def _alone(case: Case) -> Rejection | None:
    """Why nobody is to help the caller, whoever it is."""
    if case.profile.carries is not None:
        return CarriesConnection(case.profile.carries)
    if case.situation.nested_in is not None:
        return Nested(case.situation.nested_in)
    return _ONE_IS_ENOUGH if facts.allowed_workers(case) == 1 else None


def _stuck(*travels: Travel) -> CannotCross | None:
    stuck = next((travel for travel in travels if isinstance(travel, CannotTravel)), None)
    return None if stuck is None else CannotCross(stuck.what, stuck.why)


def _memory(profile: Profile, situation: Situation) -> TooMuchMemory | None:
    if situation.room is None or workers_that_fit(profile, situation) != 1:
        return None
    return TooMuchMemory(profile.peak_bytes, situation.room.free_bytes)


def _cores(profile: Profile, situation: Situation) -> Rejection | None:
    usable, load = facts.usable_cores(situation), facts.load_of(profile)
    if usable / load >= tunables.MIN_RATE:
        return None
    return UsesItsCores(load, usable) if usable > tunables.MIN_RATE else OneCore(situation.cores)


def _threads(case: Case) -> Rejection | None:
    profile, situation = case.profile, case.situation
    short = _memory(profile, situation)
    if short is not None:
        return short
    if facts.waits(profile):
        wanted = not case.options.prefer_threads_for_io
        return NotForced("prefer_threads_for_io=False") if wanted else None
    return _cores(profile, situation) or _lock(profile, situation)


def _lock(profile: Profile, situation: Situation) -> Rejection | None:
    if situation.gil and profile.mean_s < tunables.SHORTEST_RELEASE_S:
        return TooShort(profile.mean_s)
    if profile.gil is None:
        return Untried("whether the function releases the interpreter lock was not measured")
    if situation.gil and profile.gil.free_share < tunables.FREE_SHARE:
        return HoldsTheLock(profile.gil.free_share)
    if profile.gil.threads_gain is None:
        return Untried("no items were tried on two threads")
    gains = profile.gil.threads_gain >= tunables.THREADS_GAIN
    return None if gains else HoldsTheLock(profile.gil.free_share)
