"""Inside other workers, inside threads, inside itself: the same answer, each item once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from amorsize import execute
from tests.acceptance.test_programs import DOUBLE, PROCESSES, check, check_run
from tests.support.calls import ITEMS, once

if TYPE_CHECKING:
    from tests.support.calls import Trial
    from tests.support.scripts import Script

IN_A_POOL = """
import multiprocessing

def double(item):
    return 2 * work(item)

def job(backend):
    return run(double, range(ITEMS), backend=backend)

if __name__ == "__main__":
    with multiprocessing.get_context({method!r}).Pool(1) as pool:
        for backend in "auto", "serial", "threads":
            tell(**pool.apply(job, [backend]))
        pool.close()
        pool.join()
"""


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_it_works_inside_a_daemonic_worker(method: str, script: Script) -> None:
    told = script.run(IN_A_POOL.format(method=method))
    check(told, {"serial"}, {"serial"}, {"threads"})


REFUSED_IN_A_POOL = """
import multiprocessing

def job(_):
    try:
        execute(work, range(ITEMS), backend="processes")
    except ValueError as error:
        return str(error)

with multiprocessing.get_context("fork").Pool(1) as pool:
    tell(refusal=pool.apply(job, [0]))
    pool.close()
    pool.join()
"""


@pytest.mark.slow
def test_processes_are_refused_inside_a_daemonic_worker(script: Script) -> None:
    told = script.run(REFUSED_IN_A_POOL)
    (facts,) = told.facts
    assert facts["refusal"].startswith("backend='processes' cannot be used: ")
    assert "a daemonic worker" in facts["refusal"]
    assert max(told.calls.values(), default=0) <= 1


IN_A_PROCESS = """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

def double(item):
    return 2 * work(item)

def job(_):
    warm_up(double)
    return [run(double, range(ITEMS), backend=backend) for backend in BACKENDS]

BACKENDS = "auto", "processes", "threads"

if __name__ == "__main__":
    context = multiprocessing.get_context({method!r})
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        for facts in pool.submit(job, 0).result():
            tell(**facts)
"""


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_it_works_inside_the_process_of_another_pool(method: str, script: Script) -> None:
    told = script.run(IN_A_PROCESS.format(method=method))
    for facts, engines in zip(told.facts, [PROCESSES, PROCESSES, {"threads"}], strict=True):
        check_run(facts, engines)
    assert told.calls == once([*range(ITEMS)] * 3)


IN_A_THREAD = """
from concurrent.futures import ThreadPoolExecutor

def job():
    warm_up(double)
    for backend in "auto", "serial", "threads", "processes":
        tell(**run(double, range(ITEMS), backend=backend))

with ThreadPoolExecutor(1) as pool:
    pool.submit(job).result()
"""


@pytest.mark.slow
def test_it_works_inside_a_thread(script: Script) -> None:
    told = script.run(DOUBLE + IN_A_THREAD)
    check(told, {"loky"}, {"serial"}, {"threads"}, {"loky"})


TWO_THREADS = """
from concurrent.futures import ThreadPoolExecutor

def job(start):
    return execute(double, range(start, start + ITEMS), backend="processes", n_jobs=2)

with ThreadPoolExecutor(2) as pool:
    first, second = pool.map(job, [0, ITEMS])
tell(results=first + second)
"""


@pytest.mark.slow
def test_two_threads_may_call_it_at_once(script: Script) -> None:
    told = script.run(DOUBLE + TWO_THREADS)
    assert told.facts == [{"results": [2 * i for i in range(2 * ITEMS)]}]
    assert told.calls == once(range(2 * ITEMS))


MANY_THREADS = """
import os, time
import psutil
from threading import Thread
from amorsize.engines.spawned_alive import IDLE_POOLS

def nap(item):
    time.sleep(1e-3)
    if item == 77:
        raise LookupError(item)
    return os.getpid()

