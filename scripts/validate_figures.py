"""Are the verdicts true? ``python scripts/validate_figures.py [--short] [NAME ...]``.

Each figure is printed with the machine and the command. They mean something on a quiet machine
only, which the load tells. Short forms that count instead of timing are in ``tests/bench``.
"""
# ruff: noqa: INP001, T201, E402 - a script: it shows what it found, and finds us first

from __future__ import annotations

import os
import platform
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from amorsize import ComparisonConfig, compare_strategies, quick_tune, validate_optimization
from amorsize.bench.race import Race
from amorsize.bench.trial import run_trial
from amorsize.machine.facts import usable_cpus
from amorsize.plan.halving import chunks_for
from amorsize.plan.rounds import Goal
from amorsize.report.trials import setup_name
from amorsize.stats.repeated import choice_by, ratio_of
from amorsize.vocab.trials import Choice, Ended, Runner, Setup
from benchmarks.workloads.registry import SUITE, workload_named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from amorsize.stats.repeated import Ratio

LOOP: Final = Setup(runner=Runner.SERIAL)

HOPELESS: Final = 3.0
"""A configuration of the grid is stopped after so many times the plain loop: it is not the best."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured."""

    workloads: int
    tens_of_ms: int
    """The plain loop's time, about."""
    careful_rounds: int
    same: int
    tuned: int


FULL: Final = Size(workloads=99, tens_of_ms=20, careful_rounds=41, same=100, tuned=12)
SHORT: Final = Size(workloads=12, tens_of_ms=10, careful_rounds=21, same=20, tuned=4)


def verdicts(size: Size) -> None:
    """Verdicts of validate_optimization against a long careful measurement of the same two ways."""
    agreed, rows = 0, 0
    for name, func, items in workloads(size.workloads, size.tens_of_ms):
        result = validate_optimization(func, items, timeout=10.0, use_cache=False)
        if len(result.lines) < 2:  # noqa: PLR2004 - a loop that nothing can be held against
            continue
        advice = result.optimization
        other = _setup_named(result.lines[1][0], advice.executor_type)
        careful = _careful(func, items, other, rounds=size.careful_rounds)
        right = choice_by(careful)
        rows += 1
        agreed += right is result.choice
        mark = "" if right is result.choice else f"   <- careful: {right.value}"
        between = "" if careful is None else f"{careful.middle:.3f}"
        print(f"{name:24}{result.lines[1][0]:32}{result.choice.value:16}{between:>8}{mark}")
    print(f"agreed: {agreed} of {rows}, {100 * agreed / max(1, rows):.0f} % (to reach: 95 %)")


def same(size: Size) -> None:
    """A way against itself: how often it is called no difference."""
    _, func, items = next(workloads(1, size.tens_of_ms, only="medium-1ms"))
    for kind in ("serial", "process", "thread"):
        found: Counter[Choice] = Counter()
        for _ in range(size.same):
            configs = [ComparisonConfig(name, 2, 10, kind) for name in ("A", "B")]
            found[compare_strategies(func, items, configs).differences[1]] += 1
        share = 100 * found[Choice.NO_DIFFERENCE] / size.same
        print(f"{kind:10} no difference in {share:.0f} % of {size.same} (to reach: 95 %)")


def tuning(size: Size) -> None:
    """quick_tune against a grid of all configurations: what it finds, and what it costs."""
    worse, shares = [], []
    for name, func, items in workloads(size.tuned, 10 * size.tens_of_ms):
        began = perf_counter()
        tuned = quick_tune(func, items)
        tuned_s = perf_counter() - began
        grid = [LOOP, *grid_of(len(items))]
        limit_s = HOPELESS * run_trial(func, items, LOOP, limit_s=60.0).trial.elapsed_s
        trials = {one: run_trial(func, items, one, limit_s=limit_s).trial for one in grid}
        times = {one: tried.elapsed_s for one, tried in trials.items()}
        best = min(
            (one for one in grid if trials[one].ended is Ended.FINISHED), key=times.__getitem__
        )
        found = next(
            (one for one in grid if (one.n_jobs, one.chunksize) == _numbers(tuned)),
            Setup(
                runner=Runner.PROCESS if tuned.best_n_jobs > 1 else Runner.SERIAL,
                n_jobs=tuned.best_n_jobs,
                chunksize=tuned.best_chunksize,
            ),
        )
        ratio = _ratio(func, items, one=found, best=best)
        worse.append(100 * (ratio - 1))
        shares.append(tuned_s / sum(times.values()))
        print(
            f"{name:24}{setup_name(found):28}grid: {setup_name(best):28}"
            f"{worse[-1]:+6.1f} %, in {shares[-1]:.2f} of the time"
        )
    print(f"middle {median(worse):+.1f} %, worst {max(worse):+.1f} % (to reach: 5 %)")
    print(f"time: middle {median(shares):.2f}, worst {max(shares):.2f} (to reach: 0.33)")


