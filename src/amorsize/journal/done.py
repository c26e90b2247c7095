"""What a worker makes of an item of a run that keeps a journal: its result, ready to be written.

The input is digested before the function sees it, since that may change it. The result is
written where the item ran, so that the caller, which keeps the journal, has little to do.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from amorsize.errors import ResultLostError
from amorsize.journal.codec import Encoded, MisfitError, encode
from amorsize.journal.digests import digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from amorsize.vocab.checkpoint import Format


@dataclass(frozen=True, slots=True)
class Done:
    """One finished item."""

    digest: bytes
    """Of the input."""
    value: Encoded
    """The result."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """One that is finished, and whose result cannot be written."""

    result: Any
    why: str

    def __reduce__(self) -> Any:
        """What cannot be written may not be able to travel either, which is no news then."""
        try:
            pickle.dumps(self.result, 5)
        except Exception:  # noqa: BLE001 - the user's __reduce__ may raise anything
            return Misfit, (ResultLostError(self.why), self.why)
        return Misfit, (self.result, self.why)


class Journalled:
    """``func``, made to give ``Done`` or ``Misfit``."""

    __slots__ = ("_form", "_func")

    def __init__(self, func: Callable[..., Any], form: Format) -> None:
        self._func = func
        self._form = form

    def __call__(self, item: Any, /, *more: Any) -> Done | Misfit:
        mark = digest(item)
        result = self._func(item, *more)
        try:
            return Done(mark, encode(result, self._form))
        except MisfitError as error:
            return Misfit(result, str(error))
