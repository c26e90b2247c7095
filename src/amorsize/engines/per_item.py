"""The user's function with what is wanted of each item around it: one callable for all engines.

It is called with ``(index, item)`` pairs, which a numbered source gives. Where nothing is wanted,
nothing is wrapped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from time import sleep
from typing import Any

from amorsize.engines.collected import Failure, Skipped, TriedAgain
from amorsize.engines.errors_travel import annotate
from amorsize.engines.item_clock import item_starts, item_waits
from amorsize.engines.rate import RateLimit
from amorsize.engines.worker_state import Setup
from amorsize.vocab.policies import OnError, RetryPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class PerItem:
    """Travels as ``func`` itself does; what the worker needs besides goes with it."""

    func: Callable[..., Any]
    on_error: OnError = OnError.RAISE
    retries: RetryPolicy | None = None
    rate: RateLimit | None = None
    seed: int | None = None
    setup: Setup | None = None

    def __call__(self, pair: tuple[int, Any]) -> Any:
        index, item = pair
        item_waits()
        # what setup raises is nothing that an item can be blamed for: no policy applies
        args = (item,) if self.setup is None else (item, self.setup.value())
        if self.on_error is OnError.RAISE:
            return self._attempts(index, args)
        try:
            return self._attempts(index, args)
        except Exception as error:  # noqa: BLE001 - what the policy is for; interrupts and exits pass
            if self.on_error is OnError.SKIP:
                return Skipped.of(index, error)
            return Failure.of(index, item, error)

    def _attempts(self, index: int, args: tuple[Any, ...]) -> Any:
        if self.retries is None:
            return self._attempt(index, args)
        for attempt in count(1):
            try:
                result = self._attempt(index, args)
            except Exception as error:  # noqa: BLE001 - the policy says which are meant
                wait_s = self._wait_after(attempt, error, self.retries)
            else:
                return result if attempt == 1 else TriedAgain(index, attempt, result)
            item_waits()
            sleep(wait_s)
        raise AssertionError

    @staticmethod
    def _wait_after(attempt: int, error: Exception, retries: RetryPolicy) -> float:
        """How long to wait before the next attempt. Raises ``error`` where there is none."""
        if retries.tries_again(attempt, error):
            return retries.wait_s(attempt, _luck())
        if attempt > 1:
            annotate(error, f"amorsize: raised in the last of {attempt} attempts")
        raise error

    def _attempt(self, index: int, args: tuple[Any, ...]) -> Any:
        if self.rate is not None:
            self.rate.wait()
        item_starts()
        if self.seed is None:
            return self.func(*args)
        from amorsize.engines.item_rng import DRAW, Draw

        outer = DRAW.set(Draw(self.seed, index))
        try:
            return self.func(*args)
        finally:
            DRAW.reset(outer)

    @property
    def has_end(self) -> bool:
        """Whether workers have something to do when no more items come."""
        return self.setup is not None and self.setup.has_end


def users_own(func: Callable[..., Any]) -> Callable[..., Any]:
    """The function as the user gave it."""
    return func.func if isinstance(func, PerItem) else func


def has_end(func: Callable[..., Any]) -> bool:
    """Whether a ``teardown`` is to be waited for."""
    return isinstance(func, PerItem) and func.has_end


def _luck() -> float:
    """Not from the generator that the user may have seeded."""
    from random import SystemRandom

    return SystemRandom().random()
