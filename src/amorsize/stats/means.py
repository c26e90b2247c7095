"""Mean and spread of one item's cost from sums over blocks, and how sure they are."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

ONE_SIDED: Final = 1.64
"""Standard errors to the lower end: one-sided 95 % of a normal mean.

It covered 90 to 100 % of heavy-tailed workloads too: there the mean of a sample errs low.
"""

SUPPOSED_SPREAD: Final = 0.5
"""Standard deviation over mean that is assumed until seen, ..."""

SUPPOSED_WEIGHT: Final = 2
"""... with the weight of so many blocks: two equal items do not prove a flat workload."""

TOWERING: Final = 0.6
"""Lower end over mean below which one block may be what makes the mean uncertain."""

UNSEEN_S: Final = 1e-15
"""No call is shorter: the clock saw nothing, and dividing by it would mean nothing."""


class Part(NamedTuple):
    """Some items, and what they took together."""

    items: int
    elapsed_s: float


class Mean(NamedTuple):
    """Mean cost of one item, and between which ends the mean of those left will lie."""

    mean_s: float
    low_s: float
    high_s: float
    error: float
    """Standard error over mean."""
    spread: float
    """Standard deviation over mean of one item, cautiously: nobody is sure of few."""
    seen_spread: float
    """The same, as it was seen."""


def mean_of(parts: Iterable[Part], left: int) -> Mean:
    """Mean from block sums, its error from how much the blocks differ.

    One block that towers above the rest makes the error large; the rest without it then
    gives the better lower end.
    """
    parts = list(parts)
    whole = _mean_of(parts, left)
    if len(parts) <= SUPPOSED_WEIGHT or whole.low_s > TOWERING * whole.mean_s:
        return whole
    parts.remove(max(parts, key=lambda part: part.elapsed_s - part.items * whole.mean_s))
    rest = _mean_of(parts, left)
    return whole._replace(low_s=max(whole.low_s, min(rest.low_s, whole.mean_s)))


def interval(mean_s: float, error: float, *, spread: float, left: int) -> Mean:
    """The ends, from the error of the mean and the luck of the items left."""
    reach = ONE_SIDED * sqrt(error**2 + spread**2 / max(1, left))
    low_s = mean_s * max(0.0, 1 - reach)
    return Mean(mean_s, low_s, mean_s * (1 + reach), error, spread, spread)


def _mean_of(parts: list[Part], left: int) -> Mean:
    items, total_s, items_squared = 0, 0.0, 0
    for n, elapsed_s in parts:
        items += n
        total_s += elapsed_s
        items_squared += n * n
    mean_s = total_s / items
    if mean_s < UNSEEN_S:
        return Mean(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    squares = 0.0
    for n, elapsed_s in parts:
        squares += (elapsed_s - n * mean_s) ** 2 / n
    squares /= mean_s**2
    weight = SUPPOSED_WEIGHT + len(parts) - 1
    supposed = SUPPOSED_WEIGHT * SUPPOSED_SPREAD**2
    spread = sqrt((supposed + squares) / weight)
    seen = sqrt(squares / (len(parts) - 1)) if len(parts) > SUPPOSED_WEIGHT else spread
    share = items_squared / items**2
    error = sqrt((supposed + squares * len(parts) / items) / weight * share)
    return interval(mean_s, error, spread=spread, left=left)._replace(seen_spread=seen)
