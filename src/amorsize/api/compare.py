"""``compare_strategies``: several ways to run the same job, side by side."""

from __future__ import annotations

import math
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from amorsize.api.announce import Announcer
from amorsize.api.checks import check_call, check_flags, positive_integer, positive_number
from amorsize.api.comparison import ComparisonConfig, ComparisonResult
from amorsize.api.optimize import optimize
from amorsize.bench.kept import Kept, keep
from amorsize.bench.race import Race
from amorsize.errors import AmorsizeError, UsageError
from amorsize.plan.rounds import Goal
from amorsize.report.comparison import comparison_lines, comparison_remarks
from amorsize.report.trials import disagreements
from amorsize.stats.repeated import choice_by, interval_of, ratio_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from amorsize.api.result import OptimizationResult
    from amorsize.bench.race import Raced

BESIDES: Final = ("Serial", "Optimizer")
"""Names of what ``compare_with_optimizer`` adds."""


def compare_strategies(
    func: Callable[[Any], Any],
    data: Iterable[Any],
    configs: Sequence[ComparisonConfig],
    max_items: int | None = None,
    timeout: float = 120.0,
    verbose: bool = False,
) -> ComparisonResult:
    """Run ``func`` on all items in several ways, in turn, and tell which is fastest, if one is.

    Each runs at least once, and again until the difference from the first configuration is clear,
    or ``timeout`` is spent; none is called faster or slower for what may be noise. Results are
    compared with those of the first configuration.

    Args:
        func: Called with one item; a plain function, not an ``async`` one.
        data: Any iterable. ``result.data`` still yields every item, whatever it was.
        configs: The first one is the baseline.
        max_items: Run the first so many items only.
        timeout: Seconds for all runs together; in the first round each gets its share of what is
            left. What runs then is stopped, and its processes are killed.
        verbose: Print each run as it ends to stdout.

    Raises:
        UsageError: a ``ValueError``: an argument is wrong, or ``data`` is empty.
        AmorsizeError: not one configuration came to its end.
        BaseException: what ``func`` raises, as itself, with a note that names the configuration.
            Ctrl-C is raised only if nothing was found so far.
    """
    check_call(func, data)
    asked = _checked(configs)
    kept, limit_s = _kept(data, max_items, timeout, verbose=verbose)
    return _compared(func, kept, asked, limit_s=limit_s, verbose=bool(verbose))


def compare_with_optimizer(
    func: Callable[[Any], Any],
    data: Iterable[Any],
    additional_configs: Sequence[ComparisonConfig] | None = None,
    max_items: int | None = None,
    timeout: float = 120.0,
    verbose: bool = False,
) -> tuple[ComparisonResult, OptimizationResult]:
    """Compare the plain loop, what ``optimize`` advises, and others.

    Returns the comparison, whose first configurations are ``"Serial"`` and ``"Optimizer"``, and
    the advice. For the rest see ``compare_strategies``.

    Raises:
        UsageError: a ``ValueError``: an argument is wrong, or ``data`` is empty.
        AmorsizeError: not one configuration came to its end.
        BaseException: what ``func`` raises, as itself.
    """
    check_call(func, data)
    others = [] if additional_configs is None else _checked(additional_configs, BESIDES)
    kept, limit_s = _kept(data, max_items, timeout, verbose=verbose)
    ends = monotonic() + limit_s
    advice = optimize(func, kept.items)
    loop, advised = BESIDES
    configs = [
        ComparisonConfig(loop, executor_type="serial"),
        ComparisonConfig(advised, advice.n_jobs, advice.chunksize, advice.executor_type),
        *others,
    ]
    left_s = ends - monotonic()
    return _compared(func, kept, configs, limit_s=left_s, verbose=bool(verbose)), advice


def _kept(data: Any, max_items: Any, timeout: Any, *, verbose: Any) -> tuple[Kept, float]:
    check_flags(verbose=verbose)
    most = None if max_items is None else positive_integer("max_items", max_items)
    limit_s = positive_number("timeout", timeout)
    return keep(data, most, limit_s=limit_s), limit_s


def _checked(configs: Any, besides: Sequence[str] = ()) -> list[ComparisonConfig]:
    kind = type(configs)
    if kind is ComparisonConfig or not hasattr(kind, "__iter__"):
        raise _no_configs(kind.__name__)
    asked = list(configs)
    wrong = next((one for one in asked if not isinstance(one, ComparisonConfig)), None)
    if wrong is not None:
        kind = type(wrong)
        raise _no_configs(kind.__name__ + " in it")
    if not asked and not besides:
        complaint = "configs must not be empty"
        raise UsageError.parameter(complaint, hint="there is nothing to compare")
    names = [*besides, *(one.name for one in asked)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        complaint = f"configs must have different names, got {twice!r} twice"
        raise UsageError.parameter(complaint)
    return asked


def _no_configs(got: str) -> UsageError:
    complaint = f"configs must be a list of ComparisonConfig, got {got}"
    return UsageError.parameter(complaint)


def _compared(
    func: Callable[[Any], Any],
    kept: Kept,
    configs: list[ComparisonConfig],
    *,
    limit_s: float,
    verbose: bool,
) -> ComparisonResult:
    announcer = Announcer(verbose=verbose)
    race = Race(func=func, items=kept.items, goal=Goal(), budget_s=limit_s, say=announcer.tell)
    raced = race.run({config.name: config.setup for config in configs})
    result = _result_of(raced, configs)
    result.data = kept.data
    announcer.tell("", str(result))
    return result


def _result_of(raced: Raced, configs: list[ComparisonConfig]) -> ComparisonResult:
    series = raced.series
    base = raced.base
    if base is None or not series[base].seconds:
        base = next((name for name, one in series.items() if one.seconds), None)
    lines = comparison_lines(series, base or configs[0].name, raced.items)
    told = tuple(zip(series, lines, strict=True))
    if base is None:
        why = "; ".join(f"{name}: {line}" for name, line in told)
        msg = f"no configuration came to its end: {why}"
        raise AmorsizeError(msg, hint="give more time, or fewer items")
    ratios = [ratio_of(series[base].seconds, one.seconds) for one in series.values()]
    base_s = interval_of(series[base].seconds)
    times = [base_s.median_s / one.middle if base_s and one else math.inf for one in ratios]
    best = min(range(len(times)), key=times.__getitem__)
    remarks = [
        *disagreements(raced.compared, base),
        *comparison_remarks(series, base, configs[best].name),
    ]
    if raced.interrupted:
        remarks.append("interrupted: this is what was found so far")
    return ComparisonResult(
        configs,
        times,
        [0.0 if ratio is None else ratio.middle for ratio in ratios],
        best,
        remarks,
        intervals=[interval_of(one.seconds) for one in series.values()],
        differences=[choice_by(ratio) for ratio in ratios],
        lines=told,
        items=raced.items,
        interrupted=raced.interrupted,
    )
