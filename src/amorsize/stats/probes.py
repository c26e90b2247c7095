"""What single items further on tell about all of them, and where to look next."""

from __future__ import annotations

from itertools import pairwise
from math import hypot, sqrt
from typing import TYPE_CHECKING, Final, NamedTuple

from amorsize.stats.means import ONE_SIDED, Mean, interval

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAST_SPREAD: Final = 0.1
"""Clocks and caches make single calls differ by so much where the work is the same."""


class Probe(NamedTuple):
    """``items`` items at index ``at`` took ``item_s`` each."""

    at: int
    item_s: float
    items: int = 1


def next_probe(here_s: float, ahead: Sequence[Probe], *, position: int, length: int) -> int | None:
    """Where one more probe tells most; the last item first, then gaps are halved.

    The gap is taken whose ends leave most open: wide, or with ends that differ. ``None``
    where nothing is left between them.
    """
    if not ahead or ahead[-1].at < length - 1:
        return length - 1 if length > position else None
    start, stop = max(pairwise([Probe(position - 1, here_s), *ahead]), key=_open_s)
    middle = (start.at + stop.at) // 2
    return middle if start.at < middle < stop.at else None


def with_probes(here: Mean, ahead: Sequence[Probe], *, position: int, length: int) -> Mean:
    """Mean of the items left by those seen in order and by the probes among them.

    Both count where they agree within their noise; where they do not, the probes do.
    """
    strata, share = _strata(here, ahead, position=position, length=length)
    noise = hypot(here.error, max(here.spread, LEAST_SPREAD) * sqrt(share))
    if abs(strata.mean_s - here.mean_s) > ONE_SIDED * noise * here.mean_s:
        return strata
    return _pooled(here, strata.mean_s, share)


def _pooled(here: Mean, ahead_s: float, share: float) -> Mean:
    """Both means, each by what it knows: the inverse of its variance."""
    if here.mean_s <= 0:
        return here
    variance = max(here.spread, LEAST_SPREAD) ** 2 * share
    weight = here.error**2 / (here.error**2 + variance)
    shift = 1 + weight * (ahead_s / here.mean_s - 1)
    return here._replace(
        mean_s=here.mean_s * shift, low_s=here.low_s * shift, high_s=here.high_s * shift
    )


def _strata(
    here: Mean, ahead: Sequence[Probe], *, position: int, length: int
) -> tuple[Mean, float]:
    """Trapezia between neighbouring probes, from the latest items on.

    Half the squared difference of two neighbours is the variance of one, where that is
    noise; where it is a slope, it covers the bend between them. No monotone stretch costs
    less than its cheaper end. The share is the sum of the probes' squared weights,
    each over the items it is a mean of.
    """
    end = max(length, ahead[-1].at + 1)
    points = [Probe(position - 1, here.mean_s), *ahead, Probe(end, ahead[-1].item_s)]
    items = before = 0
    total_s = least_s = variance = squares = 0.0
    for (start, a_s, probed), (stop, b_s, _) in pairwise(points):
        width = stop - start - 1
        items += width
        total_s += width * (a_s + b_s) / 2
        least_s += width * min(a_s, b_s)
        variance += (width * (b_s - a_s)) ** 2 / 2
        if start >= position:  # what was seen in order has an error of its own
            squares += ((before + width) / 2) ** 2 / probed
        before = width
    if total_s <= 0:
        return here, 0.0
    strata = interval(total_s / items, sqrt(variance) / total_s, spread=here.spread, left=items)
    sure = here.low_s / here.mean_s if here.mean_s > 0 else 0.0
    low_s = max(strata.low_s, sure * least_s / items)
    return strata._replace(low_s=low_s, seen_spread=here.seen_spread), squares / items**2


def _open_s(gap: tuple[Probe, Probe]) -> float:
    """How much a gap between two probes leaves open, in seconds."""
    (start, a_s, _), (stop, b_s, _) = gap
    return (stop - start - 1) * (abs(b_s - a_s) + LEAST_SPREAD * (a_s + b_s))
