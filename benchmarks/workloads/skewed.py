"""Items that cost very different times, in the orders that mislead an estimate."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

from benchmarks.tasks.computing import spin
from benchmarks.workloads.base import Family, Job, Workload

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ITEMS: Final = 200
SPIKE_EVERY: Final = 25
SPIKE: Final = 20.0
"""A spike costs twenty times its neighbours."""

SIGMA: Final = 1.2
"""Spread of the log-normal costs: the dearest of 200 is some ten times the mean."""

HUGE_SHARE: Final = 0.4
"""The last item takes this share of everything."""

SEED: Final = 7


def rounds_of(weights: Sequence[float], amount: int) -> list[int]:
    """Share ``amount`` rounds out by weight; every item gets at least one."""
    total = sum(weights)
    return [max(1, round(amount * weight / total)) for weight in weights]


def rising() -> list[float]:
    """Each item costs more than the one before."""
    return [i + 1.0 for i in range(ITEMS)]


def spiky() -> list[float]:
    """A few items cost much more than the others."""
    return [SPIKE if i % SPIKE_EVERY == SPIKE_EVERY - 1 else 1.0 for i in range(ITEMS)]


def log_normal() -> list[float]:
    """Costs as they are found in practice: no trend, and a long tail."""
    random = Random(SEED)
    return [random.lognormvariate(0, SIGMA) for _ in range(ITEMS)]


def huge_last() -> list[float]:
    """Nothing hints at the last item."""
    others = ITEMS // 2
    return [*[1.0] * others, others * HUGE_SHARE / (1 - HUGE_SHARE)]


def _weighted(weights: Sequence[float]) -> Callable[[int], Job]:
    return lambda amount: Job(func=spin, data=lambda: rounds_of(weights, amount))


def _skewed(name: str, weights: Sequence[float]) -> Workload:
    return Workload(name=name, family=Family.SKEWED, make=_weighted(weights), ten_ms=150_000)


WORKLOADS: Final = (
    _skewed("rising", rising()),
    _skewed("falling", rising()[::-1]),
    _skewed("spiky", spiky()),
    _skewed("log-normal", log_normal()),
    _skewed("huge-last", huge_last()),
)
