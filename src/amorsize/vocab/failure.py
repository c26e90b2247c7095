"""What stands in the place of a result that there is none of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MOST_SHOWN: Final = 200
"""Characters of an item's ``repr``."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An item that failed, where the run was asked to go on."""

    index: int
    item: str
    """Its ``repr``, cut where it is long."""
    exception: BaseException
    traceback: str
    """As Python prints it, where the exception was raised."""


def shown(item: object) -> str:
    """An item as ``Failure`` shows it; its ``repr`` may raise anything, and be of any length."""
    try:
        text = repr(item)
    except Exception as error:  # noqa: BLE001 - the user's __repr__
        return f"<{type(item).__name__}, whose repr raises {type(error).__name__}>"
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."
