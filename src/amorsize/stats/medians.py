"""The middle of a few measurements, and how sure it is, whatever their distribution."""

from __future__ import annotations

from math import comb
from typing import TYPE_CHECKING, Final

from amorsize.vocab.estimate import Measured

if TYPE_CHECKING:
    from collections.abc import Iterable

OUTSIDE: Final = 0.025
"""Chance that the true median lies below the interval, and as much that it lies above."""


def middle_of(samples: Iterable[float]) -> Measured:
    """The median, and its 95 % interval by ranks; of fewer than six, from least to most.

    How many samples lie below the true median is binomial (the sign test's interval).

    Raises:
        ValueError: there are no samples.
    """
    ordered = sorted(samples)
    if not ordered:
        msg = "there must be samples"
        raise ValueError(msg)
    count, outside = len(ordered), _ranks_outside(len(ordered))
    return Measured(
        median_s=(ordered[(count - 1) // 2] + ordered[count // 2]) / 2,
        low_s=ordered[outside],
        high_s=ordered[-1 - outside],
        samples=count,
    )


def _ranks_outside(count: int) -> int:
    """How many samples to leave out at each end."""
    rank, ways = 0, 1
    while ways <= OUTSIDE * 2**count:
        rank += 1
        ways += comb(count, rank)
    return max(0, rank - 1)
