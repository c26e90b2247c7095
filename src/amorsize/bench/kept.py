"""The user's data, listed so that it can be run again, and no item of a one-shot input lost."""

from __future__ import annotations

from itertools import chain, islice
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from amorsize.errors import UsageError
from amorsize.plan.units import seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LISTED: Final = (list, tuple, range)
"""Taken as they are."""

READ_AT_ONCE: Final = 1000


class Kept(NamedTuple):
    """Items to measure on, and all of them."""

    items: Sequence[Any]
    data: Any
    """Still yields every item."""


def keep(data: Iterable[Any], most: int | None, *, limit_s: float) -> Kept:
    """List ``data``, or its first ``most`` items.

    Raises:
        UsageError: there is none, or reading takes longer than ``limit_s``.
    """
    if type(data) in LISTED:
        listed: Sequence[Any] = data  # type: ignore[assignment]  # it is one of them
        items = listed if most is None else listed[:most]
        kept = Kept(items, data)
    else:
        iterator = iter(data)
        items = list(_read(iterator, most, limit_s))
        kept = Kept(items, chain(items, iterator) if iterator is data else data)
    if not len(kept.items):
        complaint = "data parameter must not be empty"
        raise UsageError.parameter(complaint, hint="there is nothing to measure")
    return kept


def spread(items: Sequence[Any], count: int) -> Sequence[Any]:
    """So many of them, evenly spread, the first among them."""
    if count >= len(items):
        return items
    return [items[at * len(items) // count] for at in range(count)]


def _read(iterator: Iterator[Any], most: int | None, limit_s: float) -> Iterator[Any]:
    ends, left = monotonic() + limit_s, most
    while left is None or left > 0:
        count = READ_AT_ONCE if left is None else min(left, READ_AT_ONCE)
        block = list(islice(iterator, count))
        yield from block
        if len(block) < count:
            return
        left = None if left is None else left - count
        if monotonic() > ends:
            complaint = f"data parameter took longer than {seconds(limit_s)} to read"
            raise UsageError.parameter(complaint, hint="give max_items, or a longer timeout")
