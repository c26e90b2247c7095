"""Numbers with the unit that suits their size, at three digits."""

from __future__ import annotations

from math import floor, log10
from typing import Final

DIGITS: Final = 3

_SECONDS: Final = (
    ("h", 3600.0, 7200.0),
    ("min", 60.0, 120.0),
    ("s", 1.0, 1.0),
    ("ms", 1e-3, 1e-3),
    ("\u00b5s", 1e-6, 1e-6),
    ("ns", 1e-9, 1e-9),
)
"""Name, size, and the least value that it is used for: 90 s are not 1.50 min."""

_BYTES: Final = (("GB", 1e9, 1e9), ("MB", 1e6, 1e6), ("KB", 1e3, 1e3))


def seconds(value_s: float) -> str:
    """A duration: ``350 ns``, ``12.3 ms``, ``1.50 s``, ``90.0 s``, ``2.50 min``."""
    return _scaled(value_s, _SECONDS) or "0 s"


def size(value_bytes: float) -> str:
    """A size: ``17 B``, ``1.20 KB``, ``3.00 MB``."""
    return _scaled(value_bytes, _BYTES) or f"{value_bytes:.0f} B"


def three_digits(value: float) -> str:
    """The number with three digits, or with all those before the point."""
    before = floor(log10(abs(value))) + 1 if value else 1
    rounded = f"{value:.{max(0, DIGITS - max(1, before))}f}"
    return rounded if len(rounded.lstrip("-")) <= DIGITS + 1 else f"{value:.{max(0, 2 - before)}f}"


def _scaled(value: float, units: tuple[tuple[str, float, float], ...]) -> str:
    for unit, one, least in units:
        if abs(value) >= least * (1 - 0.5 * 10**-DIGITS):
            return f"{three_digits(value / one)} {unit}"
    return ""
