"""``Failure``: what stands in the place of a result where an item's error was not to be raised."""

from __future__ import annotations

import reprlib
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from amorsize.engines.errors_travel import packed_error, unpack_error
from amorsize.errors import ResultLostError

if TYPE_CHECKING:
    from types import TracebackType

CALLED_BY: Final = "amorsize.engines.per_item"

SHOWN: Final = 200
"""Characters of an item that are kept: enough to know it again."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An item whose call raised, with ``on_error="collect"``.

    ``exception`` is the object that was raised, without its frames, which would keep what they
    hold alive; ``traceback`` is their text. From another process comes a copy. Where it cannot
    be pickled, a ``ResultLostError`` that names its class and text stands in for it.
    """

    index: int
    """Of the item, counted from 0."""
    item: str
    """Its ``repr``, cut to about 200 characters."""
    exception: BaseException
    traceback: str

    @classmethod
    def of(cls, index: int, item: object, error: BaseException) -> Failure:
        """To be called where ``error`` was caught."""
        text = "".join(traceback.format_exception(error.with_traceback(_users_frames(error))))
        return cls(index, bounded_repr(item), error.with_traceback(None), text)

    def __reduce__(self) -> Any:
        try:
            packed = packed_error(self.exception)
            unpack_error(packed)
        except Exception as why:  # noqa: BLE001 - an exception may hold anything
            packed = packed_error(_stand_in(self.exception, why))
        return _arrived, (packed, self.index, self.item, self.traceback)


@dataclass(frozen=True, slots=True)
class Skipped:
    """An item whose call raised, with ``on_error="skip"``: never seen by the user."""

    index: int
    error: str

    @classmethod
    def of(cls, index: int, error: BaseException) -> Skipped:
        return cls(index, text_of(error))


@dataclass(frozen=True, slots=True)
class TriedAgain:
    """The result of an item that needed more than one attempt: the user sees the result."""

    index: int
    attempts: int
    result: Any


def bounded_repr(value: object) -> str:
    """Never longer than ``SHOWN``, and never an error."""
    try:
        text = _SHORT.repr(value)
    except Exception as error:  # noqa: BLE001 - the user's __repr__ may raise anything
        text = f"<{type(value).__name__} whose repr raises {type(error).__name__}>"
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."


_SHORT: Final = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = SHOWN


def _users_frames(error: BaseException) -> TracebackType | None:
    """Its frames from the user's function on: who called that is no news."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_globals.get("__name__") == CALLED_BY:
        frames = frames.tb_next
    return frames


def _arrived(packed: bytes, *rest: Any) -> Failure:
    index, item, text = rest
    return Failure(index, item, unpack_error(packed)[0], text)


def _stand_in(error: BaseException, why: Exception) -> ResultLostError:
    stays = f"could not be sent between processes ({type(why).__name__}: {why})"
    return ResultLostError(text_of(error), hint=f"the exception {stays}")


def text_of(error: BaseException) -> str:
    """Class and text, and never an error."""
    name = type(error).__name__
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - the user's __str__ may raise anything
        return f"{name} (its text cannot be had)"
    return f"{name}: {text}" if text else name
