"""The fields that every new entry has: when and where it was made, and by which version."""

from __future__ import annotations

from typing import Any

from amorsize.cache import CACHE_VERSION
from amorsize.cache.clock import wall_clock
from amorsize.cache.system import here, system_info


def dated() -> dict[str, Any]:
    """Those of an entry that is made now."""
    return {
        "timestamp": wall_clock(),
        "system_info": system_info(here()),
        "cache_version": CACHE_VERSION,
    }
