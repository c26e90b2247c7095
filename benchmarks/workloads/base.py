"""What a workload is: a function and its input, as much of it as is asked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What the time goes into."""

    COMPUTES = "computes"
    WAITS = "waits"
    BOTH = "waits and computes"


class Family(StrEnum):
    """What the workload stands for."""

    TRIVIAL = "trivial items"
    SMALL = "small items"
    MEDIUM = "medium items"
    LONG = "long items"
    FEW = "few items"
    SKEWED = "skewed"
    SLOW_FIRST = "slow first call"
    BIG_ARGUMENTS = "big arguments"
    BIG_RESULTS = "big results"
    SMALL_OBJECTS = "many small objects"
    HEAVY_FUNCTION = "heavy closure or self"
    NATIVE = "C code without the GIL"
    NUMPY = "numpy"
    BLAS = "BLAS"
    PARSING = "text and JSON"
    WAITING = "waiting"
    MIXED = "waiting and computing"
    GENERATOR = "generators"
    LAMBDA = "lambdas"


def nothing() -> None:
    """There is nothing to close."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a contestant is given."""

    func: Callable[[Any], Any]
    data: Callable[[], Iterable[Any]]
    """Makes the input: a generator can be had more than once this way."""
    close: Callable[[], None] = nothing
    """Ends what the function talks to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A job that can be made as large as wanted."""

    name: str
    family: Family
    make: Callable[[int], Job]
    """Takes an amount; the plain loop's time is proportional to it."""
    ten_ms: int
    """The amount that takes about 10 ms on a common machine: calibration begins there."""
    kind: Kind = Kind.COMPUTES
    needs: tuple[str, ...] = ()
    """Modules that are imported before the clock starts, as a user's script would have done."""
    in_suite: bool = True
    """False for the other half of a comparison that the suite itself has no use for."""


def same(found: Any, expected: Any) -> bool:
    """Equal; numbers of arrays and floats may differ in their last digits."""
    if type(expected).__module__.partition(".")[0] == "numpy":
        return _same_arrays(found, expected)
    if isinstance(expected, float):
        return isinstance(found, float) and math.isclose(found, expected, rel_tol=1e-9)
    return type(found) is type(expected) and bool(found == expected)


def _same_arrays(found: Any, expected: Any) -> bool:
    import numpy as np

    return (
        type(found) is type(expected)
        and found.shape == expected.shape
        and bool(np.allclose(found, expected))
    )
