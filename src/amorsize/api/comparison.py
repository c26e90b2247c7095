"""Ways to run a job, as users name them, and what comes of comparing them."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from amorsize.api.checks import check_name, choice, positive_integer
from amorsize.bench.advised import setup_for
from amorsize.report.page import pairs, wrapped
from amorsize.vocab.estimate import Measured
from amorsize.vocab.trials import Choice, Runner, Setup


@dataclass(slots=True)
class ComparisonConfig:
    """One way to run a job.

    ``executor_type`` is ``"process"`` (``multiprocessing.Pool``), ``"thread"``
    (``ThreadPoolExecutor``), ``"serial"``, ``"adaptive"`` (``execute``, which finds its own
    numbers), ``"joblib"``, ``"mpire"`` or ``"loky"``. One job is the plain loop, but for the
    last four. A chunksize of 1 leaves it to joblib and mpire how they batch.
    """

    name: str
    n_jobs: int = 1
    chunksize: int = 1
    executor_type: str = "process"

    def __post_init__(self) -> None:
        check_name("name", self.name)
        self.n_jobs = positive_integer("n_jobs", self.n_jobs)
        self.chunksize = positive_integer("chunksize", self.chunksize)
        self.executor_type = choice("executor_type", self.executor_type, Runner).value

    @property
    def setup(self) -> Setup:
        """The same in our own words."""
        runner = Runner(self.executor_type)
        if runner in {Runner.PROCESS, Runner.THREAD, Runner.SERIAL}:
            jobs = 1 if runner is Runner.SERIAL else self.n_jobs
            return setup_for(self.executor_type, jobs, self.chunksize)
        return Setup(runner=runner, n_jobs=self.n_jobs, chunksize=self.chunksize)


@dataclass(slots=True, repr=False, eq=False)
class ComparisonResult:
    """Times of whole jobs, workers made and ended, in seconds.

    A time is that of the first configuration over the speed-up, which comes from rounds that both
    were in: what else the machine did in other rounds is taken out. A way that failed or was
    stopped has an infinite time and a speed-up of 0.
    """

    configs: list[ComparisonConfig]
    execution_times: list[float]
    speedups: list[float]
    """Over the first configuration; over the first that came to its end, where that one did not."""
    best_config_index: int
    recommendations: list[str] = field(default_factory=list)
    _: KW_ONLY
    intervals: list[Measured | None] = field(default_factory=list)
    """95 %, from repeated runs."""
    differences: list[Choice] = field(default_factory=list)
    """Whether each is faster or slower than the first, as far as the noise lets us tell."""
    lines: tuple[tuple[str, str], ...] = ()
    """Each configuration, and what its runs have shown."""
    items: int = 0
    interrupted: bool = False
    """Ctrl-C ended it early."""
    data: Any = None
    """Still yields every item, whatever the input was."""

    @property
    def best_config(self) -> ComparisonConfig:
        return self.configs[self.best_config_index]

    @property
    def best_time(self) -> float:
        return self.execution_times[self.best_config_index]

    def get_sorted_configs(self) -> list[tuple[ComparisonConfig, float, float]]:
        """Each configuration with its time and speed-up, the fastest first."""
        rows = zip(self.configs, self.execution_times, self.speedups, strict=True)
        return sorted(rows, key=lambda row: row[1])

    def __str__(self) -> str:
        best = f"fastest: {self.best_config.name}"
        remarks = [f"- {remark}" for remark in self.recommendations]
        head = f"measured on {self.items:,} items"
        return "\n".join([head, *pairs(self.lines), *wrapped([best, *remarks])])

    def __repr__(self) -> str:
        return (
            f"ComparisonResult(best={self.best_config.name!r}, time={self.best_time:.4g}, "
            f"speedup={self.speedups[self.best_config_index]:.2f}x)"
        )
