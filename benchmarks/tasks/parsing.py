"""Text and JSON."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any, Final

ADDRESS: Final = re.compile(r"[\w.]+@[\w.]+")


def parsed(text: str) -> Any:
    """Return the whole document."""
    return json.loads(text)


def total_of(text: str) -> int:
    """Return one number of the document."""
    return sum(row["value"] for row in json.loads(text))


def commonest(text: str) -> list[tuple[str, int]]:
    """Count words."""
    return Counter(text.lower().split()).most_common(3)


def addresses_in(text: str) -> int:
    """Search with a regular expression."""
    return len(ADDRESS.findall(text))
