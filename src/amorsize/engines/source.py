"""The caller's data, read exactly as the plain loop would read it.

Input is indexed only where indexing equals iterating; everything else is iterated once.
Nothing is ever handed out twice, and nothing is read ahead unless asked for.
"""

from __future__ import annotations

import array
import sys
from bisect import bisect_left
from collections import deque
from contextlib import suppress
from itertools import chain, groupby, islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from amorsize.engines.numbered import Numbered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from amorsize.engines.numbered import Finished

INDEXED_TYPES = (list, tuple, range, str, bytes, bytearray, array.array)
IN_MEMORY_TYPES: tuple[type, ...] = (
    dict,
    set,
    frozenset,
    deque,
    type({}.keys()),
    type({}.values()),
    type({}.items()),
)
"""Containers that hold their items already: listing the rest costs no work of the user's."""


class Chunk(NamedTuple):
    """Consecutive items, listed, and the index of the first."""

    start: int
    items: list[Any]


class Taken(NamedTuple):
    """Items from ``start`` up to ``stop``, not included; empty where they meet."""

    start: int
    stop: int


class IndexedSource:
    """Data whose items can be fetched in any order, from ``offset`` to ``length``.

    ``exact`` is false where ``len`` is only a promise: an object with nothing but
    ``__getitem__`` ends at its first ``IndexError``, before or after that. Where they are
    ``numbered`` the items are ``(index, item)`` pairs.
    """

    indexed = True
    is_in_memory = True
    is_full = False

    def __init__(
        self,
        data: Any,
        *,
        offset: int = 0,
        exact: bool = True,
        numbered: bool = False,
    ) -> None:
        self.data = data
        """The user's own."""
        self._view = Numbered(data) if numbered else data
        self.numbered = numbered
        self.offset = offset
        self.exact = exact
        self.length: int = offset + len(self._view)
        self.position = offset
        self._is_cut = False
        self._probed: list[Taken] = []
        """Intervals that were taken out of turn, in order, apart."""

    def items(self, start: int, stop: int | None) -> Iterator[Any]:
        """Items of the given indices, fetched lazily, as iterating would fetch them."""
        iterator: Any = iter(self._view)
        iterator.__setstate__(start - self.offset)
        return iterator if stop is None else islice(iterator, stop - start)

    def probe(self, start: int, count: int) -> Taken:
        """Take up to ``count`` items out of turn, from ``start`` or the next free one on."""
        at = bisect_left(self._probed, (start, start))
        if at and self._probed[at - 1][1] > start:
            start = self._probed[at - 1][1]
        gap = self._probed[at][0] if at < len(self._probed) else self.length
        taken = Taken(start, min(start + count, gap))
        if taken.stop > start:
            self._probed.insert(at, taken)
        return taken

    def room(self, count: int) -> int:
        """How many consecutive items, up to ``count``, come next; 0 at the end."""
        self._skip_probed()
        if self.position >= self.length and not self._is_cut:
            self.length = self.offset + len(self._view)  # func may have made its input longer
        return max(0, min(count, self._edge() - self.position))

    def block(self, count: int) -> Iterator[Any]:
        """The next ``room(count)`` items, from ``position`` on, fetched lazily.

        Call ``advance`` with the number that was really run.
        """
        room = self.room(count)
        return self.items(self.position, self.position + room)

    def advance(self, count: int) -> None:
        self.position += count

    def left(self) -> int:
        """Number of items neither run nor probed."""
        self._skip_probed()
        probed = sum(min(stop, self.length) - start for start, stop in self._probed)
        return max(0, self.length - self.position - probed)

    def claim(self, count: int) -> Chunk | None:
        """The next at most ``count`` items, listed; ``None`` at the end.

        What cannot be fetched ends the list; it is raised when it is fetched in its turn.
        """
        items: list[Any] = []
        with suppress(Exception):
            items.extend(self.block(count))
        start = self.position
        self.advance(len(items))
        return Chunk(start, items) if items else None

    def give_back(self, items: list[Any]) -> None:
        """Take back the last claimed items: nobody has run them."""
        self.position -= len(items)

    def spans(self) -> list[tuple[int, int]]:
        """Take all that is left, as intervals of indices."""
        self._skip_probed()
        starts = [self.position, *(stop for _, stop in self._probed)]
        stops = [*(start for start, _ in self._probed), self.length]
        self._probed.clear()
        self.position = max(self.position, self.length)
        return [(a, b) for a, b in zip(starts, stops, strict=True) if a < b]

    @property
    def has_gaps(self) -> bool:
        """Whether items further on have been taken out of turn."""
        self._skip_probed()
        return bool(self._probed)

    def cut(self, index: int) -> None:
        """Forget the items from ``index`` on."""
        self.length = min(self.length, index)
        self.exact = self._is_cut = True
        self._probed = [Taken(a, min(b, index)) for a, b in self._probed if a < index]

    def _skip_probed(self) -> None:
        while self._probed and self._probed[0][0] <= self.position:
            self.position = max(self.position, self._probed.pop(0)[1])

    def _edge(self) -> int:
        """Where the next gap or the end is; an object with only ``__getitem__`` says when."""
        if self._probed:
            return self._probed[0][0]
        return self.length if self.exact else sys.maxsize


