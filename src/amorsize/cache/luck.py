"""Chance that disturbs nobody: the user's own generators are left alone, forks differ."""

from __future__ import annotations

import os
from typing import Final

BYTES: Final = 6


def luck() -> float:
    """A number from 0 up to 1, a fresh one each time."""
    return int.from_bytes(os.urandom(BYTES), "big") / 256**BYTES
