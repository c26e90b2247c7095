from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from amorsize.plan.choose import decide
from amorsize.report.text import explain, summary
from amorsize.vocab.options import DEFAULT_OPTIONS, Options
from amorsize.vocab.plan import EngineKind
from amorsize.vocab.record import RunRecord
from tests.unit.examples import TWO_CORES, profile, waiting

if TYPE_CHECKING:
    from amorsize.vocab.profile import Profile

SIXTY = profile(left=55)


def run_of(
    known: Profile, options: Options = DEFAULT_OPTIONS, fork_unsafe: str | None = None
) -> RunRecord:
    situation = replace(TWO_CORES, fork_unsafe=fork_unsafe)
    decision = decide(known, situation, options)
    return RunRecord(
        items=1812,
        engine=decision.chosen.engine,
        workers=decision.chosen.workers,
        wall_s=33e-3,
        work_s=60e-3,
        serial_items=5,
        decision=decision,
        profile=known,
        situation=situation,
    )


TEAM = """\
items: 1,812
workers: 2, the caller among them
engine: processes, forked
time: 33.0 ms
plain loop: about 60.0 ms, estimated from the time measured inside the function
speed-up: 1.82 (predicted: 1.69)
warning: item 3 ran twice"""


def test_a_run_is_summed_up() -> None:
    assert summary(replace(run_of(SIXTY), warnings=("item 3 ran twice",))) == TEAM


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (
            run_of(profile(left=8)),
            "speed-up: none, it was the plain loop; 2 processes, forked: would surely gain only 8",
        ),
        (run_of(SIXTY, Options(n_jobs=1)), "it was the plain loop; n_jobs=1 was asked for"),
        (run_of(profile(left=0)), "it was the plain loop; nothing was left to share"),
        (replace(run_of(profile(left=8)), decision=None), "workers would not have paid"),
        (
            replace(run_of(profile(left=8)), decision=None, profile=None),
            "too short to ask whether workers would pay",
        ),
        (
            replace(run_of(profile(left=8)), decision=None, profile=None, asked="n_jobs=1"),
            "it was the plain loop; n_jobs=1 was asked for",
        ),
        (
            replace(run_of(profile(left=8)), decision=None, items=0),
            "it was the plain loop; there was nothing to run",
        ),
        (run_of(waiting()), "workers: 32\nengine: threads"),
        (run_of(profile(item_s=0.1), fork_unsafe="X"), "engine: processes, spawned"),
    ],
)
def test_other_runs_say(record: RunRecord, words: str) -> None:
    assert words in summary(record)


EXPLAINED = """\
2 processes, forked: about 30.5 ms instead of 55.0 ms for what was left
speed-up: 1.80 (1.77 to 1.83)

What was measured
  items         5 run of 60, in 5.00 ms
  one call      1.00 ms on average, give or take 10%; longest 1.20 ms; first 1.00 ms
  left to do    55.0 ms (44.0 ms to 66.0 ms)
  nature        it computes
  a result      50 B, 1.00 \u00b5s to pickle, 1.00 \u00b5s to unpickle
  an item       50 B, 1.00 \u00b5s to pickle, 1.00 \u00b5s to unpickle
  the function  50 B, 1.00 \u00b5s to pickle, 1.00 \u00b5s to unpickle
  machine       2 usable cores

What each choice would take
                       start-up  compute  hand out  transfer    tail    total
  2 processes, forked   2.10 ms  27.5 ms    330 \u00b5s   42.6 \u00b5s  500 \u00b5s  30.5 ms  \
<- chosen
  plain loop                  -  55.0 ms         -         -       -  55.0 ms
  (start-up and hand out: assumed, typical times; amorsize calibrate measures them here)

Why not the others
  threads: whether the function releases the interpreter lock was not measured
  processes, spawned: forked workers inherit function and items; here both must be sent

What limits 2 processes, forked
  cores     90.2% (27.5 ms): the calls themselves, 2 at once on all cores
  start-up  6.9% (2.10 ms): workers are made, and ended
  the rest  2.9% (873 \u00b5s)

What would help
  4 cores instead of 2: 17.7 ms instead of 30.5 ms, 1.72 times faster"""


def test_a_decision_is_explained() -> None:
    assert explain(run_of(SIXTY)) == EXPLAINED


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (
            run_of(SIXTY, Options(n_jobs=2)),
            "instead of 55.0 ms for what was left, because n_jobs=2 was asked for",
        ),
        (run_of(profile(left=8)), "the plain loop: 8.00 ms were left; 2 processes, forked: would"),
        (run_of(SIXTY, Options(n_jobs=1)), "55.0 ms were left, because n_jobs=1 was asked for"),
        (run_of(SIXTY, fork_unsafe="thread X"), "forking is not safe here: thread X"),
        (replace(run_of(SIXTY), decision=None), "the plain loop: "),
    ],
)
def test_other_decisions_are_explained(record: RunRecord, words: str) -> None:
    assert words in " ".join(explain(record).split())


def test_threads_are_counted_without_the_caller() -> None:
    record = replace(run_of(SIXTY), engine=EngineKind.THREADS)

    assert "workers: 2\n" in summary(record)
