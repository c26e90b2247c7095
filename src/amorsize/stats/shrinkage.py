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


def correction(ratios: Sequence[float]) -> float:
    """The factor for the next prediction, from ``actual / modelled`` of earlier ones.

    ``exp(n / (n + RUNS_OF_DOUBT) * m)``, where ``m`` is the median of the logarithms: the
    credibility factor of Buehlmann (ASTIN Bulletin 4(3), 1967), which is the posterior mean of a
    normal with a normal prior at the model; with the median for the mean, so that one strange
    run does not count (Huber, Annals of Mathematical Statistics 35(1), 1964). Of the two middle
    values of an even number, or between them, the one nearest to no correction is taken.

    Lies between ``1 / MOST`` and ``MOST``, is 1 without runs, and grows with each ratio.
    """
    logs = sorted(log(min(max(ratio, 1 / MOST), MOST)) for ratio in ratios)
    if not logs:
        return 1.0
    runs = len(logs)
    middle = min(max(0.0, logs[(runs - 1) // 2]), logs[runs // 2])
    return exp(runs / (runs + RUNS_OF_DOUBT) * middle)
