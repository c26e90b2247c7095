"""What was learned for one job, applied to another size of it, or another pool."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from amorsize.plan.facts import Case
from amorsize.plan.pool_search import Tried
from amorsize.vocab.options import DEFAULT_OPTIONS

if TYPE_CHECKING:
    from amorsize.vocab.advice import PoolCandidate
    from amorsize.vocab.profile import Profile
    from amorsize.vocab.situation import Situation


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What the plain loop and a pool would take for so many items."""

    items: int
    serial_s: float
    pool_s: float

    @property
    def speedup(self) -> float:
        return self.serial_s / self.pool_s if self.pool_s > 0 else 1.0


def repriced(
    profile: Profile, situation: Situation, candidate: PoolCandidate, *, items: int
) -> Prediction:
    """Predict the candidate for ``items`` items like those that the profile tells of."""
    tried = Tried(
        candidate.kind, Case(profile=profile, situation=situation, options=DEFAULT_OPTIONS)
    )
    work = replace(tried.work, items=items)
    serial_s = work.serial_s
    pool_s = serial_s if candidate.n_jobs == 1 else tried.makespan(candidate, work).total_s
    return Prediction(items=items, serial_s=serial_s, pool_s=pool_s)


def fitting_items(prediction: Prediction, budget_s: float, *, least: int) -> int:
    """As many items as both ways can run in the budget; all of them where they fit."""
    both_s = prediction.serial_s + prediction.pool_s
    if both_s <= budget_s:
        return prediction.items
    return max(min(least, prediction.items), int(prediction.items * budget_s / both_s))
