"""Whole jobs that were timed, in words."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, assert_never

from amorsize.plan.units import seconds, three_digits
from amorsize.plan.wording import times_faster
from amorsize.vocab.trials import Agreement, Choice, Ended, Runner

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amorsize.stats.repeated import Ratio
    from amorsize.vocab.estimate import Measured
    from amorsize.vocab.trials import Compared, Series, Setup, Trial


def setup_name(setup: Setup) -> str:
    """A way to run a job, in the words of the call."""
    jobs, chunk = setup.n_jobs, setup.chunksize
    match setup.runner:
        case Runner.SERIAL:
            return "the plain loop"
        case Runner.PROCESS:
            return f"Pool({jobs}), chunksize={chunk}"
        case Runner.THREAD:
            return f"ThreadPoolExecutor({jobs})"
        case Runner.ADAPTIVE:
            return "execute"
        case Runner.JOBLIB | Runner.MPIRE:
            return f"{setup.runner.value}({jobs})" + (f", chunksize={chunk}" if chunk > 1 else "")
        case Runner.LOKY:
            return f"loky({jobs}), chunksize={chunk}"
        case _:
            assert_never(setup.runner)


def trial_line(trial: Trial, items: int) -> str:
    """How one run ended."""
    took = seconds(trial.elapsed_s)
    match trial.ended:
        case Ended.FINISHED:
            return took
        case Ended.FAILED:
            return f"failed: {trial.why}"
        case Ended.TIME_UP:
            return f"stopped after {took}{_so_far(trial, items)}{_going_on(trial)}"
        case _:
            assert_never(trial.ended)


def series_line(series: Series, interval: Measured | None, items: int) -> str:
    """What the runs of one way have shown."""
    stopped = series.stopped
    if interval is None:
        return "not run" if stopped is None else trial_line(stopped, items)
    runs = interval.samples
    if runs == 1:
        told = f"{seconds(interval.median_s)}, run once"
    else:
        low, high = seconds(interval.low_s), seconds(interval.high_s)
        told = f"{seconds(interval.median_s)} ({low} to {high}), {runs} runs"
    return told if stopped is None else f"{told}; then {trial_line(stopped, items)}"


def ratio_words(ratio: Ratio) -> str:
    """How two ways compare, with the interval."""
    if ratio.runs == 1:
        return f"{times_faster(ratio.middle)}, each run once"
    low, high = ratio.low, ratio.high
    if ratio.middle < 1:
        low, high = _inverse(high), _inverse(low)
    return f"{times_faster(ratio.middle)} ({three_digits(low)} to {_most(high)})"


def choice_words(choice: Choice) -> str:
    """What the measurement says of a way, in a word or two."""
    match choice:
        case Choice.FASTER:
            return "faster"
        case Choice.SLOWER:
            return "slower"
        case Choice.NO_DIFFERENCE:
            return "no difference beyond the noise"
        case Choice.UNKNOWN:
            return "too few runs to tell"
        case _:
            assert_never(choice)


def disagreements(compared: Mapping[str, Compared], base: str) -> list[str]:
    """What is wrong with the results, if anything is, by the name of the way of running."""
    own = compared[base]
    if own.agreement is Agreement.NOT_REPEATABLE:
        told = f"two runs of {base} differ, first at item {own.index}: the function uses random "
        return [f"{told}numbers, the time, or what earlier calls have changed"]
    repeats = own.agreement is Agreement.SAME
    all_told = (_disagreement(name, base, one, repeats=repeats) for name, one in compared.items())
    return [sentence for sentence in all_told if sentence]


def _disagreement(name: str, base: str, found: Compared, *, repeats: bool) -> str:
    if found.agreement is Agreement.UNORDERED:
        return (
            f"{name} gives the results of {base} in another order, first at item {found.index}: "
            "the function hands them out in the order of its calls, not by its item"
        )
    if found.agreement is not Agreement.DIFFERENT:
        return ""
    known = "the function has side effects: it needs memory that workers do not share"
    unknown = f"random numbers, the time or side effects ({base} ran once: it may not repeat)"
    why = known if repeats else unknown
    return f"{name} gives other results than {base}, first at item {found.index}: {why}"


def _so_far(trial: Trial, items: int) -> str:
    return "" if trial.done is None else f": {trial.done:,} of {items:,} items were done"


def _going_on(trial: Trial) -> str:
    if not trial.still_running:
        return ""
    calls = "1 call still runs in a thread"
    if trial.still_running > 1:
        calls = f"{trial.still_running} calls still run in threads"
    return f"; {calls}, which nothing can stop"


def _inverse(ratio: float) -> float:
    return 1 / ratio if ratio > 0 else inf


def _most(ratio: float) -> str:
    return three_digits(ratio) if ratio < 1e6 else "any"  # noqa: PLR2004 - it means nothing more