class IteratedSource:
    """Data that is iterated once, in order, in the caller's thread.

    ``length`` is what ``len`` promised, or ``None``; it is never trusted for more than a
    forecast. What the iterator itself raises ends the input and is kept in ``broken``; an
    interrupt is raised at once. After its end the iterator is not asked again.
    """

    indexed = False
    is_full = False
    """Whether no more may be read before results have been taken."""
    exact = False

    def __init__(
        self,
        data: Any,
        *,
        length: int | None,
        in_memory: bool = False,
        keep: bool = False,
        numbered: bool = False,
    ) -> None:
        self._data = data
        self._iterator = iter(data)
        self.finished: Finished | None = None
        self.numbered = numbered
        if numbered:
            self._iterator = enumerate(self._iterator)
        self.is_in_memory = in_memory
        self.is_fleeting = isinstance(data, groupby)
        """Its items share the iterator, and end when the next one is asked for."""
        self.length = length
        self.position = 0
        self.broken: BaseException | None = None
        self.kept: list[Any] | None = [] if keep else None

    def room(self, count: int) -> int:
        """How many items may come next: nobody knows before they are read."""
        return count if self.finished is None else min(count, self._skip(self.finished))

    def _skip(self, finished: Finished) -> int:
        """Read past what is finished; how many items come before more of that."""
        while (edge := finished.next_from(self.position)) == self.position:
            try:
                item = next(self._iterator, NOTHING)
            except Exception as error:  # noqa: BLE001 - the user's iterator; raised in its turn
                self._iterator = _raising(error)
                return sys.maxsize
            if item is NOTHING:
                self._iterator = iter(())
                return sys.maxsize
            if finished.passes(self.position, *bare(self, [item])):
                self.position += 1
                if self.kept is not None:
                    self.kept.append(item)
            else:
                self._iterator = chain([item], self._iterator)
        return edge - self.position

    def block(self, count: int) -> Iterator[Any]:
        """The next at most ``count`` items, read lazily; see ``IndexedSource.block``."""
        if self.kept is None:
            return islice(self._iterator, count)
        return self._remembering(count)

    def advance(self, count: int) -> None:
        self.position += count

    def left(self) -> int | None:
        """Number of items to come; unknown once more have come than were promised."""
        if self.length is None or self.position > self.length:
            return None
        done = 0 if self.finished is None else self.finished.ahead()
        return max(0, self.length - self.position - done)

    def claim(self, count: int) -> Chunk | None:
        """The next at most ``count`` items, listed; ``None`` at the end or where it broke."""
        items: list[Any] = []
        count = self.room(count)
        if self.broken is None:
            try:
                items.extend(self.block(count))
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # noqa: BLE001 - the user's iterator; raised in its turn
                self.broken = error
            if len(items) < count:  # some iterators would go on if they were asked again
                self._iterator = iter(())
        start = self.position
        self.position += len(items)
        return Chunk(start, items) if items else None

    def give_back(self, items: list[Any]) -> None:
        """Take back the last claimed items: nobody has run them.

        Where reading had broken off behind them, it does so again when they are through.
        """
        rest = self._iterator if self.broken is None else _raising(self.broken)
        self._iterator, self.broken = chain(items, rest), None
        self.position -= len(items)
        if self.kept is not None:
            del self.kept[len(self.kept) - len(items) :]

    def settled(self) -> Source:
        """The rest as an indexed source where the container holds all items anyway."""
        if not self.is_in_memory:
            return self
        rest = IndexedSource(list(self._iterator), offset=self.position)
        rest.numbered = self.numbered
        return rest

    def unread(self) -> Any:
        """Every item: the container itself, or those read before and those not read yet."""
        if self.is_in_memory:
            return self._data
        return bare(self, chain(self.kept or (), self._iterator))

    def _remembering(self, count: int) -> Iterator[Any]:
        kept = self.kept if self.kept is not None else []
        for item in islice(self._iterator, count):
            kept.append(item)
            yield item


