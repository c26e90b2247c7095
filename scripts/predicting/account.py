"""What was measured, in a file that is whole after every row, and lines about it."""

# ruff: noqa: T201 - it shows what was found

from __future__ import annotations

import json
import math
import os
import platform
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

CAREFUL: Final = 9
"""Digits that are kept of a figure are enough for any of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured. ``minutes`` bound each figure: what does not fit is left out, told."""

    workloads: int
    rounds: int
    tens_of_ms: int
    """The plain loop's time, about."""
    grid_rounds: int
    replays: int
    verdicts: int
    """Times that the lock is asked about, per function, and that its truth is measured."""
    long_s: float
    """The length of the long jobs that ``optimize`` is timed on."""
    minutes: dict[str, float]


FULL: Final = Size(
    workloads=99,
    rounds=7,
    tens_of_ms=20,
    grid_rounds=2,
    replays=5,
    verdicts=5,
    long_s=10.0,
    minutes={"predictions": 9.5, "simulator": 5.0, "cost": 2.0, "gil": 2.0},
)
SHORT: Final = Size(
    workloads=12,
    rounds=3,
    tens_of_ms=20,
    grid_rounds=1,
    replays=3,
    verdicts=1,
    long_s=4.0,
    minutes={"predictions": 1.5, "simulator": 0.5, "cost": 0.5, "gil": 0.5},
)


@dataclass(slots=True)
class Account:
    """Rows and summaries by figure, written as they come."""

    path: Path
    size: Size
    calibrated: str = ""
    """Whether prices were measured, or why not."""
    figures: dict[str, dict[str, Any]] = field(default_factory=dict)
    _figure: str = ""
    _ends: float = 0.0

    def begin(self, figure: str) -> None:
        """Rows from now on belong to ``figure``, and its time begins."""
        self._figure = figure
        self._ends = monotonic() + 60 * self.size.minutes[figure]
        self.figures[figure] = {"load": os.getloadavg()[0], "rows": [], "left_out": []}

    def is_late(self, name: str) -> bool:
        """Whether the time is spent; then ``name`` is noted as left out."""
        if monotonic() < self._ends:
            return False
        self.leave_out(name, "there was no time left")
        return True

    def leave_out(self, name: str, why: str) -> None:
        """Something was not measured."""
        print(f"{name:24}left out: {why}", flush=True)
        self.figures[self._figure]["left_out"].append(f"{name}: {why}")

    def row(self, line: str, **facts: Any) -> None:
        """One more, as a line and as facts."""
        rows = self.figures[self._figure]["rows"]
        rows.append(facts)
        print(line, flush=True)
        self._write()

    @property
    def rows(self) -> list[dict[str, Any]]:
        return self.figures[self._figure]["rows"]

    def sum_up(self, line: str, **facts: Any) -> None:
        """What the rows come to."""
        self.figures[self._figure].setdefault("summary", {}).update(facts)
        print(line, flush=True)
        self._write()

    def _write(self) -> None:
        whole = {
            "machine": platform.platform(),
            "python": platform.python_version(),
            "cpus": os.cpu_count(),
            "calibrated": self.calibrated,
            "figures": self.figures,
        }
        beside = self.path.with_name(f"{self.path.name}.new")
        beside.write_text(json.dumps(_plain(whole), indent=1))
        beside.replace(self.path)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return float(f"{value:.{CAREFUL}g}") if math.isfinite(value) else None
    return value


def spread(errors: Sequence[float]) -> tuple[float, float]:
    """The median and the 90th percentile of what is off, whichever way."""
    off = [abs(error) for error in errors]
    if not off:
        return math.nan, math.nan
    most = quantiles(off, n=10, method="inclusive")[-1] if len(off) > 1 else off[0]
    return median(off), most
