"""The one clock of this package: seconds since the epoch, which other processes share.

It may jump. What it dates is compared with care: see ``comparing.age_s`` and the codec's
bound on timestamps that lie ahead.
"""

from __future__ import annotations

import time
from typing import Final, TypeAlias

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

Clock: TypeAlias = "Callable[[], float]"

DAY_S: Final = 86400.0


def wall_clock() -> float:
    """Read at each call through ``time``, so that a test may move it."""
    return time.time()  # noqa: TID251 - a date, not a duration
