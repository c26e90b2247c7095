"""Sizes as people write them: ``512M``, ``1.5GiB``, ``4g``, all in powers of 1024."""

from __future__ import annotations

import re
from typing import Final

MIB: Final = 1024**2

_SIZE: Final = re.compile(
    r"(\d{1,18}(?:\.\d{1,9})?)\s*([kmgtp]?)(?:i?b)?", re.IGNORECASE | re.ASCII
)


def parse_size(text: str, *, unit_bytes: int = 1) -> int | None:
    """Bytes in ``text``, at least 1, or ``None``; a plain number counts ``unit_bytes``."""
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        return None
    amount, suffix = found[1], found[2].lower()
    factor = 1024 ** " kmgtp".index(suffix) if suffix else unit_bytes
    # whole numbers stay exact: a float would round those above 2**53
    size = int(amount) * factor if amount.isdecimal() else int(float(amount) * factor)
    return size or None
