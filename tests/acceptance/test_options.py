"""What is forced is honoured, or refused with the reason; progress is told in the caller."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

import pytest

from amorsize import BackendRefusedError, execute, optimize
from tests.support.calls import BACKENDS, ENGINES, ITEMS, Trial, Work, once

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.scripts import Script


def pid_of(work: Work) -> Any:
    def where(item: int) -> tuple[int, int]:
        work(item)
        return os.getpid(), threading.get_ident()

    return where


@pytest.mark.parametrize("backend", BACKENDS)
def test_one_job_is_the_plain_loop_whatever_the_backend(backend: Any, trial: Trial) -> None:
    trial.backend = backend
    results = trial.run_anyhow(pid_of(trial.work), range(ITEMS), n_jobs=1)
    assert set(results) == {(os.getpid(), threading.get_ident())}
    assert trial.record is not None
    assert trial.record.workers == 1
    assert trial.work.calls == once(range(ITEMS))


@pytest.mark.parametrize("entry", [execute, optimize])
def test_the_plain_loop_with_several_workers_is_refused(entry: Any, tmp_path: Path) -> None:
    work = Work(tmp_path / "calls", cost_s=0)
    with pytest.raises(BackendRefusedError, match=r"n_jobs=4 cannot be used: the plain loop has"):
        entry(work, range(3), backend="serial", n_jobs=4)

    assert work.calls == once([])


def test_a_plain_loop_that_was_asked_for_says_so() -> None:
    _, told = execute(abs, [1, 2], backend="serial", return_optimization_result=True)
    assert "backend='serial' was asked for" in str(told)

    _, told = execute(abs, [], return_optimization_result=True)
    assert "there was nothing to run" in str(told)


@pytest.mark.parametrize("jobs", [2, 3, 5])
def test_as_many_workers_run_as_were_asked_for(jobs: int, shared: Trial) -> None:
    trial = shared
    results = trial.run_anyhow(pid_of(trial.work), range(4 * ITEMS), n_jobs=jobs)
    assert trial.record is not None
    assert trial.record.workers == jobs
    assert 2 <= len(set(results)) <= jobs + 1
    assert trial.work.calls == once(range(4 * ITEMS))


def test_minus_one_is_every_usable_core(trial: Trial) -> None:
    assert trial.run(trial.work, range(ITEMS), n_jobs=-1) == list(range(ITEMS))
    assert trial.work.calls == once(range(ITEMS))


@pytest.mark.parametrize("size", [1, 7, ITEMS, 10**9])
@pytest.mark.parametrize("kind", [list, iter])
@pytest.mark.parametrize("trial", ["threads", "processes"], indirect=True)
def test_any_forced_chunk_size_gives_the_answer(size: int, kind: Any, trial: Trial) -> None:
    results = trial.run_anyhow(trial.work, kind(range(ITEMS)), chunksize=size)
    assert results == list(range(ITEMS))
    assert trial.work.calls == once(range(ITEMS))


def test_a_forced_chunk_stays_in_one_place(processes: Trial) -> None:
    processes.work.cost_s = 3e-3
    results = processes.run_anyhow(pid_of(processes.work), range(11), chunksize=10)
    assert len(set(results[1:])) == 1
    assert processes.work.calls == once(range(11))


def test_nothing_is_probed_out_of_turn_where_the_order_is_that_of_the_input(trial: Trial) -> None:
    assert trial.run(trial.work, range(ITEMS), order="input") == list(range(ITEMS))
    assert trial.record is not None
    alone = trial.record.serial_items
    assert [int(item) for item in trial.work.calls][:alone] == list(range(alone))
    assert trial.work.calls == once(range(ITEMS))


def test_the_engine_can_be_forced_for_work_that_would_not_pay(trial: Trial) -> None:
    trial.work.cost_s = 0
    assert trial.run_anyhow(trial.work, range(ITEMS)) == list(range(ITEMS))
    assert trial.record is not None
    wanted = ENGINES["serial" if trial.backend == "auto" else trial.backend]
    assert trial.record.engine in wanted
    assert trial.work.calls == once(range(ITEMS))


@pytest.mark.parametrize("use_cache", [True, False])
def test_the_cache_may_be_asked_for(use_cache: bool, trial: Trial) -> None:
    results = trial.run(trial.work, range(ITEMS), use_cache=use_cache)
    assert results == list(range(ITEMS))


def test_the_results_alone_are_a_list(trial: Trial) -> None:
    results = execute(trial.work, range(ITEMS), backend=trial.backend)
    assert type(results) is list
    assert results == list(range(ITEMS))


@pytest.mark.parametrize("total", [ITEMS, None])
def test_progress_is_told_in_the_caller_and_ends_at_the_end(
    total: int | None, trial: Trial
) -> None:
    told: list[tuple[int, int | None]] = []
    places: set[tuple[int, int]] = set()

    def progress(done: int, total: int | None) -> None:
        told.append((done, total))
        places.add((os.getpid(), threading.get_ident()))

    data = range(ITEMS) if total else (i for i in range(ITEMS))
    assert trial.run(trial.work, data, progress=progress) == list(range(ITEMS))
    assert places == {(os.getpid(), threading.get_ident())}
    assert told[-1] == (ITEMS, ITEMS)  # where it was not known, it is now
    assert {known for done, known in told if done < ITEMS} <= {total}
    assert told == sorted(told, key=lambda step: step[0])
    assert trial.work.calls == once(range(ITEMS))


class Enough(Exception):  # noqa: N818 - it ends a run, it is no error
    pass


def test_a_progress_display_that_raises_stops_the_run(trial: Trial) -> None:
    def progress(done: int, _total: int | None) -> None:
        if done > 5:
            raise Enough

    assert type(trial.catch(trial.work, range(20 * ITEMS), progress=progress)) is Enough
    assert max(trial.work.calls.values()) == 1
    assert trial.work.calls.total() < 20 * ITEMS


def test_progress_is_told_for_no_items(trial: Trial) -> None:
    told: list[tuple[int, int | None]] = []
    assert trial.run_anyhow(trial.work, [], progress=lambda *step: told.append(step)) == []
    assert told[-1] == (0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["auto", "threads", "processes"])
def test_a_bar_goes_to_stderr_and_nothing_to_stdout(backend: str, script: Script) -> None:
    told = script.run(f"tell(**run(work, range(ITEMS), progress=True, backend={backend!r}))")
    assert told.out == ""
    assert f"{ITEMS}/{ITEMS}" in told.err
    assert told.facts[0]["results"] == list(range(ITEMS))
    assert told.facts[0]["unclear"] or told.facts[0]["workers"] > 1
    assert told.calls == once(range(ITEMS))


@pytest.mark.slow
def test_what_was_decided_is_printed_on_demand(script: Script) -> None:
    told = script.run("execute(work, range(ITEMS), verbose=True)\nexecute(work, range(ITEMS))")
    assert told.err == ""
    assert told.out.count(f"items: {ITEMS}") == 1
    assert told.calls == once([*range(ITEMS)] * 2)