NOTHING: Final = object()


def _raising(error: BaseException) -> Iterator[Any]:
    yield from ()
    raise error


Source: TypeAlias = IndexedSource | IteratedSource


def source_of(data: Iterable[Any], *, keep: bool = False, numbered: bool = False) -> Source:
    """Choose how to read ``data``; ``keep`` remembers what is read of a one-shot input.

    Where it is ``numbered`` the source gives ``(index, item)`` pairs.

    Raises:
        TypeError: as ``iter(data)`` does.
    """
    if _indexes_as_it_iterates(data):
        return IndexedSource(data, numbered=numbered)
    if _has_only_getitem(data):
        return IndexedSource(data, exact=False, numbered=numbered)
    return iterated(data, keep=keep, numbered=numbered)


def iterated(data: Iterable[Any], *, keep: bool = False, numbered: bool = False) -> IteratedSource:
    """Read ``data`` once and in order, also where it could be indexed."""
    return IteratedSource(
        data,
        length=promised_length(data),
        in_memory=_holds_all(data),
        keep=keep,
        numbered=numbered,
    )


def bare(source: Source, items: Iterable[Any]) -> Iterable[Any]:
    """Items that ``source`` has given, as they are in the user's data."""
    return (item for _, item in items) if source.numbered else items


def next_item(source: Source) -> list[Any]:
    """The next item, left where it is; empty at the end, and where it cannot be read now.

    What reading raises is raised again when it is read in its turn.
    """
    chunk = source.claim(1)
    items = [] if chunk is None else chunk.items
    source.give_back(items)
    return items


def all_items(source: Source, data: Any) -> Any:
    """Every item of ``data``, that ``source`` has read from: itself, where it can be read again."""
    return source.unread() if isinstance(source, IteratedSource) else data


def _indexes_as_it_iterates(data: Any) -> bool:
    kind = type(data)
    if kind in INDEXED_TYPES:
        return True
    if kind.__module__ == "numpy" and kind.__name__ == "ndarray":
        return bool(data.ndim > 0)
    base = next((base for base in INDEXED_TYPES if issubclass(kind, base)), None)
    names = ("__iter__", "__getitem__", "__len__")
    return base is not None and all(getattr(kind, n) is getattr(base, n) for n in names)


def _has_only_getitem(data: Any) -> bool:
    kind = type(data)
    has = [hasattr(kind, name) for name in ("__getitem__", "__len__", "__iter__")]
    return has == [True, True, False] and promised_length(data) is not None


def _holds_all(data: Any) -> bool:
    kind = type(data)
    if kind in IN_MEMORY_TYPES:
        return True
    return kind.__module__.partition(".")[0] == "pandas" and kind.__name__ in {
        "Series",
        "DataFrame",
    }


def promised_length(data: Any) -> int | None:
    """What ``len`` says, where it can be asked."""
    try:
        return len(data)
    except Exception:  # noqa: BLE001 - the plain loop never asks, so it is no reason to fail
        return None
