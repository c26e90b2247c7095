from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from amorsize.bench.race import Race, Raced
from amorsize.plan.rounds import Goal
from amorsize.vocab.trials import Agreement, Ended, Runner
from tests.bench import jobs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

pytestmark = pytest.mark.slow

LOOP, POOL, THREADS = (jobs.setup(one) for one in (Runner.SERIAL, Runner.PROCESS, Runner.THREAD))


def raced(
    func: Callable[[Any], Any],
    items: Sequence[Any] = range(40),
    budget_s: float = 20.0,
    **setups: Any,
) -> Raced:
    said: list[str] = []
    race = Race(func=func, items=items, goal=Goal(), budget_s=budget_s, say=said.append)
    found = race.run(setups or {"loop": LOOP, "pool": POOL})
    assert len(said) == sum(len(series.trials) for series in found.series.values())
    return found


def test_each_way_runs_every_item_once_in_each_round() -> None:
    calls: Counter[int] = Counter()

    def counted(x: int) -> int:
        calls[x] += 1
        return x

    found = raced(counted, loop=LOOP, threads=THREADS)

    rounds = sum(len(series.trials) for series in found.series.values())
    assert calls == dict.fromkeys(range(40), rounds)
    assert len(found.series["threads"].trials) >= 3


def test_the_time_is_shared_and_what_does_not_fit_is_stopped() -> None:
    found = raced(jobs.hangs, budget_s=0.6)

    ends = [found.series[name].stopped for name in ("loop", "pool")]
    assert [end and end.ended for end in ends] == [Ended.TIME_UP] * 2
    assert found.base is None


def test_nothing_runs_beside_calls_that_could_not_be_stopped() -> None:
    go_on = threading.Event()

    def waits(x: int) -> int:
        if threading.current_thread() is not threading.main_thread():
            go_on.wait()
        return x

    found = raced(waits, budget_s=0.3, threads=THREADS, loop=LOOP)
    go_on.set()
    for thread in threading.enumerate():
        if thread.name.startswith("amorsize-bench"):
            thread.join()

    stopped = found.series["loop"].stopped
    assert stopped is not None
    assert stopped.why == "not run: calls of another way, 2 in number, still run in threads"


@pytest.mark.parametrize(
    ("func", "agreement"),
    [
        (jobs.square, Agreement.SAME),
        (jobs.knows_its_process, Agreement.DIFFERENT),
        (jobs.random_number, Agreement.DIFFERENT),
    ],
)
def test_results_are_compared(func: Callable[[int], Any], agreement: Agreement) -> None:
    found = raced(func)

    own = Agreement.NOT_REPEATABLE if func is jobs.random_number else Agreement.SAME
    assert found.compared["pool"].agreement is agreement
    assert found.compared["loop"].agreement is own


def test_results_in_another_order_are_known_as_such() -> None:
    numbers = count()

    def backwards_in_threads(_: int) -> int:
        number = next(numbers) % 40
        here = threading.current_thread() is threading.main_thread()
        return number if here else 39 - number

    found = raced(backwards_in_threads, loop=LOOP, threads=THREADS)

    assert found.compared["threads"].agreement is Agreement.UNORDERED


def test_ctrl_c_keeps_what_was_found() -> None:
    calls: list[int] = []

    def interrupts_the_third_run(x: int) -> int:
        calls.append(x)
        if len(calls) == 100:
            os.kill(os.getpid(), signal.SIGINT)
        return x

    found = raced(interrupts_the_third_run, loop=LOOP, threads=THREADS)

    assert found.interrupted
    assert [len(series.seconds) for series in found.series.values()] == [1, 1]


def test_ctrl_c_is_raised_if_nothing_was_found() -> None:
    def interrupts(x: int) -> int:
        os.kill(os.getpid(), signal.SIGINT)
        return x

    with pytest.raises(KeyboardInterrupt):
        raced(interrupts)
