"""When an item began, for those who count its seconds: not while it waits for its turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable


class ItemClock:
    """In a watched worker somebody listens; elsewhere nobody does."""

    starts: ClassVar[Callable[[], None] | None] = None
    waits: ClassVar[Callable[[], None] | None] = None


def item_starts() -> None:
    """From here on an item, or another attempt at it, takes its time."""
    if ItemClock.starts is not None:
        ItemClock.starts()


def item_waits() -> None:
    """It is over, or has not begun: this time is nobody's."""
    if ItemClock.waits is not None:
        ItemClock.waits()
