"""The caller's items with their indices: ``(index, item)`` pairs, lazily, for what needs both.

Data that can be indexed stay so, and nothing is copied: forked workers inherit them as before.
A numbering may leave items out, which others have done already. A *place* counts the items of
the run, an *index* those of the data; they are the same where nothing is left out.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Finished(Protocol):
    """Items that were done before the run, by their indices: nobody shall run them again."""

    def ahead(self) -> int:
        """How many of them have not been passed."""

    def next_from(self, index: int) -> int:
        """The next one at ``index`` or after it; ``sys.maxsize`` where there is none."""

    def passes(self, index: int, item: Any) -> bool:
        """Pass one of them; false: it is to run after all."""


class Numbering:
    """Which item stands at which place of a run."""

    __slots__ = ("_before", "_left_out")

    def __init__(self, left_out: Iterable[int] = ()) -> None:
        """``left_out``: indices, each once, in any order."""
        self._left_out = array("q", sorted(left_out))
        self._before = array("q", (index - k for k, index in enumerate(self._left_out)))
        """For each item left out, how many before it are not."""

    def index_of(self, place: int) -> int:
        return place + bisect_right(self._before, place)

    def places(self, items: int) -> int:
        """How many of the first ``items`` are not left out."""
        return items - bisect_left(self._left_out, items)

    def pairs(self, items: Iterable[Any]) -> Iterator[tuple[int, Any]]:
        """Those not left out, read one by one."""
        numbered = enumerate(items)
        if not self._left_out:
            return numbered
        skipped = frozenset(self._left_out)
        return filter(lambda pair: pair[0] not in skipped, numbered)


class Numbered:
    """Data that can be indexed, seen as pairs; it can be indexed by place.

    Its iterator is the interpreter's own for what has only ``__getitem__``: it can be moved.
    """

    __slots__ = ("_data", "_numbering")

    def __init__(self, data: Any, numbering: Numbering) -> None:
        self._data = data
        self._numbering = numbering

    def __len__(self) -> int:
        return self._numbering.places(len(self._data))

    def __getitem__(self, place: int) -> tuple[int, Any]:
        index = self._numbering.index_of(place)
        return index, self._data[index]
