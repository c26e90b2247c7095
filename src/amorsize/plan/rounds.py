"""Who runs in the next round of a comparison, for how long, and when it is enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from amorsize.stats.repeated import ratio_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from amorsize.stats.repeated import Ratio
    from amorsize.vocab.trials import Series

LEAST_ROUNDS: Final = 3
"""Fewer tell no interval that means anything."""

MOST_ROUNDS: Final = 15
"""Twice as many would narrow the interval by 1.4 only."""

CLEAR: Final = 1.1
"""A difference that is surely greater than this needs no better figure to be acted on."""

LEAST_LIMIT_S: Final = 0.05
"""However little time is left, a first run that was begun gets so much of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What a comparison is for."""

    precise: bool = False
    """A figure is wanted, not only who is faster."""
    most_rounds: int = MOST_ROUNDS


def next_round(
    series: Mapping[str, Series], goal: Goal, *, turn: int, left_s: float
) -> tuple[str, ...]:
    """Names of those who run in round ``turn``, in order; nobody: it is enough.

    Each round turns the order round, so that what drifts, drifts for all of them.
    """
    if turn == 0:
        return tuple(series)
    base = base_of(series)
    if base is None or turn >= goal.most_rounds:
        return ()
    others = [name for name in series if name != base and series[name].stopped is None]
    open_ones = [name for name in others if not is_settled(series[base], series[name], goal)]
    goes_on = open_ones or (not others and turn < LEAST_ROUNDS)
    names = [base, *open_ones] if goes_on else []
    needed_s = sum(series[name].median_s or 0.0 for name in names)
    if needed_s > left_s:
        return ()
    return tuple(names if turn % 2 == 0 else reversed(names))


def base_of(series: Mapping[str, Series]) -> str | None:
    """The one that all others are held against: the first that comes to its end."""
    return next((name for name, one in series.items() if one.stopped is None), None)


def is_settled(base: Series, other: Series, goal: Goal) -> bool:
    """Whether another run would hardly change what is said about a way."""
    ratio = ratio_of(base.seconds, other.seconds)
    if ratio is None or ratio.runs < LEAST_ROUNDS:
        return False
    return ratio.is_precise or (not goal.precise and _is_clear(ratio))


def limit_s(names: Sequence[str], at: int, *, turn: int, left_s: float) -> float:
    """How long the ``at``-th of this round may take: a first run leaves the others their share."""
    if turn > 0:
        return left_s
    return max(LEAST_LIMIT_S, left_s / (len(names) - at))


def _is_clear(ratio: Ratio) -> bool:
    return ratio.sure_low > CLEAR or ratio.sure_high < 1 / CLEAR
