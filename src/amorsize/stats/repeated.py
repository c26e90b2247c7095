"""What repeated, interleaved runs tell: a middle, how sure it is, and whether two ways differ.

Times are compared by their logarithms, as ratios. The middle is a trimmed mean, its error comes
from the winsorised spread (Tukey and McLaughlin, Sankhya A 25, 1963): a run that something else
disturbed does not carry the rest away.
"""

from __future__ import annotations

from math import exp, inf, log, sqrt
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from amorsize.vocab.estimate import Measured
from amorsize.vocab.trials import Choice

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAST_DIFFERENCE: Final = 0.02
"""Ratios nearer to 1 are called no difference however sure they are: other days differ by more."""

PRECISE: Final = 0.04
"""Half an interval of this width, relative to the middle, is good enough."""

TRIM_FROM: Final = 6
"""From so many runs on, every sixth part is left out at either end."""

UNSEEN_S: Final = 1e-9
"""Stands for a run that the clock did not see."""

_T_95: Final = (12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
_T_99: Final = (63.66, 9.925, 5.841, 4.604, 4.032, 3.707, 3.499, 3.355, 3.250, 3.169)
"""Two-sided quantiles of Student's t for 1 to 10 degrees of freedom; the last serves for more."""


class Ratio(NamedTuple):
    """How many times as long one way takes as another, with two intervals."""

    middle: float
    low: float
    high: float
    """At 95 %, to be shown."""
    sure_low: float
    sure_high: float
    """At 99 %, to be claimed by: they are looked at after every round, which costs certainty."""
    runs: int

    @classmethod
    def kept(cls, middle: float) -> Self:
        """A ratio that was precise when it was measured, and of which only the middle was kept."""
        low, high = middle / (1 + PRECISE), middle * (1 + PRECISE)
        return cls(middle, low, high, low, high, 2)

    @property
    def is_precise(self) -> bool:
        """Whether the interval is narrow enough to stop at."""
        return self.high <= self.low * (1 + 2 * PRECISE)


def interval_of(seconds: Sequence[float]) -> Measured | None:
    """The middle of repeated times, and its 95 % interval; one run tells no interval."""
    if not seconds:
        return None
    spread = _spread([log(max(one, UNSEEN_S)) for one in seconds])
    return Measured(
        median_s=exp(spread.middle),
        low_s=exp(spread.middle - spread.reach(_T_95)),
        high_s=_exp(spread.middle + spread.reach(_T_95)),
        samples=len(seconds),
    )


def ratio_of(base: Sequence[float], other: Sequence[float]) -> Ratio | None:
    """How many times as long ``base`` takes as ``other``, from the rounds that both were in."""
    pairs = list(zip(base, other, strict=False))
    if not pairs:
        return None
    spread = _spread([log(max(a, UNSEEN_S) / max(b, UNSEEN_S)) for a, b in pairs])
    shown, sure = spread.reach(_T_95), spread.reach(_T_99)
    return Ratio(
        middle=exp(spread.middle),
        low=exp(spread.middle - shown),
        high=_exp(spread.middle + shown),
        sure_low=exp(spread.middle - sure),
        sure_high=_exp(spread.middle + sure),
        runs=len(pairs),
    )


def choice_by(speedup: Ratio | None) -> Choice:
    """Whether the other way is faster than the base, as far as the noise lets us tell."""
    if speedup is None or speedup.runs < 2:  # noqa: PLR2004 - one run has no spread
        return Choice.UNKNOWN
    if speedup.sure_low > 1 and speedup.middle >= 1 + LEAST_DIFFERENCE:
        return Choice.FASTER
    if speedup.sure_high < 1 and speedup.middle <= 1 / (1 + LEAST_DIFFERENCE):
        return Choice.SLOWER
    return Choice.NO_DIFFERENCE


class _Spread(NamedTuple):
    middle: float
    error: float
    freedom: int

    def reach(self, quantiles: tuple[float, ...]) -> float:
        if not self.freedom:
            return inf
        return quantiles[min(self.freedom, len(quantiles)) - 1] * self.error


def _spread(values: list[float]) -> _Spread:
    ordered = sorted(values)
    count = len(ordered)
    cut = count // TRIM_FROM
    kept = ordered[cut : count - cut]
    middle = sum(kept) / len(kept)
    drawn_in = [kept[0]] * cut + kept + [kept[-1]] * cut
    mean = sum(drawn_in) / count
    squares = sum((value - mean) ** 2 for value in drawn_in)
    if count == 1:
        return _Spread(middle, 0.0, 0)
    error = sqrt(squares / (count - 1)) / (len(kept) / count * sqrt(count))
    return _Spread(middle, error, len(kept) - 1)


def _exp(value: float) -> float:
    return exp(value) if value < 700 else inf  # noqa: PLR2004 - the end of what a float holds
