from __future__ import annotations

from dataclasses import replace

import pytest

from amorsize.plan.advise import advise
from amorsize.report.advice import advice_line, advice_text, explain_advice
from amorsize.vocab.foretold import Foretold
from amorsize.vocab.options import DEFAULT_OPTIONS
from amorsize.vocab.plan import EngineKind
from amorsize.vocab.profile import GilUse, NotMeasured, Profile
from amorsize.vocab.situation import Situation
from tests.unit.examples import A_LOCK, TWO_CORES, profile, waiting

LONG = profile(left=995)
RUN = Foretold(predicted_s=1.0, actual_s=1.2, engine=EngineKind.TEAM, modelled_s=1.0)


def page(known: Profile, situation: Situation = TWO_CORES) -> str:
    return explain_advice(advise(known, situation, DEFAULT_OPTIONS), known, situation)


PROCESSES = """\
Pool(2), chunksize=8 takes about 518 ms instead of 1.00 s, 1.93 times faster
between 418 ms and 618 ms, 1.92 to 1.94 times faster, the pool made and closed

    with multiprocessing.Pool(2) as pool:
        results = pool.map(func, data, chunksize=8)

What was measured
  items         5 run of 1,000, in 5.00 ms
  one call      1.00 ms on average, give or take 10%; longest 1.20 ms; first 1.00 ms
  left to do    995 ms (796 ms to 1.19 s)
  nature        it computes
  a result      50 B, 1.00 \u00b5s to pickle, 1.00 \u00b5s to unpickle
  an item       50 B, 1.00 \u00b5s to pickle, 1.00 \u00b5s to unpickle
  the function  50 B, 1.00 \u00b5s to pickle, 1.00 \u00b5s to unpickle
  machine       2 usable cores

What each choice would take
                        start-up  compute  hand out  transfer     tail   total
  Pool(2), chunksize=8   6.80 ms   500 ms   3.94 ms   3.10 ms  4.00 ms  518 ms  <- chosen
  plain loop                   -   1.00 s         -         -        -  1.00 s
  (start-up and hand out: assumed, typical times; amorsize calibrate measures them here)

Why not the others
  ThreadPoolExecutor: whether the function releases the interpreter lock was not measured

What limits Pool(2), chunksize=8
  cores     96.6% (500 ms): the calls themselves, 2 at once on all cores
  the rest  3.4% (17.8 ms)

What would help
  4 cores instead of 2: 267 ms instead of 518 ms, 1.94 times faster"""


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (1.1, 1.9, ", 1.10 to 1.90 times faster, the pool"),
        (0.5, 0.8, ", 2.00 to 1.25 times slower, the pool"),
        (0.8, 1.9, ", 1.25 times slower to 1.90 times faster, the pool"),
    ],
)
def test_a_pool_that_may_be_slower_is_called_so(low: float, high: float, words: str) -> None:
    advice = advise(LONG, TWO_CORES, DEFAULT_OPTIONS)

    text = advice_text(replace(advice, speedup=0.8, speedup_low=low, speedup_high=high), LONG)

    assert text[0].endswith(" instead of 1.00 s, 1.25 times slower")
    assert words in text[1]


def test_one_item_is_one_item() -> None:
    one = replace(LONG, sampled=1, items_left=0)

    assert (
        "measured: 1 of 1 item, " in advice_text(advise(LONG, TWO_CORES, DEFAULT_OPTIONS), one)[-1]
    )


def test_processes_are_explained() -> None:
    assert page(LONG) == PROCESSES


