"""What the caller asked for about the file in which finished items are kept."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Format(StrEnum):
    """How results are written."""

    JSON = "json"
    PICKLE = "pickle"
    """The owner's choice: who can write to the file can run code in the program that reads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointWanted:
    """A file, and how to treat it."""

    path: str
    form: Format = Format.JSON
    force: bool = False
    """Go on although the function or the data have changed."""
