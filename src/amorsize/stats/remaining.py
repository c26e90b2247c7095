"""What the items not run yet will cost, foretold from those that have been.

Costs arrive as blocks of consecutive items and as probes of single items further on. The
account is bounded and cheap to keep, so that the question can be asked again and again.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from dataclasses import dataclass
from itertools import islice
from math import hypot
from typing import Final

from amorsize.stats.means import SUPPOSED_SPREAD, Mean, Part, mean_of
from amorsize.stats.probes import Probe, next_probe, with_probes
from amorsize.vocab.estimate import Measured

SURE: Final = 3.0
"""Standard errors beyond which the latest blocks count alone: the cost has changed."""

MAX_BINS: Final = 32
"""Neighbouring bins are merged beyond it: enough for a variance, little to add up."""

LATEST: Final = (8, 2)
"""So many of the latest blocks are compared with the whole: few, lest slow items wait long."""

FIRST_ONLY_LOW: Final = 0.18
"""Lower end from the first call alone, where one supposed spread is left below the mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Steady cost of a call, and the serial time of all items left."""

    mean_s: float
    spread: float
    """Standard deviation over mean of one call."""
    longest_s: float
    longest_left_s: float
    """Of the calls left, as far as can be told: the dearest met out of turn is done."""
    trend: float
    """Predicted mean of the items left over the mean of those seen."""
    remaining: Measured


class Costs:
    """A running account of what items cost. Each entry costs well under a microsecond."""

    __slots__ = (
        "_bins",
        "_blocks_per_bin",
        "_first_s",
        "_items",
        "_latest",
        "_longest_in_order_s",
        "_longest_s",
        "_open_blocks",
        "_open_items",
        "_open_s",
        "_probes",
        "_total_s",
    )

    def __init__(self) -> None:
        self._first_s = 0.0
        self._items = 0
        self._total_s = 0.0
        self._longest_s = 0.0
        self._longest_in_order_s = 0.0
        self._bins: list[Part] = []
        self._blocks_per_bin = 1
        self._open_blocks = 0
        self._open_items = 0
        self._open_s = 0.0
        self._latest: deque[Part] = deque(maxlen=LATEST[0])
        self._probes: list[Probe] = []

    def first(self, elapsed_s: float) -> None:
        """The very first call: it warms up, and is not extrapolated once others were seen."""
        self._first_s = elapsed_s

    def block(self, count: int, elapsed_s: float) -> None:
        """``count`` consecutive items, in input order, took ``elapsed_s`` together."""
        others_s = (count - 1) * self._total_s / self._items if self._items else 0.0
        longest_s = elapsed_s - others_s if count > 1 else elapsed_s
        self._longest_in_order_s = max(self._longest_in_order_s, longest_s, elapsed_s / count)
        self._longest_s = max(self._longest_s, self._longest_in_order_s)
        self._items += count
        self._total_s += elapsed_s
        self._latest.append(Part(count, elapsed_s))
        self._open_blocks += 1
        self._open_items += count
        self._open_s += elapsed_s
        if self._open_blocks == self._blocks_per_bin:
            self._close_bin()

    def probe(self, index: int, item_s: float, items: int = 1) -> None:
        """Out of turn, ``items`` items at ``index`` took ``item_s`` each."""
        insort(self._probes, Probe(index, item_s, items))
        self._items += items
        self._total_s += items * item_s
        self._longest_s = max(self._longest_s, item_s)

    @property
    def dearest_probe_s(self) -> float:
        """Time of an item of the dearest probe; 0 where none was made."""
        return max((probe.item_s for probe in self._probes), default=0.0)

    def _longest_left_s(self) -> float:
        if len(self._probes) < 2:  # noqa: PLR2004 - a single one may be the start of many
            return self._longest_s
        _, second_s = sorted(probe.item_s for probe in self._probes)[-2:][::-1]
        return max(self._longest_in_order_s, second_s)

    def next_probe(self, position: int, length: int) -> int | None:
        """Index of the item that would tell most about those left; ``None``: none would."""
        here = mean_of(self._latest or [Part(1, self._first_s)], 1)
        return next_probe(here.mean_s, self._ahead(position), position=position, length=length)

    def forecast(self, *, left: int | None, position: int, length: int | None) -> Forecast:
        """Foretell the items left: ``left`` of them, from ``position`` on, up to ``length``.

        Where ``left`` is ``None``, as much time again is expected as was seen so far.
        """
        parts = self._parts()
        if not parts:
            return self._from_first(left)
        count = self._items if left is None else left
        seen = ahead = mean_of(parts, count)
        if left is not None:
            ahead = self._of_late(seen, count)
        if length is not None and (probes := self._ahead(position)):
            ahead = with_probes(ahead, probes, position=position, length=length)
        return Forecast(
            mean_s=seen.mean_s,
            spread=seen.seen_spread,
            longest_s=self._longest_s,
            longest_left_s=self._longest_left_s(),
            trend=ahead.mean_s / seen.mean_s if seen.mean_s > 0 else 1.0,
            remaining=Measured(
                median_s=count * ahead.mean_s,
                low_s=count * ahead.low_s,
                high_s=count * ahead.high_s,
                samples=self._items + 1,
            ),
        )

    def _close_bin(self) -> None:
        self._bins.append(Part(self._open_items, self._open_s))
        self._open_blocks = self._open_items = 0
        self._open_s = 0.0
        if len(self._bins) == MAX_BINS:
            pairs = zip(self._bins[::2], self._bins[1::2], strict=True)
            self._bins = [Part(a.items + b.items, a.elapsed_s + b.elapsed_s) for a, b in pairs]
            self._blocks_per_bin *= 2

    def _parts(self) -> list[Part]:
        parts = list(self._bins)
        if self._open_items:
            parts.append(Part(self._open_items, self._open_s))
        return parts or [Part(items, items * item_s) for _, item_s, items in self._probes]

    def _from_first(self, left: int | None) -> Forecast:
        expected_s = self._first_s * (1 if left is None else left)
        return Forecast(
            mean_s=self._first_s,
            spread=SUPPOSED_SPREAD,
            longest_s=self._first_s,
            longest_left_s=self._first_s,
            trend=1.0,
            remaining=Measured(
                median_s=expected_s,
                low_s=min(FIRST_ONLY_LOW * expected_s, self._first_s),
                high_s=expected_s,
                samples=1,
            ),
        )

    def _of_late(self, seen: Mean, left: int) -> Mean:
        """The latest blocks alone, where they surely differ from the whole."""
        if len(self._bins) < 2 * LATEST[0]:
            return seen
        for blocks in LATEST:
            late = mean_of(islice(self._latest, LATEST[0] - blocks, None), left)
            noise_s = hypot(late.error * late.mean_s, seen.error * seen.mean_s)
            if abs(late.mean_s - seen.mean_s) > SURE * noise_s:
                return late
        return seen

    def _ahead(self, position: int) -> list[Probe]:
        return self._probes[bisect_left(self._probes, Probe(position, 0.0)) :]
