"""Cases and results for tests, with figures that can be computed by hand."""

from __future__ import annotations

from typing import Any

from benchmarks.measure.contestants import AGAIN, ORACLE, OURS, PLAIN
from benchmarks.measure.records import Case, Oracle, Results, Series


def case(
    name: str = "medium-1ms",
    *,
    plain: float = 0.1,
    again: float | None = None,
    ours: float = 0.05,
    oracle: float | None = None,
    engine: str = "team",
    **others: float | str,
) -> Case:
    """One figure for each; a text is a failure."""
    figures: dict[str, float | str] = {
        PLAIN: plain,
        AGAIN: plain if again is None else again,
        OURS: ours,
        ORACLE: ours if oracle is None else oracle,
        **others,
    }
    return Case(
        workload=name,
        family="medium items",
        kind="computes",
        size_ms=100,
        amount=100,
        items=100,
        oracle=Oracle(chosen="threads:4", tried={"threads:4": series(0.07)}),
        series={who: series(figure) for who, figure in figures.items()},
        account={"engine": engine, "workers": 2},
    )


def series(figure: float | str) -> Series:
    """Three times the same, or a failure."""
    return Series(failure=figure) if isinstance(figure, str) else Series(seconds=(figure,) * 3)


def results(*cases: Case, **fields: Any) -> Results:
    """A run of these cases."""
    given: dict[str, Any] = {
        "form": "quick",
        "began": "2030-01-02T03:04:05+00:00",
        "seconds": 120.0,
        "machine": {"cpu": "a processor", "cores": 2, "system": "Linux 6"},
        "versions": {"python": "3.11.7", "joblib": "1.5"},
        "disturbance": {"trials": 7, "discarded": 1},
        "left_out": (),
        **fields,
    }
    return Results(cases=cases, **given)
