"""How far a few runs that took longer, or less, than was foretold move the next prediction."""

from __future__ import annotations

from math import exp, log
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

RUNS_OF_DOUBT: Final = 3
"""The model has the weight of so many runs.

Variance of one run over that of the model's own error: runs of the same job differed by about
0.2, and the model is to err by 0.1 in the median. A guess from these, not tuned."""

MOST: Final = 2.0
"""No run counts as further off than this factor: then it was not the model that erred."""


def correction(ratios: Sequence[float], *, before: float = 1.0) -> float:
    """The factor for the next prediction, from ``actual / modelled`` of earlier ones.

    ``before`` is the factor that would be used without them: 1, or what runs of other functions
    on the same machine say. The logarithm of the result is ``b + n / (n + RUNS_OF_DOUBT) *
    (m - b)``, with ``b`` that of ``before`` and ``m`` the median of those of the ratios: the
    credibility factor of Buehlmann (ASTIN Bulletin 4(3), 1967), which is the posterior mean of a
    normal with a normal prior at ``before``; with the median for the mean, so that one strange
    run does not count (Huber, Annals of Mathematical Statistics 35(1), 1964). Of the two middle
    values of an even number, or between them, the one nearest to ``before`` is taken.

    Lies between ``1 / MOST`` and ``MOST``, is ``before`` without runs, and grows with each ratio.
    """
    logs = sorted(_log(ratio, MOST) for ratio in ratios)
    if not logs:
        return before
    runs, expected = len(logs), _log(before, MOST)
    middle = min(max(expected, logs[(runs - 1) // 2]), logs[runs // 2])
    return exp(expected + runs / (runs + RUNS_OF_DOUBT) * (middle - expected))


def typical(ratios: Sequence[float], *, most: float) -> float:
    """The factor by which something of this machine differs from a table of another.

    Nearly the lower median of what was seen: the table has the weight of a single look, and a
    busy moment makes everything dearer. Lies between ``1 / most`` and ``most``.
    """
    logs = sorted(_log(ratio, most) for ratio in ratios)
    if not logs:
        return 1.0
    looks = len(logs)
    return exp(looks / (looks + 1) * logs[(looks - 1) // 2])


def _log(ratio: float, most: float) -> float:
    return log(min(max(ratio, 1 / most), most))
