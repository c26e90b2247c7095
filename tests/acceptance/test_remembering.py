"""What one call learns, the next one uses; and says so."""

from __future__ import annotations

import json
import sys
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from amorsize import execute, optimize
from amorsize.cache import (
    compute_cache_key,
    get_cache_dir,
    prewarm_cache,
    save_cache_entry,
)
from amorsize.cache.memory import recall
from amorsize.errors import UsageError
from amorsize.plan.recall import profile_from
from amorsize.runtime.memory import Memory
from amorsize.vocab.lookup import Hit
from tests.support.calls import PROCESSES, Work, once

if TYPE_CHECKING:
    from pathlib import Path

    from amorsize.api.result import OptimizationResult
    from amorsize.vocab.learned import Learned

SLOW_S = 3e-3
"""One item is enough to look up, ten of them to keep what was learned."""


@pytest.fixture(autouse=True)
def short_runs_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that no test has to last; a busy machine makes no call ten times as dear."""
    monkeypatch.setattr("amorsize.runtime.memory.KEEP_AFTER_S", 10 * SLOW_S / 4)
    monkeypatch.setattr("amorsize.plan.recall.CHANGED", 10)


@pytest.fixture
def work(tmp_path: Path) -> Work:
    """Dear enough that the first item is followed by a lookup."""
    return Work(tmp_path / "calls", cost_s=SLOW_S)


def ran(work: Work, items: int, **options: Any) -> OptimizationResult:
    """The account of a run over so many items."""
    results, told = execute(work, range(items), return_optimization_result=True, **options)
    assert results == list(range(items))
    return told


def learned(func: Any) -> Learned:
    """What is stored about ``func``."""
    found = recall(func).found
    assert isinstance(found, Hit)
    assert found.record.learned is not None
    return found.record.learned


def test_advice_is_given_from_memory_without_a_call(work: Work) -> None:
    cold = optimize(work, range(100))
    calls = work.calls
    warm = optimize(work, range(100))

    assert (cold.cache_hit, warm.cache_hit) == (False, True), warm.memory
    assert work.calls == calls
    assert warm.n_jobs == cold.n_jobs
    assert "remembered: what was learned about this function" in warm.reason
    assert "remembered" in warm.explain()


def test_another_length_and_other_options_are_decided_again(work: Work) -> None:
    optimize(work, range(100))
    calls = work.calls
    few, forced = optimize(work, range(2)), optimize(work, range(5000), n_jobs=3)

    assert (few.cache_hit, forced.cache_hit) == (True, True)
    assert (few.n_jobs, forced.n_jobs) == (1, 3)
    assert work.calls == calls


def test_without_the_cache_nothing_is_read_or_kept(work: Work) -> None:
    for _ in range(2):
        assert not optimize(work, range(100), use_cache=False).cache_hit
        assert not ran(work, 20, use_cache=False).cache_hit

    assert not list(get_cache_dir().glob("*"))


def test_a_run_keeps_what_it_took_and_the_next_one_uses_it(work: Work) -> None:
    first, second = ran(work, 20), ran(work, 20)

    assert (first.cache_hit, second.cache_hit) == (False, True)
    assert first.run is not None
    assert "No cached entry found for this workload" in first.run.memory
    assert "remembered" in second.explain()
    known = learned(work)
    assert (known.runs, known.items, known.sampled) == (2, 20, 20)
    assert work.calls == once([*range(20), *range(20)])


def test_short_runs_leave_no_file(work: Work) -> None:
    work.cost_s = 1e-5
    ran(work, 3)

    assert not list(get_cache_dir().glob("*.json"))


def test_verbose_says_whether_it_hit(work: Work, capsys: pytest.CaptureFixture[str]) -> None:
    for said in ("✗ Cache miss - No cached entry found for this workload", "✓ Cache hit!"):
        optimize(work, range(100), verbose=True)
        assert said in capsys.readouterr().out.splitlines()


def test_a_function_that_has_changed_its_behaviour_is_noticed(tmp_path: Path) -> None:
    dial = tmp_path / "seconds"

    def turn(item: int) -> int:
        return Work(tmp_path / "calls", cost_s=float(dial.read_text()))(item)

    dial.write_text("2e-4")
    ran(turn, 60)  # type: ignore[arg-type]  # it is called like work
    dial.write_text("8e-3")
    ran(turn, 60)  # type: ignore[arg-type]  # it is called like work
    assert learned(turn).mean_s > 4e-3


def test_what_costs_another_time_now_is_not_decided_from_memory(work: Work) -> None:
    optimize(work, range(100))
    memory = Memory(work, wanted=True)
    memory.look_up()
    known = memory.known
    assert known is not None
    seen = profile_from(known, items=100)
    now = replace(seen, mean_s=known.mean_s / 20)

    assert memory.completed(seen).mean_s == seen.mean_s
    assert memory.verdict == "✓ Cache hit!"
    assert memory.completed(now) is now
    assert memory.verdict.startswith("✗ Cache miss - what is stored was not used: a call took")
    assert "takes another time now" in memory.told


def test_a_decision_without_measurements_is_served_as_it_stands(work: Work) -> None:
    prewarm_cache(work, [{"data_size": 1000, "avg_time": 0.01}])
    told = optimize(work, range(10))

    assert told.cache_hit
    assert "decided beforehand for 1,000 items" in told.reason
    assert list(told.data) == list(range(10))
    assert not work.calls


def test_what_cannot_be_identified_is_not_shared_and_that_is_said(tmp_path: Path) -> None:
    work = Work(tmp_path / "calls", cost_s=SLOW_S)
    memory = memoryview(bytearray(8))

    def call(item: int) -> int:
        return work(item) + len(memory) - 8

    told = optimize(call, range(100))

    assert not told.cache_hit
    assert told.memory.startswith("not remembered")
    assert "memoryview" in told.memory


def test_a_spoilt_file_costs_a_sample_and_is_named(work: Work) -> None:
    optimize(work, range(100))
    (file,) = get_cache_dir().glob("*.json")
    document = json.loads(file.read_text())
    file.write_text(json.dumps(document | {"n_jobs": 5000}))

    told = optimize(work, range(100))

    assert not told.cache_hit
    assert "Failed to load cache" in told.memory


def test_what_a_tracer_made_slower_is_not_kept(work: Work) -> None:
    before = sys.gettrace()
    sys.settrace(lambda *_: None)
    try:
        optimize(work, range(100))
    finally:
        sys.settrace(before)

    assert not list(get_cache_dir().glob("*.json"))


def test_what_results_cost_is_not_taken_from_other_data(work: Work) -> None:
    def odd(item: int) -> Any:
        work(item)
        return (lambda: item) if item < 0 else item

    execute(odd, range(20))
    results, told = execute(odd, range(-40, -1), return_optimization_result=True)

    assert told.cache_hit
    assert not told.warnings
    assert [result() for result in results] == [*range(-40, -1)]
    assert work.calls == once([*range(20), *range(-40, -1)])


def test_items_of_another_class_are_sampled(work: Work) -> None:
    def change(item: Any) -> Any:
        work(0)
        return item + 1 if isinstance(item, int) else item.append(0) or item

    optimize(change, list(range(100)))
    lists = optimize(change, [[number] for number in range(100)])

    assert not lists.cache_hit
    assert lists.n_jobs == 1, "they are changed in place, and would be in a worker"
    assert "on items of builtins.int, these are builtins.list" in lists.memory
    assert optimize(change, [[number] for number in range(100)]).cache_hit


class Box:
    """Can be changed in place."""

    def __init__(self, content: object) -> None:
        self.content = content

    def __repr__(self) -> str:
        return "Box"


class SortsLong(Work):
    """Changes some of its items in place."""

    def __call__(self, item: Any) -> Any:
        super().__call__(0)
        if len(item) > 1:
            item.sort()
            return item
        return [0]


def test_what_could_be_changed_in_place_is_sampled_before_it_goes_to_processes(
    tmp_path: Path,
) -> None:
    sort_long = SortsLong(tmp_path / "calls", cost_s=SLOW_S)
    optimize(sort_long, [[number] for number in range(100)])
    told = optimize(sort_long, [[number, 0] for number in range(100)])

    assert (told.cache_hit, told.n_jobs) == (False, 1)
    assert "changed in place, which only a call shows" in told.memory


class Scale(Work):
    """Gives back something else than its item."""

    def __call__(self, item: Any) -> Any:
        super().__call__(item)
        return 1


@pytest.mark.parametrize("read", [list, iter])
def test_items_that_cannot_travel_are_seen_on_a_hit(tmp_path: Path, read: Any) -> None:
    weigh = Scale(tmp_path / "calls", cost_s=SLOW_S)
    optimize(weigh, read([Box(number) for number in range(100)]), backend="processes")
    calls = weigh.calls
    again = optimize(weigh, read([Box(number) for number in range(100)]), backend="processes")
    assert (again.cache_hit, again.n_jobs) == (True, 2)
    assert weigh.calls == calls

    with pytest.raises(UsageError, match="Box cannot be sent"):
        optimize(weigh, read([Box(threading.Lock()) for _ in range(100)]), backend="processes")


class Lines:
    """Items that are read through an open file."""

    def __init__(self, file: Path) -> None:
        self.file = file.open()

    def __len__(self) -> int:
        return 100

    def __getitem__(self, index: int) -> int:
        if index >= len(self):
            raise IndexError
        self.file.seek(0)
        return index


def test_an_open_file_in_the_input_is_seen_on_a_hit(work: Work, tmp_path: Path) -> None:
    optimize(work, list(range(100)))
    calls = work.calls
    lines = Lines(tmp_path / "calls")
    told = optimize(work, lines)  # type: ignore[arg-type]  # it has no __iter__, on purpose
    lines.file.close()

    assert told.cache_hit
    assert work.calls == calls
    assert told.profile is not None
    assert "open file" in str(told.profile.carries)


def test_what_a_run_has_learned_is_enough_for_advice(work: Work) -> None:
    ran(work, 40)
    calls = work.calls

    assert optimize(work, range(40), backend="processes").cache_hit
    assert work.calls == calls


def test_a_hit_is_not_claimed_where_what_is_stored_was_not_used(
    work: Work, capsys: pytest.CaptureFixture[str]
) -> None:
    save_cache_entry(compute_cache_key(work, 1, 1.0), 2, 3, "process", 1.9, "stored", [])
    file = next(get_cache_dir().glob("*.json"))
    stored = file.read_text()

    forced = optimize(work, range(100), verbose=True, n_jobs=2)
    assert not forced.cache_hit
    assert capsys.readouterr().out.startswith(
        "✗ Cache miss - what is stored was not used: "
        "it is a decision without measurements, for other options\n"
    )
    file.write_text(stored)
    told = ran(work, 10, verbose=True)
    assert not told.cache_hit
    assert "a run measures for itself" in capsys.readouterr().out
    file.write_text(stored)
    optimize(work, [], verbose=True)
    assert "Cache" not in capsys.readouterr().out
    assert optimize(work, range(100)).cache_hit


def test_what_reading_raises_is_raised_on_a_hit_as_well(work: Work) -> None:
    def broken() -> Any:
        yield from ()
        msg = "no more"
        raise OSError(msg)

    optimize(work, range(100))
    with pytest.raises(OSError, match="no more"):
        optimize(work, broken())


def test_runs_correct_the_next_prediction(work: Work) -> None:
    optimize(work, range(400))
    for _ in range(3):
        ran(work, 40, backend="processes", n_jobs=2)
    past = learned(work).past
    told = optimize(work, range(400))

    assert len(past) == 3
    assert all(run.engine in PROCESSES and run.modelled_s for run in past)
    assert (told.cache_hit, told.profile and told.profile.past) == (True, past)
    assert "3 runs (processes" in told.explain()


def test_a_sample_does_not_take_the_place_of_a_run(tmp_path: Path) -> None:
    def late(item: int) -> int:
        return Work(tmp_path / "calls", cost_s=5e-4 if item < 40 else 1e-2)(item)

    execute(late, range(80))
    run = learned(late)
    optimize(late, iter(range(80)))

    assert (run.sampled, learned(late).sampled) == (80, 80)
    assert learned(late).mean_s == run.mean_s
    assert learned(late).past[: len(run.past)] == run.past


def test_what_is_found_changed_is_mended_however_short_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dial = tmp_path / "seconds"

    def turn(item: int) -> int:
        return Work(tmp_path / "calls", cost_s=float(dial.read_text()))(item)

    dial.write_text("4e-2")
    ran(turn, 10)  # type: ignore[arg-type]  # it is called like work
    monkeypatch.setattr("amorsize.runtime.memory.KEEP_AFTER_S", 1e9)
    ran(turn, 10)  # type: ignore[arg-type]  # it is called like work
    assert learned(turn).runs == 1, "nothing is false, and nothing kept"
    dial.write_text("1e-3")
    ran(turn, 100)  # type: ignore[arg-type]  # it is called like work
    assert learned(turn).mean_s < 2e-2


def test_a_run_says_that_its_function_cannot_be_identified_although_all_was_forced(
    work: Work,
) -> None:
    memory = memoryview(bytearray(8))

    def call(item: int) -> int:
        return work(item) + len(memory) - 8

    _, told = execute(call, range(20), return_optimization_result=True, n_jobs=2)

    assert "memoryview" in told.explain()
