"""Where a file that somebody names is really written."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import NamedTuple


class Landing(NamedTuple):
    """Where it lands."""

    path: Path
    """What the name stands for: where another file takes its place, links are followed."""
    is_replaced: bool
    """Another file may take its place; a device or a pipe must be written into."""


def landing_of(name: str) -> Landing:
    """Look where what is written to ``name`` lands; nothing need be there yet.

    Raises:
        OSError: it cannot be told: links in a circle, a file where a folder should be.
    """
    path = Path(name)
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        mode = stat.S_IFREG
    if not stat.S_ISREG(mode):
        return Landing(path, is_replaced=False)
    return Landing(path.resolve() if path.is_symlink() else path, is_replaced=True)
