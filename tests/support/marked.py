"""Find what a program has started, however far down: a word in the environment is inherited."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

PATIENCE_S: Final = 10.0


def marked(word: str) -> list[str]:
    """Processes that were started with this word in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if word.encode() in (folder / "environ").read_bytes():
                found.append(folder.name)
        except OSError:  # it has ended, or is another user's
            continue
    return found


def left_of(word: str) -> list[str]:
    """Those that are still there after what is ending has ended."""
    give_up = time.monotonic() + PATIENCE_S
    while marked(word) and time.monotonic() < give_up:
        time.sleep(0.01)
    return marked(word)
