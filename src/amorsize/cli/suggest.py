"""Hints after a misspelt name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

MOST_NAMES: Final = 8
"""A longer list is not read."""


def did_you_mean(name: str, known: Collection[str]) -> str | None:
    """Name what is spelt similarly, or else what there is, if that is little."""
    from difflib import get_close_matches

    if close := get_close_matches(name, known, n=3):
        return f"did you mean {' or '.join(close)}?"
    if 0 < len(known) <= MOST_NAMES:
        return f"there is {', '.join(sorted(known))}"
    return None


def similar_files(path: Path) -> str | None:
    """Name what the folder has instead, or say that there is no such folder."""
    folder = path.parent
    if not folder.is_dir():
        return f"there is no folder {folder}"
    names = sorted(p.name for p in folder.iterdir() if p.suffix == path.suffix)
    return did_you_mean(path.name, names)
