"""What ``validate_optimization`` returns: the prediction, the measurement, and a verdict."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from amorsize.api.result import OptimizationResult
from amorsize.report.page import pairs, wrapped
from amorsize.vocab.estimate import Measured
from amorsize.vocab.trials import Agreement, Choice


@dataclass(slots=True, repr=False, eq=False)
class BenchmarkResult:
    """An advice that was held against the clock. Times are of whole jobs, in seconds.

    What was not measured, because the time was up, is NaN.
    """

    optimization: OptimizationResult
    serial_time: float
    parallel_time: float
    """Of what was advised, workers made and ended; the plain loop's where that was advised."""
    actual_speedup: float
    predicted_speedup: float
    accuracy_percent: float
    """100 where both speed-ups agree; 50 where one is twice the other."""
    error_percent: float
    """How much more was gained than predicted, relative to the prediction."""
    recommendations: list[str] = field(default_factory=list)
    cache_hit: bool = False
    """The times come from the benchmark cache: nothing was run."""
    _: KW_ONLY
    verdict: str = ""
    """Whether the advice was right, in a sentence."""
    choice: Choice = Choice.UNKNOWN
    """Whether a pool is faster than the plain loop, as far as the noise lets us tell."""
    items: int = 0
    """Items that were run."""
    serial_interval: Measured | None = None
    """95 %, from repeated runs."""
    parallel_interval: Measured | None = None
    speedup_interval: tuple[float, float] | None = None
    """95 %, from pairs of runs side by side."""
    predicted_time: float | None = None
    """Of what was advised, for as many items."""
    agreement: Agreement = Agreement.NOT_COMPARED
    """Whether both ways gave the same results."""
    interrupted: bool = False
    """Ctrl-C ended it early."""
    lines: tuple[tuple[str, str], ...] = ()
    """Each way of running, and what its runs have shown."""
    data: Any = None
    """Still yields every item, whatever the input was."""

    def is_accurate(self, threshold: float = 75.0) -> bool:
        """Whether ``accuracy_percent`` reaches the threshold."""
        return self.accuracy_percent >= threshold

    def __str__(self) -> str:
        accuracy = (
            f"accuracy of the predicted speed-up: {self.accuracy_percent:.1f}% "
            f"(error {self.error_percent:+.1f}%)"
        )
        source = "from the benchmark cache, not run now" if self.cache_hit else ""
        head = [self.verdict, *([accuracy] if self._has_pool else ()), *filter(None, [source])]
        measured = [f"measured on {self.items:,} items", *pairs(self.lines)] if self.lines else []
        remarks = [f"- {remark}" for remark in self.recommendations]
        return "\n".join([*wrapped(head), *measured, *wrapped(remarks)])

    def __repr__(self) -> str:
        return (
            f"BenchmarkResult(actual_speedup={self.actual_speedup:.2f}x, "
            f"predicted_speedup={self.predicted_speedup:.2f}x, "
            f"accuracy_percent={self.accuracy_percent:.1f})"
        )

    @property
    def _has_pool(self) -> bool:
        return self.optimization.n_jobs > 1
