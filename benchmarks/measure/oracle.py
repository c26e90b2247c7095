"""The oracle: the best of a grid of static configurations, chosen on figures of its own.

It is timed again beside the others: a minimum over many noisy figures flatters itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from benchmarks.measure.contestants import PLAIN
from benchmarks.measure.records import Oracle, Series
from benchmarks.measure.trial import Reply

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from random import Random

HOPELESS: Final = 3.0
"""A configuration is stopped after so many times the best so far."""

BEHIND: Final = 1.6
"""One that took so many times as long as the best gets no second chance: trials of one
configuration differ by a tenth."""

LEAST_LIMIT_S: Final = 1.0
"""However short the job, a configuration may take so long before it is stopped."""

Measure = Callable[[str, float], Reply]
"""Runs a configuration, given its name and its time limit."""


def choose(
    configurations: Sequence[str], measure: Measure, *, rounds: int, limit_s: float, random: Random
) -> Oracle:
    """Try each configuration ``rounds`` times, in random order, the plain loop first."""
    tried: dict[str, Series] = {name: Series() for name in configurations}
    for turn in range(rounds):
        for name in _order(still_hopeful(tried), random, first=turn == 0):
            if name not in still_hopeful(tried):
                continue
            best = fastest(tried.values())
            allowed_s = limit_s if best is None else min(limit_s, hopeless_s(best))
            tried[name] = extended(tried[name], measure(name, allowed_s))
    return Oracle(chosen=best_of(tried), tried=tried)


def extended(series: Series, reply: Reply) -> Series:
    """Add what one more trial has brought."""
    if reply.seconds is None:
        return Series(seconds=series.seconds, failure=reply.failure)
    return Series(seconds=(*series.seconds, reply.seconds))


def fastest(tried: Iterable[Series]) -> float | None:
    """The best middle time there is."""
    return min((series.median_s for series in tried if series.median_s is not None), default=None)


def hopeless_s(best: float) -> float:
    """The time after which a configuration is stopped."""
    return max(LEAST_LIMIT_S, HOPELESS * best)


def still_hopeful(tried: dict[str, Series]) -> list[str]:
    """Names of those that have neither failed nor fallen far behind."""
    best = fastest(tried.values())
    return [
        name
        for name, series in tried.items()
        if series.failure is None and _keeps_up(series.median_s, best)
    ]


def best_of(tried: dict[str, Series]) -> str:
    """The configuration with the smallest middle time; the plain loop if all have failed."""
    times = {name: series.median_s for name, series in tried.items()}
    known = {name: time for name, time in times.items() if time is not None}
    return min(known, key=known.__getitem__, default=PLAIN)


def _keeps_up(median_s: float | None, best: float | None) -> bool:
    return median_s is None or best is None or median_s <= BEHIND * best


def _order(names: list[str], random: Random, *, first: bool) -> list[str]:
    """Shuffle; in the first round the first name goes first, and gives the others a limit."""
    ahead = names[:1] if first else []
    rest = names[len(ahead) :]
    return [*ahead, *random.sample(rest, len(rest))]
