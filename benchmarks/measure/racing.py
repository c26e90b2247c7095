"""Everybody in every round, in an order that changes: what drifts, drifts for all of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks.measure.oracle import extended
from benchmarks.measure.records import Series
from benchmarks.measure.trial import Check, Reply, Request

if TYPE_CHECKING:
    from random import Random

Measure = Callable[[Request], Reply]


def race(
    entries: Mapping[str, Request],
    measure: Measure,
    *,
    rounds: int,
    random: Random,
    once_over_s: float = math.inf,
) -> dict[str, Series]:
    """Time every entry ``rounds`` times.

    In the first round all results are compared with the plain loop's. Who fails, or takes more
    than ``once_over_s``, does not run again.
    """
    series = {name: Series() for name in entries}
    for turn in range(rounds):
        check = Check.ALL if turn == 0 else Check.SPOT
        for name in random.sample(list(entries), len(entries)):
            if not _is_out(series[name], once_over_s):
                reply = measure(replace(entries[name], check=check))
                series[name] = extended(series[name], reply)
    return series


def _is_out(series: Series, once_over_s: float) -> bool:
    too_long = any(seconds > once_over_s for seconds in series.seconds)
    return series.failure is not None or too_long