def job(jobs):
    for items in 70, 100, 70:
        try:
            ended = len(execute(nap, range(items), backend="processes", n_jobs=jobs))
        except LookupError as error:
            ended = -error.args[0]
        ends.append(ended)

def at_once(*sizes):
    threads = [Thread(target=job, args=[jobs]) for jobs in sizes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

def workers():
    children = psutil.Process().children()
    return [child.pid for child in children if "tracker" not in "".join(child.cmdline())]

ends = []
for sizes in (2, 3, 2, 3), (3, 2, 3, 2):
    at_once(*sizes)
IDLE_POOLS.dismiss(wait=True)
tell(ends=ends)

used = set()
for _ in range(20):
    thread = Thread(target=lambda: used.update(
        execute(nap, range(70), backend="processes", n_jobs=2)
    ))
    thread.start()
    thread.join()
left = set(workers()) & used
IDLE_POOLS.dismiss(wait=True)
tell(used=len(used - {os.getpid()}), left=len(left), after=len(set(workers()) & used))
"""


@pytest.mark.slow
def test_threads_that_come_and_go_share_what_is_idle(script: Script) -> None:
    at_once, in_turn = script.run(MANY_THREADS).facts
    assert sorted(at_once["ends"]) == [-77] * 8 + [70] * 16
    assert in_turn == {"used": 1, "left": 1, "after": 0}


INNER = 6


@pytest.mark.parametrize("backend", ["auto", "serial", "threads"])
def test_it_works_inside_itself(backend: Any, trial: Trial) -> None:
    def row(i: int) -> list[tuple[int, int]]:
        jobs = 2 if backend == "threads" else None
        return execute(lambda j: trial.work((i, j)), range(INNER), backend=backend, n_jobs=jobs)

    rows = ITEMS // INNER if trial.backend != "auto" else ITEMS // 2
    results = trial.run(row, range(rows))
    assert results == [[(i, j) for j in range(INNER)] for i in range(rows)]
    assert trial.work.calls == once((i, j) for i in range(rows) for j in range(INNER))


def test_processes_inside_itself_are_had_or_refused_with_the_reason(trial: Trial) -> None:
    def row(i: int) -> list[int] | str:
        try:
            return execute(
                lambda j: trial.work(INNER * i + j), range(INNER), backend="processes", n_jobs=2
            )
        except ValueError as error:
            return str(error)

    for i, result in enumerate(trial.run_anyhow(row, range(8))):
        if isinstance(result, list):
            assert result == [INNER * i + j for j in range(INNER)]
        else:
            assert result.startswith("backend='processes', n_jobs=2 cannot be used: ")
    assert max(trial.work.calls.values()) == 1


@pytest.mark.parametrize("backend", ["auto", "serial", "threads"])
def test_an_error_of_the_inner_run_passes_through_the_outer_one(backend: Any, trial: Trial) -> None:
    def inner(j: int) -> int:
        if trial.work(j) == 105:
            raise LookupError(j)
        return j

    def outer(i: int) -> list[int]:
        return execute(inner, range(10 * i, 10 * i + 10), backend=backend)

    error = trial.catch(outer, range(20))
    assert (type(error), error.args) == (LookupError, (105,))
    notes = [note for note in error.__notes__ if note.startswith("amorsize: raised at item ")]
    assert [note.split(",")[0].rsplit(" ")[-1] for note in notes] == ["5", "10"]


def test_input_may_come_from_another_run(trial: Trial) -> None:
    def items() -> list[int]:
        return execute(trial.work, range(ITEMS))

    inner = (item for item in items())
    assert trial.run(lambda item: -trial.work(item + ITEMS), inner) == [
        -i for i in range(ITEMS, 2 * ITEMS)
    ]
    assert trial.work.calls == once(range(2 * ITEMS))


def test_it_works_while_other_threads_run(trial: Trial) -> None:
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        assert trial.run_anyhow(trial.work, range(ITEMS)) == list(range(ITEMS))
    finally:
        done.set()
        thread.join()
    assert trial.work.calls == once(range(ITEMS))