THREADS = """\
What each choice would take
                          start-up  compute  hand out  transfer     tail   total
  ThreadPoolExecutor(32)   1.59 ms   191 ms   66.7 \u00b5s         -  13.5 ms  206 ms  <- chosen
  plain loop                     -   6.10 s         -         -        -  6.10 s
  ThreadPoolExecutor(2)     240 \u00b5s   3.05 s   1.07 ms         -  10.0 ms  3.06 s
  ThreadPoolExecutor(4)     330 \u00b5s   1.53 s    534 \u00b5s         -  15.0 ms  1.54 s
  ThreadPoolExecutor(8)     510 \u00b5s   762 ms    267 \u00b5s         -  17.5 ms  781 ms
  ThreadPoolExecutor(16)    870 \u00b5s   381 ms    133 \u00b5s         -  18.8 ms  401 ms
  (start-up and hand out: assumed, typical times; amorsize calibrate measures them here)

Why not the others
  Pool: the function mostly waits, and threads wait at no cost

What limits ThreadPoolExecutor(32)
  waiting        92.7% (191 ms): the calls wait, 32 at once
  uneven shares  6.5% (13.5 ms): the last chunks do not end together
  the rest       0.8% (1.66 ms)

What would help
  n_jobs=64, if as many calls are served at once: 141 ms instead of 206 ms, 1.45 times faster"""


def test_some_of_many_sizes_are_shown() -> None:
    assert page(waiting()).endswith(THREADS)


SERIAL = """\
the plain loop is best and takes about 1.00 ms; Pool(2), chunksize=500: slower by 9.55 ms

    results = [func(item) for item in data]
"""


def test_what_stays_serial_says_what_the_nearest_pool_would_lose() -> None:
    assert page(profile(item_s=1e-6, left=995)).startswith(SERIAL)


def test_a_pool_that_is_ruled_out_says_why() -> None:
    line = advice_line(advise(replace(LONG, function=A_LOCK), TWO_CORES, DEFAULT_OPTIONS))

    assert line == (
        "the plain loop is best and takes about 1.00 s; Pool: a result cannot be sent to another "
        "process: cannot pickle '_thread.lock' object"
    )


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (replace(LONG, items_left=None), "5 run, how many are left is not known"),
        (replace(LONG, trend=4.0), "items get dearer, by a factor of 4.00"),
        (replace(LONG, trend=0.25), "items get cheaper, by a factor of 4.00"),
        (replace(LONG, result=A_LOCK), "a result cannot be pickled: cannot pickle"),
        (waiting(), "it waits: 2% of its time is spent computing"),
        (
            replace(LONG, wall_s=1.0, cpu_s=1.0, process_cpu_s=2.0),
            "it computes, on 2.0 cores at once",
        ),
        (
            replace(LONG, gil=GilUse(free_share=0.9, ticks=9, threads_gain=1.85)),
            "the interpreter lock was free 90% of the time; two threads were 1.85 times faster",
        ),
        (
            replace(LONG, past=(RUN, RUN, RUN)),
            "before 3 runs (processes, forked) took 1.20 times the model's time; corrected by 1.10",
        ),
        (
            replace(LONG, past=(RUN,)),
            "before 1 run (processes, forked) took 1.20 times the model's time; corrected by 1.05",
        ),
    ],
)
def test_what_was_measured_is_told(known: Profile, words: str) -> None:
    assert words in " ".join(page(known).split())


def test_the_machine_is_told_with_its_limit() -> None:
    assert "machine       1 usable core\n" in page(LONG, Situation(cores=1))
    assert "4 usable cores, limited to 2.5\n" in page(LONG, Situation(cores=4, quota=2.5))


def test_no_line_is_too_wide() -> None:
    wordy = replace(LONG, function=replace(A_LOCK, why="because " * 60))
    many = Situation(cores=1024)

    for text in (page(LONG, many), page(wordy), page(wordy, many)):
        assert max(map(len, text.splitlines())) <= 100


def test_runs_that_say_nothing_about_the_model_are_not_told_of() -> None:
    strange = replace(LONG, past=(replace(RUN, modelled_s=None), replace(RUN, engine=None)))

    assert "before" not in page(strange)


def test_the_machine_may_be_unknown() -> None:
    text = explain_advice(advise(LONG, TWO_CORES, DEFAULT_OPTIONS), LONG)

    assert "machine" not in text


def test_what_nobody_measured_is_left_out() -> None:
    assert "an item" not in page(replace(LONG, argument=NotMeasured()))
