"""One timed run: what it gives, how it is stopped, and that nothing of it is left."""

from __future__ import annotations

import pickle
import signal
import threading
import time
from itertools import repeat
from multiprocessing import active_children
from typing import TYPE_CHECKING, Any

import pytest

from amorsize.bench import registry
from amorsize.bench.registry import Entry
from amorsize.bench.trial import Ran, run_trial
from amorsize.vocab.trials import Ended, Runner
from tests.bench import jobs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.slow

LIMIT_S = 0.3
LONG_S = 25.0


@pytest.fixture(autouse=True)
def signals_as_before() -> Iterator[None]:
    before = signal.getsignal(signal.SIGINT)
    yield
    assert signal.getsignal(signal.SIGINT) is before


def test_every_way_gives_the_results_of_the_plain_loop() -> None:
    for runner in jobs.OURS:
        ran = run_trial(jobs.square, range(20), jobs.setup(runner), limit_s=LONG_S)

        assert ran.results == [x * x for x in range(20)], runner
        assert ran.trial.ended is Ended.FINISHED
        assert active_children() == []


@pytest.mark.parametrize("runner", [Runner.SERIAL, Runner.PROCESS, Runner.ADAPTIVE, Runner.LOKY])
@pytest.mark.parametrize("func", [jobs.hangs, jobs.spins])
def test_a_run_is_stopped_when_its_time_is_up_and_its_processes_are_gone(
    runner: Runner, func: Callable[[int], int]
) -> None:
    ran = run_trial(func, range(40), jobs.setup(runner), limit_s=LIMIT_S)

    assert (ran.trial.ended, ran.results) == (Ended.TIME_UP, None)
    assert active_children() == []


def test_a_worker_that_is_deaf_to_a_polite_end_is_killed() -> None:
    ran = run_trial(jobs.deaf, range(40), jobs.setup(Runner.PROCESS), limit_s=LIMIT_S)

    assert ran.trial.ended is Ended.TIME_UP
    assert active_children() == []


def test_a_pool_that_is_still_sending_leaves_no_thread() -> None:
    before = set(threading.enumerate())
    items = [jobs.HANGS_AT, jobs.HANGS_AT, jobs.SlowToSend()]

    ran = run_trial(jobs.hangs, items, jobs.setup(Runner.PROCESS, chunk=1), limit_s=LIMIT_S)

    assert ran.trial.ended is Ended.TIME_UP
    assert set(threading.enumerate()) <= before


def test_a_function_that_swallows_an_interrupt_gets_another() -> None:
    ran = run_trial(jobs.stubborn, range(40), jobs.setup(Runner.ADAPTIVE), limit_s=LIMIT_S)

    assert ran.trial.ended is Ended.TIME_UP


def test_a_worker_that_dies_keeps_nobody_waiting_beyond_the_time() -> None:
    ran = run_trial(jobs.dies, range(40), jobs.setup(Runner.PROCESS), limit_s=LIMIT_S)

    assert ran.trial.ended is Ended.TIME_UP


def test_what_was_done_until_then_is_told() -> None:
    ran = run_trial(jobs.hangs, range(40), jobs.setup(Runner.SERIAL), limit_s=LIMIT_S)

    assert ran.trial.done == 3  # blocks of 1, 2, 4: the last one holds the item that hangs
    assert run_trial(jobs.square, [1], jobs.setup(Runner.SERIAL), limit_s=LONG_S).trial.done == 1


def test_calls_in_threads_cannot_be_stopped_and_that_is_said() -> None:
    go_on = threading.Event()

    def waits(x: int) -> int:
        if x == 5:
            go_on.wait()
        return x

    ran = run_trial(waits, range(4000), jobs.setup(Runner.THREAD, 2), limit_s=LIMIT_S)
    go_on.set()

    assert ran.trial.ended in {Ended.TIME_UP, Ended.FINISHED}
    assert ran.trial.still_running == 1
    for thread in threading.enumerate():
        if thread.name.startswith("amorsize-bench"):
            thread.join()


