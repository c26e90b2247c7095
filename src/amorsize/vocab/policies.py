"""What is wanted of each item: whether its error is raised, how often it is tried, how fast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import Any

from amorsize.errors import UsageError


class OnError(StrEnum):
    """What an item that raises does to the run."""

    RAISE = "raise"
    SKIP = "skip"
    COLLECT = "collect"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """When an item that raised is tried again, in the words of ``tenacity``.

    Before attempt ``n + 1`` the worker waits ``wait_exponential_multiplier_s * exp_base**(n - 1)``
    seconds, at most ``wait_max_s``, and up to ``jitter_s`` more, by chance and evenly, so that
    workers that failed together do not come back together. The last exception is raised as
    itself, with a note of how many attempts there were; ``on_error`` then applies.

    Raises:
        UsageError: a number makes no sense, or a class is not a subclass of ``Exception``:
            what ends a program, ``KeyboardInterrupt`` and ``SystemExit``, is never retried.
    """

    stop_after_attempt: int = 3
    """Attempts in all, the first one included."""
    wait_exponential_multiplier_s: float = 0.1
    """The first wait; 0: no waits but the jitter."""
    exp_base: float = 2.0
    wait_max_s: float = 60.0
    jitter_s: float = 0.0
    retry_if_exception_type: type[Exception] | tuple[type[Exception], ...] = Exception

    def __post_init__(self) -> None:
        complaint = self._complaint()
        if complaint is not None:
            raise UsageError.parameter(complaint)

    def _complaint(self) -> str | None:
        attempts: Any = self.stop_after_attempt
        if not isinstance(attempts, int) or isinstance(attempts, bool) or attempts < 1:
            return f"stop_after_attempt must be a positive integer, got {attempts!r}"
        for name in ("wait_exponential_multiplier_s", "exp_base", "wait_max_s", "jitter_s"):
            value = getattr(self, name)
            if not isinstance(value, (int, float)) or not 0 <= value < inf:
                return f"{name} must be a number from 0 on, got {value!r}"
        kinds: Any = self.retry_if_exception_type
        for kind in kinds if isinstance(kinds, tuple) else (kinds,):
            if not isinstance(kind, type) or not issubclass(kind, Exception):
                return f"retry_if_exception_type takes subclasses of Exception, got {kind!r}"
        return None

    def tries_again(self, attempt: int, error: Exception) -> bool:
        """Whether another attempt follows the one of this number, counted from 1."""
        return attempt < self.stop_after_attempt and isinstance(error, self.retry_if_exception_type)

    def wait_s(self, attempt: int, luck: float) -> float:
        """How long to wait after this attempt; ``luck`` is even between 0 and 1."""
        try:
            wait_s = self.wait_exponential_multiplier_s * float(self.exp_base) ** (attempt - 1)
        except OverflowError:
            wait_s = self.wait_max_s
        return min(wait_s, self.wait_max_s) + luck * self.jitter_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """All that may be wanted of each item; by default nothing."""

    on_error: OnError = OnError.RAISE
    retries: RetryPolicy | None = None
    rate_per_s: float | None = None
    """Starts per second, of all workers together."""
    seed: int | None = None
    setup: Callable[[], Any] | None = None
    """Called once per worker; ``func`` gets its value as a second argument."""
    teardown: Callable[[Any], Any] | None = None


NO_POLICIES = Policies()
