"""Choose an engine for the items left: from facts, without a clock, within 100 us."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Final

from amorsize.plan import rules, tunables
from amorsize.plan.facts import Case
from amorsize.plan.pays import TOO_SOON, does_not_pay
from amorsize.plan.search import best_offer
from amorsize.plan.verdicts import fastest_of, serial
from amorsize.plan.wording import refusal, wanted
from amorsize.vocab.options import Backend
from amorsize.vocab.plan import Candidate, Decision, EngineKind, NotForced, Rejected, Untried

if TYPE_CHECKING:
    from amorsize.plan.search import Offer
    from amorsize.vocab.options import Options
    from amorsize.vocab.plan import Rejection
    from amorsize.vocab.profile import Profile
    from amorsize.vocab.situation import Situation

PARALLEL: Final = (EngineKind.THREADS, EngineKind.TEAM, EngineKind.LOKY)

_INHERITS: Final = Untried("forked workers inherit function and items; here both must be sent")


def could_pay(remaining_high_s: float, item_s: float) -> bool:
    """Whether the work left is worth a thought at all; for ``auto``, asked in the hot loop."""
    return remaining_high_s > tunables.SCREEN_S and item_s > tunables.TOO_SHORT_S


def is_long_enough(whole_s: float, *, cpu_share: float, warm: bool = False) -> bool:
    """Whether a job of ``whole_s``, what was run included, is worth its questions.

    ``warm``: somebody keeps workers for it.
    """
    least_s = tunables.WARM_SCREEN_S if warm else tunables.COMPUTING_SCREEN_S
    return cpu_share < tunables.WAITING_SHARE or whole_s >= least_s


def decide(profile: Profile, situation: Situation, options: Options) -> Decision:
    """Choose who runs the items left. What was not measured is taken to cost nothing.

    Raises:
        BackendRefusedError: what the caller forces cannot be done, and why.
    """
    case = Case(profile=profile, situation=situation, options=options)
    if options.forces_serial:
        return _as_told(case)
    if case.items < 1:
        return serial(profile)
    offers, rejected = _offers(case)
    if options.forces_parallel:
        return _forced(offers or _last_resort(case), rejected, case)
    offers, rejected = _paying(offers, rejected, profile)
    return fastest_of(offers, rejected, profile) if offers else serial(profile, tuple(rejected))


def _offers(case: Case) -> tuple[list[Offer], list[Rejected]]:
    offers: list[Offer] = []
    rejected: list[Rejected] = []
    for engine in PARALLEL:
        reason = _ruled_out(engine, case)
        cold = not case.situation.spawned_warm
        if reason is None and engine is EngineKind.LOKY and cold and _has_team(offers):
            reason = _INHERITS
        if reason is None:
            offers.append(best_offer(engine, case))
        else:
            rejected.append(_not_considered(engine, case, reason))
    return offers, rejected


def _has_team(offers: list[Offer]) -> bool:
    return any(offer.candidate.engine is EngineKind.TEAM for offer in offers)


def _ruled_out(engine: EngineKind, case: Case) -> Rejection | None:
    backend = case.options.backend
    kind = Backend.PROCESSES if engine.crosses_process else Backend.THREADS
    if backend not in {Backend.AUTO, kind}:
        return NotForced(wanted(case.options))
    reason = rules.impossible(engine, case)
    if reason is None and backend is Backend.AUTO:
        reason = rules.unwise(engine, case)
    return reason


def _paying(
    offers: list[Offer], rejected: list[Rejected], profile: Profile
) -> tuple[list[Offer], list[Rejected]]:
    answers = [(offer, does_not_pay(offer, profile)) for offer in offers]
    lost = [
        Rejected(candidate=offer.candidate, reason=reason, expected=offer.expected)
        for offer, reason in answers
        if reason is not None
    ]
    soon_s = min((offer.at_best_s for offer, reason in answers if reason == TOO_SOON), default=inf)
    kept = [
        offer
        for offer, reason in answers
        if reason is None and offer.expected.total_s < tunables.SOON_BETTER * soon_s
    ]
    return kept, [*lost, *rejected]


def _last_resort(case: Case) -> list[Offer]:
    """Threads may take turns, and still do as told, where nothing better can be had."""
    allowed = case.options.backend is Backend.AUTO and case.profile.carries is None
    return [best_offer(EngineKind.THREADS, case)] if allowed else []


def _forced(offers: list[Offer], rejected: list[Rejected], case: Case) -> Decision:
    if not offers:
        raise refusal(case.options, [lost.reason for lost in rejected])
    return fastest_of(offers, rejected, case.profile, forced=wanted(case.options))


def _as_told(case: Case) -> Decision:
    asked = wanted(case.options)
    rejected = [_not_considered(engine, case, NotForced(asked)) for engine in PARALLEL]
    return serial(case.profile, tuple(rejected), forced=asked)


def _not_considered(engine: EngineKind, case: Case, reason: Rejection) -> Rejected:
    workers = case.options.n_jobs or max(2, case.situation.cores)
    return Rejected(candidate=Candidate(engine=engine, workers=workers, chunk=1), reason=reason)
