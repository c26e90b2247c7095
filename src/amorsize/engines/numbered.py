"""The caller's items with their indices: ``(index, item)`` pairs, lazily, for what needs both.

Data that can be indexed stay so, and nothing is copied: forked workers inherit them as before.
"""

from __future__ import annotations

from typing import Any, Protocol


class Finished(Protocol):
    """Items that were done before the run, by their indices: nobody shall run them again."""

    def ahead(self) -> int:
        """How many of them have not been passed."""

    def next_from(self, index: int) -> int:
        """The next one at ``index`` or after it; ``sys.maxsize`` where there is none."""

    def passes(self, index: int, item: Any) -> bool:
        """Pass one of them; false: it is to run after all."""


class Numbered:
    """Data that can be indexed, seen as pairs.

    Its iterator is the interpreter's own for what has only ``__getitem__``: it can be moved.
    """

    __slots__ = ("_data",)

    def __init__(self, data: Any) -> None:
        self._data = data

    def __len__(self) -> int:
        return len(self._data)

    def __getitem__(self, index: int) -> tuple[int, Any]:
        return index, self._data[index]
