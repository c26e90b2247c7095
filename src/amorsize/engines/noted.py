"""Items that a worker is about to start, as one number: a store of 8 bytes is never half seen."""

from __future__ import annotations

from typing import Final

from amorsize.engines.blocks import BLOCK_ITEMS

NOBODY: Final = -1
_BLOCK_BITS: Final = BLOCK_ITEMS.bit_length()


def noted(index: int, count: int) -> int:
    """``count`` items from ``index`` on, at most ``BLOCK_ITEMS``."""
    return index << _BLOCK_BITS | count


def seen(number: int) -> range | None:
    """The items of a note; ``None`` for ``NOBODY``."""
    if number == NOBODY:
        return None
    index = number >> _BLOCK_BITS
    return range(index, index + (number & (1 << _BLOCK_BITS) - 1))


def named(items: range) -> str:
    """As an error says it. Tiny items run in blocks: which of them it was, nobody noted."""
    if len(items) == 1:
        return f"item {items[0]}"
    return f"one of the items {items[0]} to {items[-1]}"
