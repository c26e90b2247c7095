"""What every engine must do, run against all of them."""

from __future__ import annotations

import array
import contextvars
import decimal
import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import pytest

from amorsize.engines.base import Engine, EngineStartError, Job
from amorsize.engines.nesting import INSIDE
from amorsize.engines.reaper import REAPER
from amorsize.engines.source import IndexedSource, IteratedSource, source_of
from amorsize.engines.spawned import SpawnedEngine, in_spawned_worker, spawned_workers_alive
from amorsize.engines.spawned_alive import IDLE_POOLS
from amorsize.engines.spawned_pool import SpawnedPool, spawned_pool
from amorsize.engines.spawned_worker import serve
from amorsize.engines.threads import ThreadEngine
from amorsize.engines.watched import WatchedEngine
from amorsize.errors import WorkerCrashedError
from amorsize.vocab.plan import EngineKind
from tests.conformance.jobs import (
    Caller,
    CannotBePickled,
    CannotBeUnpickled,
    Heavy,
    HeldError,
    OddError,
    Recorder,
    Tally,
    inside,
    process_id,
    say,
    slowly,
    wait_for_file,
    wrapped,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

    from amorsize.engines.spawned_worker import Order, Reply

pytestmark = pytest.mark.timeout(20)

ITEM_S: Final = 1e-3
"""What engines are told that an item costs; the items here hardly cost anything."""

on_posix = pytest.mark.skipif(os.name != "posix", reason="needs signals between processes")


@pytest.fixture(scope="module", autouse=True)
def no_workers_afterwards() -> Iterator[None]:
    yield
    dismiss_spawned_workers()


def dismiss_spawned_workers() -> None:
    IDLE_POOLS.dismiss(wait=True)


@pytest.fixture
def warm_workers(request: pytest.FixtureRequest) -> None:
    """See that a spawned worker is up, so that the caller does not do all the work before."""
    callspec = getattr(request.node, "callspec", None)
    engine = callspec.params.get("engine") if callspec else None
    if engine is SpawnedEngine or "spawned" in request.fixturenames:
        await_spawned_worker()
    elif engine is WatchedEngine:  # forks, where the threads that look after those are gone
        dismiss_spawned_workers()


def await_spawned_worker() -> None:
    with spawned_pool(1) as pool:
        while not pool.is_ready():
            time.sleep(1e-3)


@pytest.fixture(autouse=True)
def nothing_left_behind(warm_workers: None, nothing_left_behind: None) -> None:
    """As everywhere, but workers that were there before the test may stay."""


class WatchedAndSpawned(WatchedEngine):
    name = "watched and spawned"

    def __init__(self) -> None:
        super().__init__(may_fork=False)


def all_engines() -> list[Any]:
    """The engines that can run here."""
    engines: list[Any] = [ThreadEngine, SpawnedEngine]
    if sys.platform == "linux":
        from amorsize.engines.team import TeamEngine

        engines += [TeamEngine, WatchedEngine, WatchedAndSpawned]
    return [pytest.param(engine, id=getattr(engine, "name", engine.kind)) for engine in engines]


@pytest.fixture(params=all_engines())
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    yield request.param()
    REAPER.reap(patience_s=0.1)


@pytest.fixture
def crossing(engine: Engine) -> Engine:
    """An engine whose workers are processes."""
    if not engine.kind.crosses_process:
        pytest.skip("nothing crosses a process boundary")
    return engine


@pytest.fixture
def working(engine: Engine) -> Engine:
    """An engine whose caller runs items too, and again those whose results cannot come back."""
    if engine.kind is EngineKind.WATCHED:
        pytest.skip("the caller runs nothing; see test_watched.py")
    return engine


@pytest.fixture
def threads() -> ThreadEngine:
    return ThreadEngine()


@pytest.fixture
def spawned() -> SpawnedEngine:
    return SpawnedEngine()


@pytest.fixture
def tally(tmp_path: Path) -> Tally:
    return Tally(tmp_path / "calls")


def run(
    engine: Engine,
    func: Callable[[Any], Any],
    data: Iterable[Any] | OnlyGetItem,
    recorder: Recorder | None = None,
    **options: Any,
) -> Recorder:
    """Run it to its end and return what was reported."""
    recorder = recorder or Recorder()
    options = {"workers": 2, "item_s": ITEM_S} | options
    job = Job(func=func, source=source_of(cast("Iterable[Any]", data)), **options)
    engine.run(job, recorder)
    return recorder


# -- every item, once, whatever holds it


class OnlyGetItem:
    """Longer than it says, or shorter: it ends at the first ``IndexError``."""

    def __init__(self, promised: int, real: int) -> None:
        self.promised, self.real = promised, real

    def __len__(self) -> int:
        return self.promised

    def __getitem__(self, index: int) -> int:
        if index >= self.real:
            raise IndexError(index)
        return index * 3


DATA: Final[dict[str, Callable[[], Any]]] = {
    "list": lambda: list(range(300)),
    "tuple": lambda: tuple("abc") * 40,
    "range": lambda: range(5, 900, 7),
    "str": lambda: "some text " * 20,
    "bytes": lambda: bytes(range(200)),
    "array": lambda: array.array("d", [0.5] * 99),
    "dict": lambda: {str(k): k for k in range(150)},
    "items": dict.fromkeys("some text", 1).items,
    "set": lambda: {3, 5, 7},
    "deque": lambda: deque(range(80)),
    "generator": lambda: (k * k for k in range(200) if k % 3),
    "map": lambda: map(str, range(123)),
    "getitem, as promised": lambda: OnlyGetItem(60, 60),
    "getitem, shorter": lambda: OnlyGetItem(60, 41),
    "one": lambda: [7],
    "empty": list,
    "empty generator": lambda: iter(()),
}


@pytest.mark.parametrize("kind", DATA)
def test_the_results_are_those_of_the_plain_loop(engine: Engine, kind: str) -> None:
    recorder = run(engine, wrapped, DATA[kind]())

    plain = [wrapped(item) for item in DATA[kind]()]
    assert [recorder.results[index] for index in sorted(recorder.results)] == plain
    assert sorted(recorder.results) == list(range(len(recorder.results)))


def test_an_object_longer_than_its_len_is_run_to_its_end(engine: Engine) -> None:
    if engine.kind is EngineKind.TEAM:
        pytest.skip("stops at the promised length; the driver goes on from there")

    recorder = run(engine, str, OnlyGetItem(20, 33))

    assert sorted(recorder.results) == list(range(33))


@pytest.mark.parametrize("item_s", [1e-7, 1e-4, 1.0])
def test_every_item_is_called_once(engine: Engine, tally: Tally, item_s: float) -> None:
    recorder = run(engine, tally.note, range(400), item_s=item_s)

    assert tally.counts() == dict.fromkeys(range(400), 1)
    assert len(recorder.results) == 400


def test_items_probed_before_are_left_out(engine: Engine, tally: Tally) -> None:
    source = source_of(list(range(50)))
    assert isinstance(source, IndexedSource)
    for index in (10, 49):
        source.probe(index, 1)
    source.claim(5)

    engine.run(Job(func=tally.note, source=source, workers=2, item_s=ITEM_S), Recorder())

    assert set(tally.counts()) == set(range(5, 50)) - {10, 49}


def test_c_functions_are_run_too(engine: Engine) -> None:
    recorder = run(engine, abs, range(-2000, 0), item_s=1e-7)

    assert [recorder.results[index] for index in range(2000)] == list(range(2000, 0, -1))


def test_a_forced_chunksize_is_kept(working: Engine) -> None:
    recorder = run(working, str, (k for k in range(70)), chunksize=7)

    assert recorder.sizes == [7] * 10


def test_workers_really_work_side_by_side(engine: Engine, tally: Tally) -> None:
    def meet(index: int) -> str:
        tally.note(index)
        tally.wait_for(2)
        return f"{os.getpid()} {threading.get_ident()}"

    recorder = run(engine, meet, range(2), item_s=1.0, chunksize=1)

    assert len(set(recorder.results.values())) == 2


def test_workers_go_on_while_the_caller_holds_a_long_item(engine: Engine, tally: Tally) -> None:
    caller, others = Caller(), 200

    def func(index: int) -> None:
        if caller.is_here() and engine_is_up.exists():
            tally.wait_for(others)
            return
        engine_is_up.touch()
        tally.note(index)

    engine_is_up = tally.path.with_name("up")
    recorder = run(engine, func, range(2000), item_s=ITEM_S)

    assert len(recorder.results) == 2000


def test_items_know_that_they_run_inside_a_worker(engine: Engine) -> None:
    recorder = run(engine, inside, range(50))

    assert None not in recorder.results.values()
    assert INSIDE.get() is None


def test_progress_is_drawn_while_nothing_completes(engine: Engine, tmp_path: Path) -> None:
    caller, gate = Caller(), tmp_path / "gate"

    class Impatient(Recorder):
        def tick(self) -> None:
            gate.touch()

    def func(_: int) -> None:
        if not caller.is_here():
            wait_for_file(gate)

    run(engine, func, range(8), Impatient(patience_s=0.01), item_s=1.0, chunksize=1)


# -- failures


def test_after_a_failure_smaller_indices_are_finished(engine: Engine) -> None:
    def func(index: int) -> int:
        if index == 37:
            raise OddError(index, detail="as told")
        time.sleep(5e-4)
        return index

    recorder = run(engine, func, range(100))

    assert set(range(37)) <= set(recorder.results)
    assert 37 not in recorder.results
    assert recorder.failure.index == 37


def test_an_exception_arrives_as_itself(engine: Engine) -> None:
    caller = Caller()

    def func(index: int) -> int:
        if caller.is_here():
            time.sleep(5e-3)
        else:
            raise OddError(index, detail="as told")
        return index

    error = run(engine, func, range(200)).failure.error

    assert isinstance(error, OddError)
    assert error.args == (f"item {error.index} is odd",)
    assert error.detail == "as told"


def test_the_smallest_failing_index_wins_even_if_it_fails_last(
    engine: Engine, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"

    def func(index: int) -> None:
        if index == 0:
            wait_for_file(gate)
        gate.touch()
        raise ValueError(index)

    recorder = run(engine, func, range(40), item_s=1.0, chunksize=1)

    assert recorder.failure.index == 0
    assert recorder.failure.error.args == (0,)


class Sluggish(Recorder):
    """A caller that is busy with something else."""

    def done(self, start: int, results: Any, busy_s: float) -> None:
        super().done(start, results, busy_s)
        time.sleep(0.2)


@pytest.mark.parametrize("chunksize", [1, 50])
def test_after_a_failure_nothing_larger_is_started(
    engine: Engine, tally: Tally, chunksize: int
) -> None:
    def func(index: int) -> None:
        tally.note(index)
        if index == 3:
            raise ValueError(index)
        time.sleep(0.02)

    run(engine, func, range(300), Sluggish(), item_s=0.02, chunksize=chunksize)

    assert len(tally.counts()) <= 10


def test_after_a_failure_the_input_is_read_no_further(engine: Engine) -> None:
    def func(index: int) -> int:
        return 1 // (index - 50)

    assert run(engine, func, itertools.count()).failure.index == 50


@pytest.mark.parametrize(
    "error", [SystemExit(3), GeneratorExit(), KeyboardInterrupt("mine"), StopIteration(5)], ids=repr
)
def test_every_exception_of_a_worker_is_a_failure(engine: Engine, error: BaseException) -> None:
    caller = Caller()

    def func(_: int) -> None:
        if not caller.is_here():
            raise error
        time.sleep(5e-3)

    recorder = run(engine, func, range(200))

    assert type(recorder.failure.error) is type(error)
    assert recorder.failure.error.args == error.args


def test_a_stop_iteration_of_a_c_function_is_no_end(engine: Engine) -> None:
    recorder = run(engine, next, [iter([0]), iter([1]), iter([]), iter([3])])

    assert recorder.results.items() >= {0: 0, 1: 1}.items()
    assert isinstance(recorder.failure.error, StopIteration)
    assert recorder.failure.index == 2


def test_fail_fast_does_not_wait(engine: Engine, tmp_path: Path) -> None:
    caller, first, gate, waited = Caller(), *(tmp_path / name for name in ("1", "2", "3"))

    def func(index: int) -> None:
        if caller.is_here():
            time.sleep(5e-3)
            return
        try:
            first.touch(exist_ok=False)
        except FileExistsError:
            raise ValueError(index) from None
        wait_for_file(gate)
        waited.touch()

    recorder = run(engine, func, range(400), workers=3, item_s=0.02, chunksize=1, fail_fast=True)

    assert recorder.failures
    assert not waited.exists()
    gate.touch()


def test_a_broken_iterator_ends_the_input(engine: Engine) -> None:
    def numbers() -> Iterator[int]:
        yield from range(25)
        msg = "no more"
        raise OSError(msg)

    source = source_of(numbers())
    recorder = Recorder()
    engine.run(Job(func=str, source=source, workers=2, item_s=ITEM_S), recorder)

    assert sorted(recorder.results) == list(range(25))
    assert isinstance(source, IteratedSource)
    assert isinstance(source.broken, OSError)


def test_a_getitem_that_raises_is_a_failure_of_that_item(engine: Engine) -> None:
    class Brittle(OnlyGetItem):
        def __getitem__(self, index: int) -> int:
            if index == 12:
                raise ZeroDivisionError
            return super().__getitem__(index)

    recorder = run(engine, str, Brittle(30, 30))

    assert set(range(12)) <= recorder.results.keys()
    assert recorder.failure.index == 12
    assert isinstance(recorder.failure.error, ZeroDivisionError)


# -- what cannot travel


def test_items_that_cannot_travel_are_run_where_they_are(engine: Engine, tally: Tally) -> None:
    if isinstance(engine, WatchedAndSpawned):
        pytest.skip("there they run nowhere: nothing is inherited, and the caller runs nothing")
    data = [CannotBePickled() if k % 9 == 4 else k for k in range(60)]

    def func(item: object) -> str:
        tally.note(0)
        return type(item).__name__

    recorder = run(engine, func, iter(data))

    assert len(recorder.results) == 60
    assert tally.counts() == {0: 60}


@pytest.mark.parametrize("result", [CannotBePickled, CannotBeUnpickled])
def test_results_that_cannot_travel_are_named(working: Engine, result: type) -> None:
    def func(index: int) -> object:
        time.sleep(1e-3)
        return result() if index % 7 == 3 else index

    recorder = run(working, func, range(120))
    back = {index for index, value in recorder.results.items() if type(value) is result}

    assert recorder.results.keys() | recorder.lost.keys() == set(range(120))
    assert {index for index in range(120) if index % 7 == 3} - back <= recorder.lost.keys()
    assert not recorder.failures


def test_a_result_that_cannot_be_pickled_takes_no_other_along(
    crossing: Engine, working: Engine
) -> None:
    assert crossing is working
    caller = Caller()

    def func(index: int) -> object:
        time.sleep(1e-3)
        return index if caller.is_here() or index % 7 != 3 else CannotBePickled()

    recorder = run(crossing, func, range(120), chunksize=14)

    assert recorder.lost
    assert all(index % 7 == 3 for index in recorder.lost)
    assert all("TypeError: this one stays here" in why for why in recorder.lost.values())


def test_an_exception_that_cannot_travel_is_named(crossing: Engine, working: Engine) -> None:
    assert crossing is working
    caller = Caller()

    def func(index: int) -> int:
        time.sleep(1e-3)
        if index % 10 == 5 and not caller.is_here():
            raise HeldError(str(index))
        return index

    recorder = run(crossing, func, range(120))

    assert recorder.lost
    assert all(index % 10 == 5 for index in recorder.lost)
    assert recorder.results.keys() | recorder.lost.keys() == set(range(120))
    assert not recorder.failures


# -- the caller's surroundings


def test_workers_are_where_the_caller_is(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMORSIZE_TEST", "seen")
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path / "lib"))

    def func(_: int) -> tuple[Any, ...]:
        time.sleep(1e-3)
        seen = os.environ.get("AMORSIZE_TEST"), os.environ.get("HOME")
        return *seen, str(Path.cwd()), sys.path[0], decimal.getcontext().prec

    with decimal.localcontext(prec=5):
        recorder = run(engine, func, range(40))

    expected = ("seen", None, str(tmp_path), str(tmp_path / "lib"), 5)
    assert set(recorder.results.values()) == {expected}


def test_context_variables_are_seen_and_not_leaked(threads: ThreadEngine) -> None:
    color = contextvars.ContextVar("color", default="none")
    color.set("red")

    def func(index: int) -> str:
        time.sleep(1e-3)
        before = color.get()
        color.set(f"{index}")
        return before if before == "red" else "other"

    recorder = run(threads, func, range(20))

    assert "red" in recorder.results.values()
    assert color.get() == "red"


def test_decimal_flags_of_a_thread_are_its_own(threads: ThreadEngine) -> None:
    decimal.getcontext().clear_flags()

    run(threads, lambda k: decimal.Decimal(1) / (k + 3), range(20))

    assert not decimal.getcontext().flags[decimal.Inexact]


def test_what_a_worker_prints_appears_once(
    crossing: Engine, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    if crossing.kind is EngineKind.LOKY:
        dismiss_spawned_workers()  # they print to where stdout was when they started
        await_spawned_worker()

    run(crossing, say, range(60))

    printed = capfd.readouterr().out.replace("><", ">\n<").split()
    assert sorted(printed) == sorted(f"<{k}>" for k in range(60))


# -- interrupts and deaths


class Interrupting(Recorder):
    def done(self, start: int, results: Any, busy_s: float) -> None:
        super().done(start, results, busy_s)
        if len(self.results) >= 10:
            raise KeyboardInterrupt


def test_an_interrupt_in_the_caller_ends_the_run(engine: Engine) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(engine, lambda _: time.sleep(2e-3), range(2000), Interrupting())

    assert not [t for t in threading.enumerate() if t.name.startswith("amorsize")]
    assert len(run(engine, str, range(50)).results) == 50


def test_an_interrupt_inside_an_item_of_the_caller_ends_the_run(
    crossing: Engine, working: Engine
) -> None:
    assert crossing is working
    caller = Caller()

    def func(_: int) -> None:
        time.sleep(1e-3)
        if caller.is_here():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(crossing, func, range(200))


@on_posix
def test_ctrl_c_is_heard_while_the_caller_waits(engine: Engine, tmp_path: Path) -> None:
    caller, first, gate = Caller(), tmp_path / "first", tmp_path / "gate"

    def func(_: int) -> None:
        if caller.is_here():
            time.sleep(1e-3)
        elif not first.exists():
            first.touch()
            os.kill(caller.process, signal.SIGINT)
            wait_for_file(gate)

    with pytest.raises(KeyboardInterrupt):
        run(engine, func, range(2000), item_s=1.0, chunksize=1)
    gate.touch()


@on_posix
def test_a_dead_worker_is_an_error_that_names_the_items(crossing: Engine, tally: Tally) -> None:
    caller = Caller()

    def func(index: int) -> int:
        time.sleep(1e-3)
        if index >= 50 and not caller.is_here():
            tally.note(index)
            os.kill(os.getpid(), signal.SIGKILL)
        return index

    recorder = Recorder()
    with pytest.raises(WorkerCrashedError, match="SIGKILL") as crash:
        run(crossing, func, range(500), recorder)

    named_in = [f"item {culprit}" in str(crash.value) for culprit in tally.counts()]
    assert named_in.count(True) == 1
    assert recorder.results


# -- threads only


def test_there_are_never_more_threads_than_items(threads: ThreadEngine) -> None:
    job = Job(func=str, source=source_of([1, 2, 3]), workers=50, item_s=1.0, workers_forced=True)

    assert threads.run(job, Recorder()) <= 3


def test_as_many_threads_as_were_forced(threads: ThreadEngine) -> None:
    source = source_of(range(200))
    job = Job(func=slowly, source=source, workers=3, item_s=1e-3, waits=True, workers_forced=True)

    assert threads.run(job, Recorder()) == 3


class Turnstile:
    """Lets two through at a time, and notes how many stand before it."""

    def __init__(self) -> None:
        self._two = threading.Semaphore(2)
        self._inside = itertools.count(1)
        self._outside = itertools.count(1)
        self.crowd: list[int] = []

    def __call__(self, _: int) -> None:
        entered = next(self._inside)
        with self._two:
            time.sleep(1e-3)
        self.crowd.append(entered - next(self._outside) + 1)


def test_threads_that_only_queue_go_home(threads: ThreadEngine) -> None:
    gate, source = Turnstile(), source_of(range(400))

    used = threads.run(
        Job(func=gate, source=source, workers=16, item_s=1e-3, waits=True), Recorder()
    )

    assert used >= 16
    assert max(gate.crowd[-50:]) <= 8


def test_waiting_items_get_more_threads_as_that_pays(threads: ThreadEngine) -> None:
    source = source_of(range(200))
    job = Job(func=lambda _: time.sleep(2e-3), source=source, workers=2, item_s=2e-3, waits=True)

    assert threads.run(job, Recorder()) >= 6


def refuse_threads_from(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[threading.Thread] = []
    start = threading.Thread.start

    def fussy(thread: threading.Thread) -> None:
        started.append(thread)
        if len(started) >= number:
            msg = "can't start new thread"
            raise RuntimeError(msg)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", fussy)


def test_fewer_threads_do_if_no_more_can_be_started(
    threads: ThreadEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_threads_from(3, monkeypatch)

    recorder = run(threads, str, range(100), workers=8, item_s=1.0)

    assert len(recorder.results) == 100
    assert recorder.notes == ["only 2 threads could be started: can't start new thread"]


def test_without_any_thread_nothing_is_claimed(
    threads: ThreadEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_threads_from(1, monkeypatch)
    source = source_of(range(100))

    with pytest.raises(EngineStartError, match="can't start new thread"):
        threads.run(Job(func=str, source=source, workers=2, item_s=1.0), Recorder())

    assert source.position == 0


def test_threads_are_gone_from_the_system_after_the_run(threads: ThreadEngine) -> None:
    def count() -> int:
        return len(list(Path("/proc/self/task").iterdir()))

    before = count()
    for _ in range(20):
        run(threads, str, range(64), workers=16, item_s=1.0)
        assert count() <= before


# -- spawned workers only


def test_a_function_travels_once_to_each_worker(
    spawned: SpawnedEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies, submit = [], SpawnedPool.submit

    def watched(pool: SpawnedPool, order: Order) -> Future[Reply]:
        if order.payload is not None:
            copies.append(order.payload)
        return submit(pool, order)

    monkeypatch.setattr(SpawnedPool, "submit", watched)
    heavy = Heavy(Tally(tmp_path / "packed"), Tally(tmp_path / "unpacked"))

    def func(index: int) -> int:
        time.sleep(1e-3)
        return index + len(heavy.ballast)

    runs = [run(spawned, func, range(100)) for _ in range(2)]

    assert [len(recorder.results) for recorder in runs] == [100, 100]
    assert [recorder.notes for recorder in runs] == [[], []]
    assert len(copies) == 1
    assert heavy.packed.counts() == {0: 2}
    assert heavy.unpacked.counts().total() <= 1


def test_a_function_that_cannot_be_pickled_claims_nothing(spawned: SpawnedEngine) -> None:
    stuck, source = CannotBePickled(), source_of(range(9))

    with pytest.raises(EngineStartError, match="this one stays here"):
        spawned.run(Job(func=lambda _: stuck, source=source, workers=2, item_s=1.0), Recorder())

    assert source.position == 0


def test_a_function_that_cannot_be_loaded_is_run_by_the_caller(spawned: SpawnedEngine) -> None:
    stuck = CannotBeUnpickled()

    def func(item: int) -> tuple[int, object]:
        return slowly(item), stuck

    recorder = run(spawned, func, range(50))

    assert len(recorder.results) == 50
    assert "not in this process" in recorder.notes[0]


def test_items_that_cannot_be_loaded_are_run_by_the_caller(spawned: SpawnedEngine) -> None:
    recorder = run(spawned, type, [CannotBeUnpickled() for _ in range(30)])

    assert len(recorder.results) == 30
    assert not recorder.lost


def test_one_result_that_cannot_be_loaded_does_not_spoil_the_rest(spawned: SpawnedEngine) -> None:
    caller = Caller()

    def func(index: int) -> object:
        time.sleep(1e-3)
        return CannotBeUnpickled() if index % 7 == 3 else caller.is_here()

    recorder = run(spawned, func, range(420), chunksize=7)

    assert False in recorder.results.values()


def test_workers_stay_for_the_next_call(spawned: SpawnedEngine) -> None:
    before = set(run(spawned, process_id, range(60)).results.values())

    assert spawned_workers_alive()
    assert set(run(spawned, process_id, range(60)).results.values()) == before
    assert len(before) == 2


def test_a_worker_knows_that_it_is_one(spawned: SpawnedEngine) -> None:
    caller = Caller()

    def func(_: int) -> bool:
        time.sleep(1e-3)
        return in_spawned_worker() is not caller.is_here()

    assert set(run(spawned, func, range(60)).results.values()) == {True}


def test_a_pool_killed_between_calls_is_replaced(spawned: SpawnedEngine) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(spawned, lambda _: time.sleep(2e-3), range(500), Interrupting())

    assert not spawned_workers_alive()
    assert len(run(spawned, str, range(50)).results) == 50


MAIN_SCRIPT = """
from dataclasses import dataclass
import os, time
from amorsize.engines.base import Job
from amorsize.engines.source import source_of
from amorsize.engines.spawned import SpawnedEngine
from tests.conformance.jobs import Recorder

@dataclass(frozen=True)
class Point:
    x: int

def shifted(point):
    time.sleep(2e-3)
    return Point(point.x + 1), os.getpid()

recorder = Recorder()
source = source_of([Point(k) for k in range(400)])
SpawnedEngine().run(Job(func=shifted, source=source, workers=2, item_s=2e-3), recorder)
assert [recorder.results[k][0] for k in range(400)] == [Point(k + 1) for k in range(400)]
print(len({pid for _, pid in recorder.results.values()}))
"""


@pytest.mark.slow
@pytest.mark.parametrize("flags", [[], ["-O"]], ids=["plain", "-O"])
def test_a_script_may_define_everything_in_main(tmp_path: Path, flags: list[str]) -> None:
    script = tmp_path / "script.py"
    script.write_text(MAIN_SCRIPT)

    done = subprocess.run(
        [sys.executable, "-W", "error", *flags, script],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) == 2


def test_a_worker_imports_nothing_but_the_standard_library() -> None:
    source = Path(sys.modules[Job.__module__].__file__ or "").parents[2]
    statement = f"import sys; sys.path.append({str(source)!r}); import {serve.__module__}"

    bare = subprocess.run([sys.executable, "-I", "-S", "-c", statement], check=False)

    assert bare.returncode == 0


def test_engines_say_what_they_are() -> None:
    assert ThreadEngine.kind is EngineKind.THREADS
    assert SpawnedEngine.kind is EngineKind.LOKY
