"""The caller's side of handing out items: claimed in its thread, a chunk at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amorsize.engines.base import Failure
from amorsize.engines.source import Chunk, IndexedSource, IteratedSource

if TYPE_CHECKING:
    from amorsize.engines.source import Source


class Supply:
    """What is left of the input. It ends at its end, or where reading it raised."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.ended = False
        self.taken = 0
        self.failure: Failure | None = None
        """Reading the item at this index raised; it counts like a failure of that item."""

    @property
    def may_read_ahead(self) -> bool:
        """Whether listing items early runs no code of the user's."""
        source = self._source
        return source.is_in_memory and (source.exact or isinstance(source, IteratedSource))

    def left(self) -> int | None:
        """Items not claimed yet, as far as the input knows."""
        return 0 if self.ended else self._source.left()

    def expected(self) -> int:
        """The same, or as many again as were seen so far."""
        left = self.left()
        return self.taken if left is None else left

    def next(self, count: int) -> Chunk | None:
        """The next at most ``count`` items; ``None`` when there are no more."""
        if self.ended:
            return None
        source = self._source
        if isinstance(source, IndexedSource) and not source.exact:
            chunk = self._fetch(source, count)
        else:
            chunk = source.claim(count)
        if chunk is None:
            self.ended = not source.is_full
        else:
            self.taken += len(chunk.items)
        return chunk

    def _fetch(self, source: IndexedSource, count: int) -> Chunk | None:
        """Call the user's ``__getitem__``, and keep what it gave before it raised."""
        items: list[Any] = []
        block = source.block(count)
        try:
            items.extend(block)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - the user's __getitem__ may raise anything
            self.failure = Failure(source.position + len(items), error, "the input")
            self.ended = True
        chunk = Chunk(source.position, items)
        source.advance(len(items))
        return chunk if items else None
