"""What the other side refused is asked for again: when, and how often.

Pure. Exponential backoff, as RFC 9110 (Retry-After) leaves it to clients that were told nothing.
"""

from __future__ import annotations

from typing import Final

FIRST_PAUSE_S: Final = 0.1
"""Before the second call of an item; each further one waits twice as long, ..."""

LONGEST_PAUSE_S: Final = 30.0
"""... but no longer than this, whatever the other side did not say."""

MOST_CALLS: Final = 10
"""Calls of one item that may be refused; the last refusal is raised. About 80 s of pauses."""


MOST_ASKED_S: Final = 600.0
"""Who asks to be left alone for longer than this is taken at their word: it is raised."""


def pause_s(refused: int) -> float:
    """How long an item waits that was refused so often."""
    return min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** (refused - 1))