def _numbers(tuned: Any) -> tuple[int, int]:
    return tuned.best_n_jobs, tuned.best_chunksize


def grid_of(items: int) -> Iterator[Setup]:
    """Every number of jobs, and chunks worth comparing, of the process pool."""
    for jobs in range(2, usable_cpus() + 1):
        for chunk in sorted({1, *chunks_for(items, jobs)}):
            yield Setup(runner=Runner.PROCESS, n_jobs=jobs, chunksize=chunk)


def _ratio(func: Any, items: Any, *, one: Setup, best: Setup) -> float:
    if one == best:
        return 1.0
    ratio = _careful(func, items, one, rounds=9, base=best)
    return 1.0 if ratio is None else 1 / ratio.middle


def _careful(
    func: Any, items: Any, other: Setup, *, rounds: int, base: Setup = LOOP
) -> Ratio | None:
    """So many rounds, whatever they show."""
    race = Race(func=func, items=items, goal=Goal(), budget_s=1e9, say=lambda _: None)
    series: dict[str, list[float]] = {"base": [], "other": []}
    while len(series["base"]) < rounds:
        raced = race.run({"base": base, "other": other})
        for name, one in raced.series.items():
            series[name] += one.seconds
    return ratio_of(series["base"], series["other"])


def _setup_named(name: str, kind: str) -> Setup:
    """The way that a line of a result tells of."""
    numbers = [int(part) for part in "".join(c if c.isdigit() else " " for c in name).split()]
    if name.startswith("ThreadPool"):
        return Setup(runner=Runner.THREAD, n_jobs=numbers[0])
    del kind
    return Setup(runner=Runner.PROCESS, n_jobs=numbers[0], chunksize=numbers[1])


def workloads(
    count: int, tens_of_ms: int, *, only: str | None = None
) -> Iterator[tuple[str, Callable[[Any], Any], Sequence[Any]]]:
    """Spread over the suite, those that need something else left out."""
    chosen = [workload_named(only)] if only else SUITE[:: max(1, len(SUITE) // count)][:count]
    for workload in chosen:
        try:
            job = workload.make(workload.ten_ms * tens_of_ms)
            items = list(job.data())
        except Exception as error:  # noqa: BLE001 - a package, or a server, may be missing
            print(f"{workload.name:24}left out: {type(error).__name__}")
            continue
        try:
            if items:
                yield workload.name, job.func, items
        finally:
            job.close()


FIGURES: Final = {"verdicts": verdicts, "same": same, "tuning": tuning}


def main(words: Sequence[str]) -> int:
    """Print the figures that were asked for, or all."""
    size = SHORT if "--short" in words else FULL
    names = [word for word in words if word != "--short"]
    if unknown := set(names) - set(FIGURES):
        print(f"no such figure: {', '.join(sorted(unknown))}\n\nhint: {', '.join(FIGURES)}")
        return 2
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as caches:  # the user's own are not touched
        os.environ["XDG_CACHE_HOME"] = caches
        for name in names or FIGURES:
            short = " --short" if size is SHORT else ""
            print(f"\n{name}: {(FIGURES[name].__doc__ or '').splitlines()[0]}")
            load = os.getloadavg()[0]
            command = f"python scripts/validate_figures.py{short} {name}"
            print(f"$ {command}  (load {load:.1f})", flush=True)
            FIGURES[name](size)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
