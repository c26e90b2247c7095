"""Tuning: what is worth a try by the model, on how many items, and who stays (successive halving).

Jamieson and Talwalkar (AISTATS 2016): many candidates on few items, few on all of them. Shares
of a job cost start-up in full, so that times on a share are scaled by what the model predicts
for both, not by the number of items.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import ceil, inf
from typing import TYPE_CHECKING, Final

from amorsize.vocab.trials import Setup

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

WORTH_A_TRY: Final = 1.5
"""A candidate that the model expects to take so many times as long as the best is not run.

Predictions of the standard pools were off by a tenth in the middle, by a quarter at worst."""

HOPELESS: Final = 1.5
"""A run is stopped after so many times the best of its round."""

STAYS: Final = 1.25
"""Who took longer than this, relative to the best of the round, does not come into the next."""

SHARE_S: Final = 0.1
"""The first round is run on as many items as the best takes so long for: start-up of a pool is
a tenth of it."""

LEAST_SHARE: Final = 4
"""A round is not worth it on more than this part of the items."""

FINALISTS: Final = 2
"""So many run on all items, at least."""

DOUBT: Final = 0.9
"""A pool that takes more than this part of what the plain loop should take is no gain to trust."""

DIVISORS: Final = (64, 16, 4, 2, 1)
"""Chunks are tried from one to 64 for each worker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """A candidate, and what the model expects it to take for all items, in seconds."""

    setup: Setup
    expected_s: float


def chunks_for(items: int, n_jobs: int) -> set[int]:
    """Chunk sizes worth comparing."""
    even = ceil(items / n_jobs)
    return {ceil(even / divisor) for divisor in DIVISORS}


def jobs_for(cores: int, *, waits: bool, items: int, most: int) -> list[int]:
    """Numbers of jobs worth comparing: powers of two, and the cores; more where jobs wait."""
    top = max(cores, most) if waits else cores
    powers = [2**power for power in range(top.bit_length()) if 2**power <= top]
    return sorted({count for count in (*powers, cores) if 1 <= count <= max(1, items)})


def geometric(low: int, high: int, count: int) -> list[int]:
    """At most ``count`` whole numbers from ``low`` to ``high``, each by a like factor."""
    if count == 1 or low >= high:
        return [low]
    step = (high / low) ** (1 / (count - 1))
    return sorted({round(low * step**power) for power in range(count)})


def worth_a_try(guesses: Iterable[Guess], most: int) -> list[Guess]:
    """The best by the model, at most ``most`` of them, the most promising first."""
    ranked = sorted(guesses, key=lambda guess: guess.expected_s)
    if not ranked:
        return []
    longest_s = WORTH_A_TRY * ranked[0].expected_s
    return [guess for guess in ranked if guess.expected_s <= longest_s][:most]


def first_share(items: int, best_s: float) -> int | None:
    """Items of the first round; ``None`` where there is no use in a round on a share of them."""
    if best_s <= 0:
        return None
    share = ceil(items * SHARE_S / best_s)
    return share if share * LEAST_SHARE <= items else None


def limit_s(taken: Iterable[float], allowed_s: float) -> float:
    """How long the next run of a round may take."""
    return min(allowed_s, HOPELESS * min(taken, default=inf))


def survivors(taken: Mapping[Setup, float], most: int) -> list[Setup]:
    """Who comes into the next round, the fastest first."""
    ranked = sorted(taken, key=taken.__getitem__)
    if not ranked:
        return []
    best_s = taken[ranked[0]]
    return [setup for setup in ranked if taken[setup] <= STAYS * best_s < inf][:most]


def grid(n_jobs: Sequence[int], chunks: Sequence[int] | None, items: int) -> list[tuple[int, int]]:
    """All pairs of jobs and chunk, the chunks that suit the number of jobs where none are given."""
    if chunks is not None:
        return sorted(set(product(n_jobs, chunks)))
    return sorted({(jobs, chunk) for jobs in n_jobs for chunk in chunks_for(items, jobs)})
