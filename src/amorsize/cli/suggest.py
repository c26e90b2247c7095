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
    if close := _close(name, known):
        return f"did you mean {' or '.join(close)}?"
    if 0 < len(known) <= MOST_NAMES:
        return f"there is {', '.join(sorted(known))}"
    return None


def similar_files(path: Path) -> str:
    """Name what the folder has instead, or say that there is no such folder."""
    folder = path.parent
    try:
        names = sorted(p.name for p in folder.iterdir() if p.suffix == path.suffix)
    except OSError as error:
        there = error.strerror if folder.exists() else f"there is no folder {folder}"
        return str(there)
    return did_you_mean(path.name, names) or f"nothing in the folder {folder} is called similarly"


def _close(name: str, known: Collection[str]) -> list[str]:
    try:
        from difflib import get_close_matches
    except (Exception, SystemExit):  # noqa: BLE001 - a file of the user's may have the same name
        return []
    return get_close_matches(name, known, n=3)
