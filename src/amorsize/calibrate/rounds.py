"""Measure again and again, but not for long; and keep every sample."""

from __future__ import annotations

from collections import defaultdict
from time import perf_counter
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

LEAST: Final = 2
"""So many rounds in any case, however long they take."""

Samples: TypeAlias = dict[str, dict[str, list[float]]]
"""By what was measured, then by part: seconds."""


class Parts:
    """Samples of one engine's parts."""

    def __init__(self) -> None:
        self.samples: dict[str, list[float]] = defaultdict(list)

    def add(self, **parts: float) -> None:
        """Keep one round's; a difference of two measurements may come out below zero by chance."""
        for name, value in parts.items():
            self.samples[name].append(max(0.0, value))


def rounds(most: int, seconds: float) -> Iterator[int]:
    """Count up to ``most``, and no longer than ``seconds`` once there were enough."""
    until = perf_counter() + seconds
    for number in range(most):
        if number >= LEAST and perf_counter() > until:
            return
        yield number


def share_s(more_s: float, workers: int, *, most: float) -> float:
    """What each of so many more workers adds; by chance it may seem more than all of the first."""
    return max(0.0, min(more_s / workers, most))
