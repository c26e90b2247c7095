"""Is this code already running inside somebody's ``execute``?"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final

INSIDE: Final[ContextVar[str | None]] = ContextVar("amorsize_inside", default=None)
"""The worker that runs the current item, named; ``None`` outside. Set in every worker, and in
the caller while workers are alive, so that nested calls do not bring in more of them."""
