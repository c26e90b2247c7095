from __future__ import annotations

from math import isnan
from typing import Any

import pytest

from amorsize.report.trials import disagreements, ratio_words, series_line, setup_name, trial_line
from amorsize.report.validation import LOOP, Held, accuracy_of, remarks, verdict_line
from amorsize.stats.repeated import Ratio, choice_by, interval_of
from amorsize.vocab.trials import Agreement, Compared, Ended, Runner, Series, Setup, Trial

POOL = "Pool(2), chunksize=5"


def ratio(middle: float, *, runs: int = 5) -> Ratio:
    low, high = 0.98 * middle, 1.02 * middle
    return Ratio(middle, low, high, low, high, runs)


def held(speedup: Ratio | None, **facts: Any) -> Held:
    known: dict[str, Any] = {"advised": POOL, "other": POOL, "predicted": 2.0}
    return Held(**known | facts, speedup=speedup, choice=choice_by(speedup))


@pytest.mark.parametrize(
    ("facts", "begins"),
    [
        (held(ratio(1.9)), f"right: {POOL} is 1.90 times faster (1.86 to 1.94) than {LOOP}"),
        (held(ratio(0.5)), f"wrong: {POOL} is 2.00 times slower"),
        (held(ratio(1.01)), "no difference beyond the noise"),
        (held(ratio(1.9, runs=1)), f"{POOL} is 1.90 times faster, each run once than"),
        (held(None), "not enough was measured"),
        (held(ratio(1.9), advised=LOOP), f"wrong: {LOOP} was advised, and {POOL} is 1.90"),
        (held(ratio(1.05), advised=LOOP), f"right: {LOOP} was advised"),
        (held(ratio(0.5), advised=LOOP), f"right: {LOOP} was advised, and {POOL} is 2.00"),
        (held(ratio(0.5, runs=1), advised=LOOP), f"{LOOP} was advised; {POOL} is"),
        (
            held(None, advised=LOOP, other=None, why_no_other="one core"),
            f"{LOOP} was advised, and there is nothing to hold it against: one core",
        ),
    ],
)
def test_a_verdict_says_right_or_wrong_and_by_how_much(facts: Held, begins: str) -> None:
    assert verdict_line(facts).startswith(begins)


def test_accuracy_is_that_of_0_1() -> None:
    assert accuracy_of(2.0, 2.0) == (100, 0)
    assert accuracy_of(2.0, 1.0) == (50, -50)
    assert accuracy_of(1.0, 2.0) == (50, 100)
    assert all(map(isnan, accuracy_of(0.0, 2.0)))


def test_remarks_say_what_to_do() -> None:
    assert list(remarks(held(ratio(1.9)), 95)) == []
    assert list(remarks(held(ratio(0.5)), 90)) == [f"use {LOOP} for this job"]
    assert list(remarks(held(ratio(1.01)), 90)) == [f"{LOOP} does as well, and is simpler"]
    assert "is off" in next(iter(remarks(held(ratio(1.2)), 60)))
    assert list(remarks(held(ratio(0.5), advised=LOOP), 10)) == []


def test_runs_in_words() -> None:
    done = Trial(ended=Ended.FINISHED, elapsed_s=1.0)
    late = Trial(ended=Ended.TIME_UP, elapsed_s=2.0, done=1234, still_running=2)
    broken = Trial(ended=Ended.FAILED, elapsed_s=0.0, why="mpire is not installed")

    assert trial_line(late, 5000) == (
        "stopped after 2.00 s: 1,234 of 5,000 items were done; "
        "2 calls still run in threads, which nothing can stop"
    )
    assert trial_line(broken, 1) == "failed: mpire is not installed"
    assert series_line(Series(), None, 1) == "not run"
    assert series_line(Series((done,)), interval_of([1.0]), 1) == "1.00 s, run once"
    assert series_line(Series((done, done)), interval_of([1.0, 1.0]), 1) == (
        "1.00 s (1.00 s to 1.00 s), 2 runs"
    )
    assert "; then stopped after" in series_line(Series((done, late)), interval_of([1.0]), 1)
    assert "to any)" in ratio_words(Ratio(2.0, 0.1, 1e9, 0.0, 1e12, 2))


def test_ways_in_the_words_of_their_calls() -> None:
    names = [setup_name(Setup(runner=runner, n_jobs=2, chunksize=3)) for runner in Runner]

    assert names == [
        "the plain loop",
        "Pool(2), chunksize=3",
        "ThreadPoolExecutor(2)",
        "execute",
        "joblib(2), chunksize=3",
        "mpire(2), chunksize=3",
        "loky(2), chunksize=3",
    ]


def test_differences_are_told_as_what_they_are() -> None:
    same = Compared(agreement=Agreement.SAME)
    other = Compared(agreement=Agreement.DIFFERENT, index=3)
    moved = Compared(agreement=Agreement.UNORDERED, index=0)
    random = Compared(agreement=Agreement.NOT_REPEATABLE, index=1)

    assert disagreements({"a": same, "b": same}, "a") == []
    assert "side effects" in disagreements({"a": same, "b": other}, "a")[0]
    assert "it may not repeat" in disagreements({"a": Compared(), "b": other}, "a")[0]
    assert "in another order" in disagreements({"a": same, "b": moved}, "a")[0]
    assert "random numbers" in disagreements({"a": random, "b": other}, "a")[0]
    assert len(disagreements({"a": random, "b": other}, "a")) == 1
