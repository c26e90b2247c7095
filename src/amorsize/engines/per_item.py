"""The user's function with what is wanted of each item around it: one callable for all engines.

It is called with ``(index, item)`` pairs, which a numbered source gives. Where nothing is wanted,
nothing is wrapped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from time import sleep
from typing import Any

from amorsize.engines.collected import Failure, Skipped, TriedAgain
from amorsize.engines.errors_travel import annotate
from amorsize.engines.item_clock import item_starts, item_waits
from amorsize.engines.rate import RateLimit
from amorsize.engines.refused import Patient, Refusals
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
    refusals: Refusals | None = None
    """Calls that were refused are made again, at the same rate; they are no attempts."""

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
            return self._instead(index, item, error)

    def _instead(self, index: int, item: Any, error: Exception) -> Skipped | Failure:
        """What stands in the place of the result."""
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
        if self.refusals is None:
            return self._call(index, args)
        return self.refusals.call(self._call, index, args)

    def _call(self, index: int, args: tuple[Any, ...]) -> Any:
        if self.rate is not None:
            self.rate.wait()
        item_starts()
        if self.seed is None:
            return self.func(*args)
        from amorsize.engines.item_rng import drawing

        with drawing(self.seed, index):
            return self.func(*args)

    @property
    def has_end(self) -> bool:
        """Whether workers have something to do when no more items come."""
        return self.setup is not None and self.setup.has_end


def users_own(func: Callable[..., Any]) -> Callable[..., Any]:
    """The function as the user gave it."""
    return func.func if isinstance(func, PerItem) else func


def patient(func: Callable[..., Any], refusals: Refusals) -> Callable[..., Any]:
    """The function with calls that were refused made again, before any policy sees an error."""
    if isinstance(func, PerItem):
        return replace(func, refusals=refusals)
    return Patient(func, refusals)


def has_end(func: Callable[..., Any]) -> bool:
    """Whether a ``teardown`` is to be waited for."""
    return isinstance(func, PerItem) and func.has_end


def _luck() -> float:
    """Not from the generator that the user may have seeded."""
    from random import SystemRandom

    return SystemRandom().random()
