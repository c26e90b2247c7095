"""What tuning returns: the best numbers, and what every configuration took."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from amorsize.api.result import OptimizationResult
from amorsize.bench.advised import setup_for
from amorsize.plan.units import seconds
from amorsize.plan.wording import times_faster
from amorsize.report.page import pairs, wrapped
from amorsize.report.trials import setup_name

if TYPE_CHECKING:
    from os import PathLike

SHOWN: Final = 5
"""Configurations are shown, at most."""


@dataclass(slots=True, repr=False, eq=False)
class TuningResult:
    """Times are of whole jobs, workers made and ended, in seconds."""

    best_n_jobs: int
    best_chunksize: int
    best_time: float
    best_speedup: float
    """Of the best over the plain loop."""
    serial_time: float
    """Of the plain loop; predicted from a sample where it was too slow to be worth a run."""
    configurations_tested: int
    all_results: dict[tuple[int, int], float]
    """By (n_jobs, chunksize). Infinite where a run failed or was hopeless; scaled up where only a
    share of the items was run."""
    optimization_hint: OptimizationResult | None = None
    search_strategy: str = "halving"
    executor_type: str = "process"
    _: KW_ONLY
    serial_measured: bool = False
    """Whether ``serial_time`` is a measurement."""
    whole: frozenset[tuple[int, int]] = frozenset()
    """Which of ``all_results`` were run on all items."""
    recommendations: list[str] = field(default_factory=list)
    interrupted: bool = False
    """Ctrl-C ended it early."""
    items: int = 0
    data: Any = None
    """Still yields every item, whatever the input was."""

    def get_top_configurations(self, n: int = 5) -> list[tuple[int, int, float, float]]:
        """The fastest ``n`` as (n_jobs, chunksize, time, speedup)."""
        ranked = sorted(self.all_results.items(), key=lambda entry: entry[1])[:n]
        return [(*numbers, time, self.serial_time / time) for numbers, time in ranked]

    def save_config(
        self,
        path: str | PathLike[str],
        function_name: str | None = None,
        notes: str | None = None,
        overwrite: bool = False,
    ) -> None:
        """Keep the best in a file, JSON or YAML by its ending, for ``load_config``.

        Raises:
            FileThereError: a ``FileExistsError``: it is there, and ``overwrite`` is not set.
            UsageError: a value that no configuration can have.
            ExtraMissingError: YAML without the extra ``yaml``.
            OSError: the file cannot be written.
        """
        from amorsize.api.configs import ConfigData, save_config

        config = ConfigData(
            self.best_n_jobs,
            self.best_chunksize,
            self.executor_type,
            self.best_speedup if isfinite(self.best_speedup) else 1.0,
            function_name,
            self.items or None,
            self.serial_time / self.items if self.items and isfinite(self.serial_time) else None,
            notes,
            source="tune",
        )
        save_config(config, path, overwrite=overwrite)

    def __str__(self) -> str:
        loop = seconds(self.serial_time)
        basis = "" if self.serial_measured else " (predicted)"
        best = setup_name(setup_for(self.executor_type, self.best_n_jobs, self.best_chunksize))
        faster = f", {times_faster(self.best_speedup)}" if self.best_n_jobs > 1 else ""
        head = f"best: {best}, {seconds(self.best_time)}; the plain loop: {loop}{basis}{faster}"
        rows = [
            (setup_name(setup_for(self.executor_type, jobs, chunk)), self._row(jobs, chunk, time))
            for jobs, chunk, time, _ in self.get_top_configurations(SHOWN)
        ]
        remarks = [f"- {remark}" for remark in self.recommendations]
        tried = f"{self.configurations_tested} configurations tried, of {self.items:,} items"
        return "\n".join([*wrapped([head]), tried, *pairs(rows), *wrapped(remarks)])

    def _row(self, jobs: int, chunk: int, time: float) -> str:
        if not isfinite(time):
            return "stopped, or failed"
        how = "" if (jobs, chunk) in self.whole else " (by a share of the items)"
        return f"{seconds(time)}{how}"

    def __repr__(self) -> str:
        return (
            f"TuningResult(best_n_jobs={self.best_n_jobs}, best_chunksize={self.best_chunksize}, "
            f"best_speedup={self.best_speedup:.2f}x, tested={self.configurations_tested})"
        )