def test_items_that_wait_for_a_thread_are_not_begun_after_the_end() -> None:
    go_on, begun = threading.Event(), []

    def waits(x: int) -> int:
        begun.append(x)
        go_on.wait()
        return x

    ran = run_trial(waits, range(100), jobs.setup(Runner.THREAD, 2), limit_s=LIMIT_S)
    go_on.set()
    for thread in threading.enumerate():
        if thread.name.startswith("amorsize-bench"):
            thread.join()

    assert (ran.trial.still_running, ran.trial.done) == (2, 0)
    assert len(begun) == 2


def raised_by(func: Callable[[Any], Any], runner: Runner) -> BaseException:
    try:
        run_trial(func, range(40), jobs.setup(runner), limit_s=LONG_S)
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is what we look at
        return error
    msg = "nothing was raised"
    raise AssertionError(msg)


def test_what_the_function_raises_is_raised_as_itself_with_the_way_of_running() -> None:
    for runner in jobs.OURS:
        error = raised_by(jobs.fails, runner)

        assert type(error) is KeyError, runner
        assert error.args == (7,)
        assert any(note.startswith("amorsize: raised while ") for note in error.__notes__)
        assert active_children() == []


def failed(func: Callable[[Any], Any], runner: Runner) -> Ran:
    ran = run_trial(func, range(40), jobs.setup(runner), limit_s=LONG_S)
    assert (ran.trial.ended, ran.results) == (Ended.FAILED, None)
    return ran


def test_a_pool_that_cannot_do_the_job_is_told_of_not_raised() -> None:
    assert "pickle" in failed(lambda x: x, Runner.PROCESS).trial.why
    assert "MaybeEncodingError" in failed(jobs.cannot_return, Runner.PROCESS).trial.why
    assert "Terminated" in failed(jobs.dies, Runner.LOKY).trial.why


def test_what_is_not_installed_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = registry.HOMES | {Runner.MPIRE: Entry("not_there_at_all")}
    monkeypatch.setattr(registry, "HOMES", missing)

    assert failed(jobs.square, Runner.MPIRE).trial.why == "not_there_at_all is not installed"


def test_an_alarm_of_the_users_still_rings() -> None:
    rang: list[int] = []
    left_s = signal.getitimer(signal.ITIMER_REAL)[0]
    before = signal.signal(signal.SIGALRM, lambda number, _: rang.append(number))
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        ran = run_trial(jobs.hangs, range(40), jobs.setup(Runner.ADAPTIVE), limit_s=0.1)
        while not rang:
            time.sleep(0.01)
    finally:
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, left_s)

    assert ran.trial.ended is Ended.TIME_UP
    assert rang == [signal.SIGALRM]


@pytest.mark.parametrize("heard", [signal.SIG_IGN, lambda _number, _frame: None])
def test_time_is_up_for_those_who_do_not_stop_on_ctrl_c_too(heard: Any) -> None:
    before = signal.signal(signal.SIGINT, heard)
    try:
        ran = run_trial(jobs.hangs, range(40), jobs.setup(Runner.ADAPTIVE), limit_s=LIMIT_S)
        assert signal.getsignal(signal.SIGINT) is heard
    finally:
        signal.signal(signal.SIGINT, before)

    assert ran.trial.ended is Ended.TIME_UP


@pytest.mark.parametrize("runner", [Runner.SERIAL, Runner.PROCESS, Runner.THREAD, Runner.ADAPTIVE])
def test_outside_the_main_thread_time_is_up_too(runner: Runner) -> None:
    found: list[Ran] = []

    def measure() -> None:
        ran = run_trial(jobs.slow, list(repeat(1, 20_000)), jobs.setup(runner), limit_s=0.1)
        found.append(ran)

    thread = threading.Thread(target=measure)
    thread.start()
    thread.join()

    assert found[0].trial.ended is Ended.TIME_UP


def test_trials_travel() -> None:
    trial = run_trial(jobs.square, [1], jobs.setup(Runner.SERIAL), limit_s=LONG_S).trial

    assert pickle.loads(pickle.dumps(trial)) == trial
