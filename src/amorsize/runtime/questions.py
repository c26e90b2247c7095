"""When to ask whether workers would pay: seldom enough to cost nothing, soon enough to help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amorsize.vocab.plan import Untried

if TYPE_CHECKING:
    from amorsize.engines.source import Source
    from amorsize.vocab.options import Options

FLEETING: Final = Untried("an item of this input is only good until the next one is read")
"""Why forced workers are refused."""

FIRST_CHECK_S: Final = 0.5e-3
"""No question is asked before: asking costs about 0.1 ms, a worker ten times that."""

CHECK_GROWTH: Final = 1.4
"""Each question waits until so much more was spent: a dozen of them in a run of 50 ms.

The first call does not count: it may have taken a second for an import, and items of 10 ms
after it would wait for 0.4 s."""

FIRM_GROWTH: Final = 4
"""... and longer where workers would have lost time even by the middle of the forecast."""

FORCED_LOOK_S: Final = 0.1e-3
"""Where workers are forced, so much is run before they are started, ..."""

FORCED_SHARE: Final = 0.01
"""... and no more than this share of the items; where their number is not known, just one."""


class Questions:
    """Says when the next one is due."""

    __slots__ = ("_from_s", "_next_s", "_options")

    def __init__(self, options: Options) -> None:
        self._options = options
        self._from_s = 0.0
        """Where growth begins: after the first call."""
        self._next_s = FIRST_CHECK_S

    def is_due(self, spent_s: float, items: int, source: Source) -> bool:
        """Whether to ask about what is left of ``source``, after so much spent on ``items``."""
        if self._options.forces_parallel:
            return self._has_looked(spent_s, items, source.left())
        if spent_s < self._next_s or self._options.forces_serial:
            return False
        if items == 1:
            self._from_s = spent_s
        self._wait(CHECK_GROWTH, spent_s)
        return source.left() != 0

    def _wait(self, growth: float, spent_s: float) -> None:
        self._next_s = self._from_s + max(FIRST_CHECK_S, growth * (spent_s - self._from_s))

    @staticmethod
    def _has_looked(spent_s: float, items: int, left: int | None) -> bool:
        """A first call says little of tiny items, and chunks are sized by it."""
        if left == 0:
            return False
        return left is None or items > FORCED_SHARE * left or spent_s >= FORCED_LOOK_S

    def answered_firmly(self, spent_s: float) -> None:
        """The plain loop it is, and that will hardly change."""
        self._wait(FIRM_GROWTH, spent_s)

    def start_over(self, spent_s: float) -> None:
        """What was answered before does not count any more."""
        self._next_s = spent_s + FIRST_CHECK_S
