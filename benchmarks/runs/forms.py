"""The two forms of the suite: which sizes, how often, and when to give up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from benchmarks.workloads.registry import SUITE

SIZES_MS: Final = (10, 100, 1000)

QUICK_SHORT: Final = (
    "trivial-add",
    "small-20us",
    "medium-1ms",
    "log-normal",
    "arrays-out",
    "dicts-out",
    "pbkdf2",
    "text-words",
    "sleep-1ms",
)
QUICK_LONG: Final = ("log-normal", "dicts-out", "pbkdf2", "http-limited")
"""What the quick form runs at 10 ms and at 1,000 ms; at 100 ms it runs everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How thoroughly to measure."""

    name: str
    cases: tuple[tuple[str, int], ...]
    """Names of workloads and milliseconds, the ones that matter most first."""
    repetitions: int
    choosing: int
    """Rounds in which the oracle chooses; it is timed in all the others."""
    once_over_s: float
    """Whoever takes longer is not timed again."""
    minutes: float | None
    """No case is begun after that."""
    limit_s: float = 20.0
    """A trial is stopped after that."""


QUICK: Final = Form(
    name="quick",
    cases=(
        *((workload.name, 100) for workload in SUITE),
        *((name, 10) for name in QUICK_SHORT),
        *((name, 1000) for name in QUICK_LONG),
    ),
    repetitions=5,
    choosing=3,
    once_over_s=4.0,
    minutes=27,
)
FULL: Final = Form(
    name="full",
    cases=tuple((workload.name, size) for size in SIZES_MS for workload in SUITE),
    repetitions=9,
    choosing=5,
    once_over_s=20.0,
    minutes=None,
)
FORMS: Final = {form.name: form for form in (QUICK, FULL)}
