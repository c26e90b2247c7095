"""``Session``: warm workers for many calls, and an executor besides."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import Executor, as_completed
from functools import partial
from itertools import count, islice
from operator import add
from time import perf_counter, sleep
from typing import TYPE_CHECKING

import pytest

import amorsize
from tests.support import offspring

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psutil


@pytest.fixture
def session() -> Iterator[amorsize.Session]:
    with amorsize.Session(2) as made:
        yield made


def worker_of(item: int) -> int:
    until = perf_counter() + 2e-3
    while perf_counter() < until:
        pass
    return os.getpid() if item >= 0 else 0


def workers() -> list[psutil.Process]:
    return [child for child in offspring.running() if "popen_loky" in " ".join(child.cmdline())]


@pytest.fixture(autouse=True)
def begin() -> None:
    offspring.begin()


def warmed(session: amorsize.Session) -> set[int]:
    """Calls until a worker has taken part; the pids."""
    for _ in range(50):
        seen = set(session.execute(worker_of, range(100), backend="processes", n_jobs=2))
        if (others := seen - {os.getpid()}) and threading.active_count() > 1:
            return others
    return set()


def test_calls_share_workers_that_were_there_before(session: amorsize.Session) -> None:
    list(session.map(abs, range(4)))  # a thread of its executor makes forking unsafe from here on
    first = warmed(session)

    assert first
    assert warmed(session) == first


def test_results_are_those_of_execute_and_of_stream(session: amorsize.Session) -> None:
    offset = 7
    assert session.execute(lambda item: item + offset, range(50)) == list(range(7, 57))
    with session.stream(partial(add, 1), count(), window=10) as results:
        assert list(islice(results, 30)) == list(range(1, 31))


def test_it_is_an_executor(session: amorsize.Session) -> None:
    base = [5]

    assert isinstance(session, Executor)
    assert session.submit(lambda one, *, two: base[0] + one + two, 1, two=2).result() == 8
    assert list(session.map(pow, [1, 2, 3], [2, 2, 2])) == [1, 4, 9]
    futures = [session.submit(os.getpid) for _ in range(6)]
    assert os.getpid() not in {future.result() for future in as_completed(futures)}


def test_an_exception_of_a_submitted_call_is_raised_by_its_future(
    session: amorsize.Session,
) -> None:
    def failing() -> None:
        raise LookupError(3)

    with pytest.raises(LookupError, match="3"):
        session.submit(failing).result()


def test_submitted_calls_run_where_the_caller_is(
    session: amorsize.Session, monkeypatch: pytest.MonkeyPatch, tmp_path: os.PathLike[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AMORSIZE_TEST", "here")

    place = session.submit(lambda: (os.getcwd(), os.environ["AMORSIZE_TEST"])).result()  # noqa: PTH109 - what it is
    assert place == (os.path.realpath(tmp_path), "here")


def test_threads_use_one_session_at_once(session: amorsize.Session) -> None:
    sums: list[int] = []

    def caller() -> None:
        sums.append(sum(session.execute(abs, range(200))))
        sums.append(sum(len(str(pid)) > 0 for pid in session.execute(worker_of, range(60))))

    threads = [threading.Thread(target=caller) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(sums) == [60] * 4 + [19900] * 4
    assert len(workers()) <= 1


def test_a_call_left_early_leaves_the_workers_to_others(session: amorsize.Session) -> None:
    pending = session.submit(sleep, 0.3)
    with session.stream(worker_of, count(), backend="processes", n_jobs=2) as results:
        next(iter(results))

    assert pending.result() is None
    assert sum(session.execute(abs, range(10))) == 45


def test_a_session_goes_on_after_the_death_of_a_worker(session: amorsize.Session) -> None:
    with pytest.raises(Exception, match="terminated"):
        session.submit(os._exit, 3).result()

    assert session.submit(abs, -3).result() == 3


def test_after_shutdown_it_takes_no_more_work() -> None:
    session = amorsize.Session(2)
    future = session.submit(abs, -1)
    session.shutdown()

    assert future.result() == 1
    assert not workers()
    for attempt in (
        lambda: session.submit(abs, 1),
        lambda: session.execute(abs, [1]),
        lambda: session.stream(abs, [1]),
    ):
        with pytest.raises(RuntimeError, match="after shutdown"):
            attempt()
    session.shutdown()


def test_idle_workers_leave_and_others_come_when_needed() -> None:
    with amorsize.Session(2, idle_s=0.2) as session:
        assert session.submit(abs, -1).result() == 1
        deadline = perf_counter() + 10
        while workers() and perf_counter() < deadline:
            sleep(0.05)
        assert not workers()
        assert session.submit(abs, -2).result() == 2


def test_arguments_are_checked() -> None:
    with pytest.raises(ValueError, match="n_jobs must be positive"):
        amorsize.Session(0)
    with pytest.raises(ValueError, match="idle_s"):
        amorsize.Session(idle_s=0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_does_not_wait_for_a_thread_that_is_not_there(session: amorsize.Session) -> None:
    with session._workshop._lock:  # noqa: SLF001 - another thread may be starting workers just then
        pid = os.fork()
        if pid == 0:
            signal.alarm(10)
            try:
                os._exit(session.execute(abs, [-1, -2]) != [1, 2])
            finally:
                os._exit(2)
        assert os.waitpid(pid, 0)[1] == 0
