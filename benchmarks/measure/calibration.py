"""How much of a workload takes how long here: found once, then the same items for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.measure.contestants import PLAIN
from benchmarks.measure.trial import Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.measure.trial import Reply
    from benchmarks.workloads.base import Workload

AIM_S: Final = 0.1
ENOUGH_S: Final = 0.05
"""A measurement from which the rest is proportion."""

REPETITIONS: Final = 3
ROUNDS: Final = 4
GROWTH: Final = (2.0, 20.0)
"""How much more is tried next, at least and at most."""


class PlainLoopFailedError(Exception):
    """The workload itself does not run here."""


def rate_of(workload: Workload, run: Callable[[Request], Reply]) -> float:
    """Find the amount that the plain loop does in a millisecond.

    Raises:
        PlainLoopFailedError: with the reason.
    """
    amount, seconds = workload.ten_ms, 0.0
    for _ in range(ROUNDS):
        request = Request(workload=workload.name, amount=amount, contestant=PLAIN)
        seconds = min(_seconds(run(request)) for _ in range(REPETITIONS))
        if seconds >= ENOUGH_S:
            break
        least, most = GROWTH
        amount = round(amount * min(most, max(least, AIM_S / seconds)))
    return amount / (seconds * 1e3)


def amount_for(rate: float, size_ms: float) -> int:
    """Amount for so many milliseconds, in two digits, so that a second run gets the same."""
    return max(1, int(float(f"{rate * size_ms:.2g}")))


def _seconds(reply: Reply) -> float:
    if reply.seconds is None:
        raise PlainLoopFailedError(reply.failure)
    return max(reply.seconds, 1e-6)
