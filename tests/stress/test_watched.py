"""Watched runs: whatever happens to a worker, the caller knows, and the other items are done."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from amorsize import (
    BackendRefusedError,
    DeadlineExceededError,
    Failure,
    ItemStuckError,
    ItemTimeoutError,
    ResultLostError,
    RetryPolicy,
    WorkerCrashedError,
    execute,
)
from amorsize.engines.base import Care, EngineStartError, Job
from amorsize.engines.nesting import INSIDE
from amorsize.engines.source import source_of
from amorsize.engines.watched import WatchedEngine
from amorsize.engines.watched_toll import TRIES
from amorsize.engines.watched_width import Crowd
from amorsize.vocab.options import OnCrash
from tests.conformance.jobs import CannotBePickled, CannotBeUnpickled, Recorder, Tally
from tests.stress.marks import on_linux

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [on_linux, pytest.mark.slow, pytest.mark.timeout(25)]

ITEMS = 40
HOUR_S = 3600.0
WAYS = ["forked", "spawned"]


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Iterator[str]:
    """Workers are forked, or spawned because a thread runs."""
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    if request.param == "spawned":
        thread.start()
    yield request.param
    done.set()
    if request.param == "spawned":
        thread.join()


@pytest.fixture
def tally(tmp_path: Path) -> Tally:
    return Tally(tmp_path / "calls")


def deadly(tally: Tally, *culprits: int, die: Callable[[], Any]) -> Callable[[int], int]:
    caller = os.getpid()

    def item(index: int) -> int:
        assert os.getpid() != caller
        tally.note(index)
        if index in culprits:
            die()
        return -index

    return item


def be_killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def leave() -> None:
    os._exit(7)


def access_nothing() -> None:
    ctypes.string_at(0)


def sleep() -> None:
    time.sleep(HOUR_S)


def wait(_: int) -> None:
    time.sleep(0.02)


def run(func: Callable[[Any], Any], data: Any, *, may_fork: bool = True, **care: Any) -> Recorder:
    recorder = Recorder()
    job = Job(func=func, source=source_of(data), workers=2, item_s=0.0, care=Care(**care))
    WatchedEngine(may_fork=may_fork).run(job, recorder)
    return recorder


# -- the caller watches


@pytest.mark.parametrize(
    "asked", [{"timeout": HOUR_S}, {"deadline": HOUR_S}, {"on_crash": "skip"}, {"isolate": True}]
)
def test_the_caller_runs_no_item_not_even_the_first(asked: dict[str, Any]) -> None:
    pids = execute(lambda _: os.getpid(), range(ITEMS), **asked)

    assert len(pids) == ITEMS
    assert os.getpid() not in pids


@pytest.mark.parametrize("backend", ["serial", "processes", "auto"])
def test_any_backend_but_threads_has_its_items_in_processes(backend: Any) -> None:
    results, told = execute(
        lambda _: os.getpid(),
        range(ITEMS),
        isolate=True,
        backend=backend,
        return_optimization_result=True,
    )

    assert os.getpid() not in results
    assert told.run is not None
    assert told.run.workers == 1 if backend == "serial" else told.run.workers >= 1
    assert "isolate=True was asked for" in told.explain()


@pytest.mark.parametrize("asked", [{"timeout": 1}, {"on_crash": "retry"}, {"deadline": 2.5}])
def test_threads_are_refused_with_the_reason(asked: dict[str, Any]) -> None:
    (name, value), *_ = asked.items()

    with pytest.raises(BackendRefusedError, match="a thread cannot be stopped") as caught:
        execute(abs, range(ITEMS), backend="threads", **asked)

    assert name in str(caught.value)
    assert f"{value}" in str(caught.value)


@pytest.mark.parametrize(
    "wrong", [{"timeout": 0}, {"timeout": "1"}, {"deadline": -1}, {"on_crash": "ignore"}]
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"Invalid parameter: {next(iter(wrong))} must be"):
        execute(abs, range(ITEMS), **wrong)


def test_where_items_wait_there_are_more_processes_than_were_asked_for() -> None:
    recorder = Recorder()
    job = Job(func=wait, source=source_of(range(200)), workers=2, item_s=0.0)

    assert WatchedEngine().run(job, recorder) > 2
    assert len(recorder.results) == 200


def crowd(**job: Any) -> Crowd:
    return Crowd(Job(func=abs, source=source_of([]), workers=2, item_s=0.0, **job), forks=True)


@pytest.mark.parametrize(("took_s", "cpu_s"), [(20e-3, 18e-3), (1e-3, 0.0)])
def test_where_items_compute_or_are_short_there_are_not(took_s: float, cpu_s: float) -> None:
    usual = crowd()
    for _ in range(100):
        usual.came_home(1, took_s, cpu_s)

    assert usual.wanted == 2


def test_a_number_that_was_forced_stays() -> None:
    forced = crowd(workers_forced=True)
    for _ in range(100):
        forced.came_home(1, 20e-3, 0.0)

    assert forced.wanted == 2


def test_what_is_left_of_a_chunk_is_shared_when_items_become_long(tally: Tally) -> None:
    def item(index: int) -> int:
        if 2000 <= index < 2060:
            tally.note(os.getpid())
            time.sleep(0.03)
        return index

    recorder = Recorder()
    job = Job(func=item, source=source_of(range(4000)), workers=2, item_s=0.0, workers_forced=True)
    WatchedEngine().run(job, recorder)

    assert sorted(recorder.results) == list(range(4000))
    assert min(tally.counts().values()) >= 10
    assert len(tally.counts()) == 2


# -- a worker dies


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(
    ("die", "how"),
    [
        (be_killed, "was killed by SIGKILL"),
        (leave, "exited with status 7"),
        (access_nothing, "was killed by SIGSEGV"),
    ],
)
def test_the_error_names_the_item_and_how_its_worker_ended(
    tally: Tally, die: Callable[[], None], how: str
) -> None:
    with pytest.raises(WorkerCrashedError) as caught:
        execute(deadly(tally, 23, die=die), range(ITEMS), isolate=True, chunksize=4)

    error = caught.value
    assert f"{how} while it ran item 23" in str(error)
    assert error.index == 23
    assert max(tally.counts().values()) == 1
    assert set(error.results) == set(tally.counts()) - {23}
    assert set(error.remaining) == set(range(ITEMS)) - set(error.results)


@pytest.mark.usefixtures("way")
def test_a_segmentation_fault_says_where_it_was(tally: Tally) -> None:
    with pytest.raises(WorkerCrashedError) as caught:
        execute(deadly(tally, 5, die=access_nothing), range(ITEMS), isolate=True)

    assert "Fatal Python error: Segmentation fault" in str(caught.value)
    assert "in access_nothing" in str(caught.value)


@pytest.mark.usefixtures("way")
def test_skip_puts_a_failure_in_the_place_and_runs_nothing_twice(tally: Tally) -> None:
    results: list[Any] = execute(
        deadly(tally, 3, 17, die=be_killed), range(ITEMS), on_crash="skip", chunksize=8
    )

    assert tally.counts() == dict.fromkeys(range(ITEMS), 1)
    for index, result in enumerate(results):
        if index in {3, 17}:
            assert isinstance(result, Failure)
            assert (result.index, result.item) == (index, str(index))
            assert f"SIGKILL while it ran item {index}" in str(result.exception)
        else:
            assert result == -index


@pytest.mark.usefixtures("way")
def test_retry_runs_again_what_was_lost_and_nothing_else(tally: Tally, tmp_path: Path) -> None:
    gate = tmp_path / "died"

    def item(index: int) -> int:
        tally.note(index)
        if index == 9 and not gate.exists():
            gate.touch()
            be_killed()
        return -index

    results, told = execute(
        item, range(ITEMS), on_crash="retry", chunksize=8, return_optimization_result=True
    )

    assert results == [-index for index in range(ITEMS)]
    assert tally.counts() == dict.fromkeys(range(ITEMS), 1) | {9: 2}
    assert any("item 9 ran again" in warning for warning in told.warnings)


def test_a_poisonous_item_is_tried_a_few_times_and_then_named(tally: Tally) -> None:
    with pytest.raises(WorkerCrashedError, match="item 11 has ended its worker") as caught:
        execute(deadly(tally, 11, die=be_killed), range(ITEMS), on_crash="retry")

    assert caught.value.index == 11
    assert tally.counts()[11] == TRIES
    assert set(range(11)) <= set(caught.value.results)


def test_what_was_started_is_not_run_again_where_that_is_forbidden(tally: Tally) -> None:
    with pytest.raises(WorkerCrashedError) as caught:
        execute(
            deadly(tally, 11, die=be_killed),
            range(ITEMS),
            on_crash="retry",
            rerun_lost=False,
        )

    assert caught.value.index == 11
    assert max(tally.counts().values()) == 1


def test_workers_that_die_before_they_do_anything_end_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("amorsize.engines.watched_process.Worker.work", lambda _: be_killed())

    with pytest.raises(WorkerCrashedError, match="SIGKILL"):
        execute(abs, range(ITEMS), on_crash="retry")


# -- time


@pytest.mark.usefixtures("way")
def test_an_item_that_takes_too_long_is_ended_and_named(tally: Tally) -> None:
    with pytest.raises(
        ItemTimeoutError, match=r"item 13 took longer than timeout=0\.2 s"
    ) as caught:
        execute(deadly(tally, 13, die=sleep), range(ITEMS), timeout=0.2, chunksize=5)

    assert isinstance(caught.value, TimeoutError)
    assert caught.value.index == 13
    assert set(range(13)) <= set(caught.value.results)
    assert 13 in caught.value.remaining


def test_with_the_item_end_the_processes_that_it_has_started(tmp_path: Path) -> None:
    note = tmp_path / "pid"

    def item(index: int) -> None:
        if index == 2:
            with subprocess.Popen(["/bin/sleep", "3600"]) as child:
                note.write_text(str(child.pid))
                child.wait()

    with pytest.raises(ItemTimeoutError):
        execute(item, range(4), timeout=0.5)

    with suppress(psutil.NoSuchProcess):
        psutil.Process(int(note.read_text())).wait(timeout=5)


def test_short_items_are_not_ended_however_many_there_are(tally: Tally) -> None:
    def item(index: int) -> None:
        tally.note(index)
        time.sleep(5e-3)

    execute(item, range(100), timeout=0.25, n_jobs=2, chunksize=100)

    assert tally.counts() == dict.fromkeys(range(100), 1)


@pytest.mark.usefixtures("way")
def test_a_run_ends_at_its_deadline_with_what_it_has(tally: Tally) -> None:
    with pytest.raises(DeadlineExceededError, match="deadline=1 seconds") as caught:
        execute(deadly(tally, 5, 6, 7, die=sleep), range(ITEMS), deadline=1, n_jobs=3, chunksize=1)

    assert isinstance(caught.value, TimeoutError)
    assert set(caught.value.results) == set(tally.counts()) - {5, 6, 7}
    assert sorted([*caught.value.results, *caught.value.remaining]) == list(range(ITEMS))


# -- items and results that cannot travel


def test_items_that_cannot_be_sent_are_inherited() -> None:
    items = [(lambda index=index: index) for index in range(12)]

    assert execute(lambda item: item(), iter(items), isolate=True) == list(range(12))


def test_where_nothing_is_inherited_the_item_is_named() -> None:
    failure = run(str, iter([0, 1, 2, CannotBePickled(), 4]), may_fork=False).failure

    assert isinstance(failure.error, ItemStuckError)
    assert (failure.index, failure.error.index) == (3, 3)
    assert "item 3 cannot be sent" in str(failure.error)


@pytest.mark.parametrize("kind", [CannotBePickled, CannotBeUnpickled])
def test_a_result_that_cannot_come_back_is_an_error(kind: type) -> None:
    with pytest.raises(ResultLostError, match="item 6") as caught:
        execute(lambda index: kind() if index == 6 else index, range(ITEMS), isolate=True)

    assert set(range(6)) <= set(caught.value.results)


def test_instances_of_a_local_class_come_home_as_such() -> None:
    class Local:
        def __init__(self, index: int) -> None:
            self.index = index

    results = execute(Local, range(ITEMS), isolate=True)

    assert [type(result) for result in results] == [Local] * ITEMS
    assert [result.index for result in results] == list(range(ITEMS))


# -- inside another run


def test_inside_a_worker_it_has_one_worker_of_its_own() -> None:
    def outer(start: int) -> set[int]:
        inner = execute(lambda _: os.getpid(), range(start, start + 20), isolate=True)
        return {*inner, os.getpid()}

    for pids in execute(outer, range(3), isolate=True, n_jobs=2):
        assert len(pids) == 2


def test_the_caller_is_not_inside_afterwards() -> None:
    execute(abs, range(3), isolate=True)

    assert INSIDE.get() is None
    assert Care().on_crash is OnCrash.RAISE


# -- with what is wanted of each item


def test_an_item_that_takes_too_long_is_tried_again_as_often_as_was_said(tally: Tally) -> None:
    def item(index: int) -> int:
        tally.note(index)
        if index == 4 and tally.counts()[4] < 3:
            sleep()
        return index

    results = execute(item, range(8), timeout=0.3, retries=2)

    assert results == list(range(8))
    assert tally.counts() == dict.fromkeys(range(8), 1) | {4: 3}


@pytest.mark.parametrize("limit", [{"timeout": 0.3}, {"on_crash": "retry"}])
def test_what_ended_its_worker_may_be_collected(tally: Tally, limit: dict[str, Any]) -> None:
    die = sleep if "timeout" in limit else be_killed

    results: list[Any] = execute(
        deadly(tally, 4, die=die), range(8), on_error="collect", chunksize=8, **limit
    )

    assert [r for r in results if not isinstance(r, Failure)] == [0, -1, -2, -3, -5, -6, -7]
    assert (results[4].index, results[4].item) == (4, "4")
    assert isinstance(results[4].exception, ItemTimeoutError | WorkerCrashedError)
    assert results[4].exception.index == 4


def test_what_ended_its_worker_may_be_left_out(tally: Tally) -> None:
    results = execute(deadly(tally, 4, die=sleep), range(8), on_error="skip", timeout=0.3)

    assert results == [0, -1, -2, -3, -5, -6, -7]


def test_an_item_that_waits_for_its_turn_is_not_ended() -> None:
    assert execute(abs, range(4), timeout=0.3, max_rate="2/s", n_jobs=4) == [0, 1, 2, 3]


def test_what_setup_takes_is_nobodys_time_and_its_end_is_seen(tally: Tally) -> None:
    def setup() -> int:
        time.sleep(0.5)
        return 7

    def teardown(value: int) -> None:
        tally.note(value)

    results = execute(
        lambda item, value: item * value,
        range(4),
        setup=setup,
        teardown=teardown,
        timeout=0.3,
        n_jobs=2,
    )

    assert results == [0, 7, 14, 21]
    assert 1 <= tally.counts()[7] <= 2


def test_a_worker_that_is_over_time_while_it_waits_before_a_retry_is_left_alone(
    tally: Tally,
) -> None:
    def item(index: int) -> int:
        tally.note(index)
        if tally.counts()[index] < 3:
            raise ValueError(index)
        return index

    policy = RetryPolicy(wait_exponential_multiplier_s=0.4, exp_base=1.0)

    assert execute(item, range(3), timeout=0.3, retries=policy) == [0, 1, 2]


@pytest.mark.usefixtures("way")
def test_what_a_worker_logs_before_it_dies_is_handled(caplog: pytest.LogCaptureFixture) -> None:
    def item(index: int) -> None:
        if index == 5:
            logging.getLogger("dying").warning("last words of %d", index)
            be_killed()

    execute(item, range(8), on_crash="skip")

    assert [record.getMessage() for record in caplog.records if record.name == "dying"] == [
        "last words of 5"
    ]


# -- what was told before the end


def has_begun(tally: Tally, index: int) -> None:
    """Wait until it has, and its worker sleeps: nothing is left for that one to do."""
    while not tally.counts()[index]:
        time.sleep(1e-3)
    while any(c.status() == psutil.STATUS_RUNNING for c in psutil.Process().children()):
        time.sleep(1e-3)


def test_what_was_done_while_input_kept_the_caller_waiting_is_not_lost(tally: Tally) -> None:
    def items() -> Iterator[int]:
        yield 0
        has_begun(tally, 0)
        raise KeyboardInterrupt

    def item(index: int) -> int:
        tally.note(index)
        return -index

    with pytest.raises(KeyboardInterrupt) as caught:
        execute(item, items(), isolate=True, n_jobs=2)

    assert dict(caught.value.results) == {0: 0}  # type: ignore[attr-defined]  # put there


def test_a_result_that_waits_for_the_caller_is_not_over_time() -> None:
    def items() -> Iterator[int]:
        for index in range(3):
            yield index
            time.sleep(0.5)

    results = execute(lambda _: bytes(1 << 21), items(), timeout=0.25, n_jobs=2)

    assert results == [bytes(1 << 21)] * 3


class Loud:
    """Says a lot when it cannot be read: more than fits into a pipe, from another thread."""

    def __init__(self, index: int) -> None:
        self.index = index

    def __reduce__(self) -> Any:
        return _refuse_loudly, (self.index,)


def say_a_lot() -> None:
    for _ in range(40):
        LOUD.error("x" * (1 << 16))


def _refuse_loudly(_index: int) -> None:
    speaker = threading.Thread(target=say_a_lot)
    speaker.start()
    speaker.join()
    msg = "not in this process"
    raise ValueError(msg)


LOUD = logging.getLogger("loud")
LOUD.propagate = False
LOUD.addHandler(logging.NullHandler())


def test_items_that_cannot_be_read_are_given_out_again_once(tally: Tally) -> None:
    def item(loud: Loud) -> int:
        tally.note(loud.index)
        return loud.index

    results = execute(item, map(Loud, range(12)), isolate=True, n_jobs=2, chunksize=2)

    assert results == list(range(12))
    assert tally.counts() == dict.fromkeys(range(12), 1)


def refuse_elsewhere(home: int) -> Callable[[int], int]:
    if os.getpid() != home:
        msg = "not in this process"
        raise ValueError(msg)
    return AtHome()


class AtHome:
    """Can be sent, and not be read there."""

    def __call__(self, index: int) -> int:
        time.sleep(2e-3)
        return -index

    def __reduce__(self) -> Any:
        return refuse_elsewhere, (os.getpid(),)


def test_what_was_claimed_for_workers_that_cannot_work_is_given_back() -> None:
    recorder = Recorder()
    job = Job(func=AtHome(), source=source_of(iter(range(ITEMS))), workers=2, item_s=0.0)

    with pytest.raises(EngineStartError, match="not in this process"):
        WatchedEngine(may_fork=False).run(job, recorder)

    left = [] if (chunk := job.source.claim(ITEMS)) is None else chunk.items
    assert sorted([*recorder.lost, *left]) == list(range(ITEMS))
