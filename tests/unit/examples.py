"""Facts to make decisions from, with a default for everything a test does not care about."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from amorsize.stats.remaining import Costs
from amorsize.vocab.estimate import Measured
from amorsize.vocab.profile import CannotTravel, Profile, Transfer
from amorsize.vocab.situation import Situation

if TYPE_CHECKING:
    from collections.abc import Sequence

TWO_CORES = Situation(cores=2)
CHEAP = Transfer(dumps_s=1e-6, loads_s=1e-6, size_bytes=50, out_of_band_bytes=0, sampled=100)
A_LOCK = CannotTravel("a result", "cannot pickle '_thread.lock' object")


def profile(*, item_s: float = 1e-3, sampled: int = 5, left: int = 100, **facts: Any) -> Profile:
    """A steady, computing function of whose ``sampled`` first calls everything is known."""
    wall_s = item_s * sampled
    rest_s = item_s * left
    known = Profile(
        sampled=sampled,
        items_left=left,
        first_s=item_s,
        mean_s=item_s,
        spread=0.1,
        longest_s=1.2 * item_s,
        wall_s=wall_s,
        cpu_s=wall_s,
        process_cpu_s=wall_s,
        waits=0,
        preemptions=0,
        remaining=Measured(
            median_s=rest_s, low_s=0.8 * rest_s, high_s=1.2 * rest_s, samples=sampled
        ),
        argument=CHEAP,
        result=CHEAP,
        function=CHEAP,
    )
    return replace(known, **facts)


def waiting(*, cpu_share: float = 0.02, item_s: float = 20e-3, left: int = 300) -> Profile:
    """A function that waits, and uses the CPU for ``cpu_share`` of its time."""
    cpu_s = cpu_share * item_s * 5
    return profile(item_s=item_s, left=left, cpu_s=cpu_s, process_cpu_s=cpu_s, waits=5)


def seen(costs: Sequence[float]) -> Costs:
    """The account after these items ran in order, the first one apart."""
    account = Costs()
    account.first(costs[0])
    for cost_s in costs[1:]:
        account.block(1, cost_s)
    return account
