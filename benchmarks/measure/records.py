"""What a run of the suite leaves: every second measured, and under which circumstances."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import Path

FORMAT: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One contestant on one case, a figure for each round."""

    seconds: tuple[float, ...] = ()
    failure: str | None = None
    """Why there are no more. What failed once is not repeated."""

    @property
    def median_s(self) -> float | None:
        """The middle; ``None`` for a contestant that failed, be it in the last round."""
        return median(self.seconds) if self.seconds and self.failure is None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Oracle:
    """The best static configuration, chosen before it was timed beside the others."""

    chosen: str
    tried: Mapping[str, Series] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A workload at one size, and everybody's figures."""

    workload: str
    family: str
    kind: str
    size_ms: float
    amount: int
    items: int
    oracle: Oracle
    series: Mapping[str, Series]
    account: Mapping[str, Any] | None = None

    @property
    def title(self) -> str:
        return f"{self.workload} {self.size_ms:g} ms"

    def median_s(self, name: str) -> float | None:
        """Middle time of a contestant; ``None`` where it failed or did not take part."""
        return self.series.get(name, Series()).median_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """A whole run."""

    form: str
    began: str
    seconds: float
    machine: Mapping[str, Any]
    versions: Mapping[str, str]
    disturbance: Mapping[str, Any]
    left_out: tuple[str, ...]
    """Cases for which no time was left."""
    cases: tuple[Case, ...]
    format: int = FORMAT


def saved(results: Results, path: Path) -> None:
    """Write beside and rename, so that a reader never sees half of it."""
    beside = path.with_name(f"{path.name}.partial")
    beside.write_text(json.dumps(asdict(results), indent=1) + "\n")
    beside.replace(path)


def loaded(path: Path) -> Results:
    """Read what ``saved`` has written.

    Raises:
        ValueError: it is of another format.
    """
    fields = json.loads(path.read_text())
    if fields.get("format") != FORMAT:
        msg = f"{path} has format {fields.get('format')}, this program reads {FORMAT}"
        raise ValueError(msg)
    cases = tuple(_case(case) for case in fields["cases"])
    return Results(**{**fields, "left_out": tuple(fields["left_out"]), "cases": cases})


def _case(fields: dict[str, Any]) -> Case:
    oracle = fields["oracle"]
    return Case(
        **{
            **fields,
            "series": _all_series(fields["series"]),
            "oracle": Oracle(chosen=oracle["chosen"], tried=_all_series(oracle["tried"])),
        }
    )


def _all_series(fields: dict[str, Any]) -> dict[str, Series]:
    return {
        name: Series(seconds=tuple(one["seconds"]), failure=one["failure"])
        for name, one in fields.items()
    }
