"""What a worker makes of an item of a run that keeps a journal: its result, ready to be written.

The input is digested before the function sees it, since that may change it. The result is
written where the item ran, so that the caller, which keeps the journal, has little to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from amorsize.journal.codec import Encoded, MisfitError, encode
from amorsize.journal.digests import digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from amorsize.vocab.checkpoint import Format


@dataclass(frozen=True, slots=True)
class Done:
    """One finished item."""

    index: int
    digest: bytes
    value: Encoded


@dataclass(frozen=True, slots=True)
class Misfit:
    """One that is finished, and whose result cannot be written."""

    index: int
    why: str


class Journalled:
    """``func``, made to take ``(index, item)`` and to give ``Done`` or ``Misfit``."""

    __slots__ = ("_form", "_func")

    def __init__(self, func: Callable[[Any], Any], form: Format) -> None:
        self._func = func
        self._form = form

    def __call__(self, pair: tuple[int, Any], /) -> Done | Misfit:
        index, item = pair
        mark = digest(item)
        result = self._func(item)
        try:
            return Done(index, mark, encode(result, self._form))
        except MisfitError as error:
            return Misfit(index, str(error))
