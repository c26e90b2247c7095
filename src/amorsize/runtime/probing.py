"""How far the opening may run items out of turn, to see a trend or a heavy end in time."""

from __future__ import annotations

from typing import Final

from amorsize.engines.blocks import BLOCK_ITEMS

PROBE_AFTER_S: Final = 1e-3
"""Items run in input order until about the price of a worker has been spent."""

PROBE_SHARE: Final = 0.1
"""Beyond it, probing out of turn may take this share of the time spent."""

PROBE_S: Final = 50e-6
"""A probe of tiny items takes as many neighbours as fill this time, lest it measure itself."""

PROBE_OF_REST: Final = 0.003
"""... or this share of what seems to be left, which is more where items are long and many."""

FIRST_PROBES: Final = 4
"""The end, the middle and the quarters: whether a job that looks short hides a heavy part."""

MOST_PROBES: Final = 32
"""Spread probes err by 2 to 12 % from 20 on; more would only be bookkeeping."""

WAITING_PROBES: Final = 1
"""Items that wait cost nothing side by side, but one after the other what they wait: 32 probes of
50 ms took as long as half of 5,000 such items on 256 threads. How many threads is found anyway."""

DEARER: Final = 1.5
"""Times by which the items left may cost more than those seen, without a forecast."""

WORK_PER_PROBE_S: Final = 5e-3
"""One takes some 40 us beside its items: of so much work that is under 1 %."""

TINY_S: Final = 1e-6
"""Of such items a block of 4,096 costs more than 1 % more than the plain loop.

They are not probed either: gaps would keep the loop from running unbroken, which meets a late
change of cost by its alarm."""

SURELY: Final = 256
"""So many items show what they cost, although the first ones were slow."""


def probes_for(whole_s: float) -> int:
    """How many probes a job of ``whole_s`` is worth."""
    return max(FIRST_PROBES, min(int(whole_s / WORK_PER_PROBE_S), MOST_PROBES))


class Probes:
    """How many items were run out of turn, and what they took."""

    __slots__ = ("_dearest_s", "count", "took_s")

    def __init__(self) -> None:
        self.count = 0
        self.took_s = 0.0
        self._dearest_s = 0.0

    def took(self, elapsed_s: float) -> None:
        self.count += 1
        self.took_s += elapsed_s
        self._dearest_s = max(self._dearest_s, elapsed_s)

    def may_go_on(self, *, spent_s: float, items: int, left: int, most: int = MOST_PROBES) -> bool:
        """Whether one more is affordable, after so much spent on ``items``.

        The dearest does not count: only others tell whether a whole end is so dear, or one item.
        """
        if spent_s < max(PROBE_AFTER_S, TINY_S * items) or self.count >= most:
            return False
        in_order_s = (spent_s - self.took_s) / max(1, items - self.count)
        allowed_s = max(PROBE_AFTER_S + PROBE_SHARE * spent_s, PROBE_OF_REST * left * in_order_s)
        return self.took_s - self._dearest_s + max(PROBE_S, in_order_s) <= allowed_s


def probe_width(item_s: float) -> int:
    """How many neighbours to run together, where one item takes ``item_s``."""
    return max(1, min(int(PROBE_S / item_s), BLOCK_ITEMS)) if item_s > 0 else BLOCK_ITEMS
