"""What few programs do, and what would go wrong silently if nobody looked."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import pytest

from amorsize import BackendRefusedError, execute, optimize
from amorsize.api.run import run
from amorsize.engines.source import source_of
from amorsize.runtime import opening as opening_module
from amorsize.runtime.ledger import Hooks, Ledger
from amorsize.runtime.opening import Opening
from amorsize.runtime.surroundings import Surroundings
from amorsize.vocab.options import DEFAULT_OPTIONS, Backend, Options
from amorsize.vocab.plan import EngineKind
from tests.support.calls import BACKENDS, PARALLEL, BackendName, Trial, Work, once

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from tests.support.scripts import Script

MANY = 200


@pytest.fixture
def work(tmp_path: Path) -> Work:
    """Dear enough that workers pay."""
    return Work(tmp_path / "calls", cost_s=1e-3)


FORKING = """
def fork_once(item):
    work(item)
    if item == {item}:
        child = os.fork()
        if child == 0:
            {ending}
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status)
    return item

tell(**run(fork_once, range(ITEMS), backend={backend!r}))
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["auto", "processes"])
@pytest.mark.parametrize(("ending", "status"), [("sys.exit(3)", 3), ("raise ValueError(7)", 1)])
def test_a_child_that_func_forks_ends_as_itself_and_is_no_worker(
    backend: str, ending: str, status: int, script: Script
) -> None:
    item = 60
    told = script.run(FORKING.format(item=item, ending=ending, backend=backend))

    (facts,) = told.facts
    assert facts["results"] == [status if i == item else i for i in range(len(facts["results"]))]
    assert len(facts["results"]) == len(told.calls)


PRINTING_ASIDE = """
import ctypes
libc = ctypes.CDLL(None)

def speak(item):
    work(item)
    print("printed", item, file=sys.__stdout__)
    libc.printf(b"c %d\\n", item)

class Tee:
    def write(self, text): return sys.__stdout__.write(text)
    def flush(self): pass

print("before")
libc.printf(b"c before\\n")
sys.stdout = Tee()
tell(**run(speak, range(ITEMS), backend="processes"))
"""


@pytest.mark.slow
def test_what_is_printed_past_sys_stdout_appears_once_too(script: Script) -> None:
    told = script.run(PRINTING_ASIDE)

    printed = [f"{how} {item}" for item in range(len(told.calls)) for how in ("printed", "c")]
    assert sorted(told.out.split("\n")[:-1]) == sorted(["before", "c before", *printed])


@dataclass(frozen=True)
class FrozenError(Exception):
    """Takes no note."""

    code: int


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_exception_that_takes_no_note_is_raised_as_itself(
    backend: BackendName, work: Work
) -> None:
    def fail(item: int) -> None:
        work(item)
        if item == MANY // 2:
            raise FrozenError(item)

    error = Trial(backend, work).catch(fail, range(MANY))

    assert error == FrozenError(MANY // 2)


class Growing:
    """Ends at each multiple of 30, and would go on if it were asked again."""

    def __init__(self) -> None:
        self.count = 0

    def __iter__(self) -> Growing:
        return self

    def __next__(self) -> int:
        self.count += 1
        if self.count % 30 == 0:
            raise StopIteration
        return self.count


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_iterator_is_not_asked_again_after_its_end(backend: BackendName, work: Work) -> None:
    assert Trial(backend, work).run_anyhow(work, Growing()) == list(range(1, 30))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", [SystemExit, GeneratorExit, ValueError])
def test_items_before_a_broken_input_are_run_whatever_broke_it(
    backend: BackendName, kind: type[BaseException], work: Work
) -> None:
    def numbers() -> Iterator[int]:
        yield from range(100)
        raise kind(5)

    error = Trial(backend, work).catch(work, numbers())

    assert type(error) is kind
    assert error.args == (5,)
    assert work.calls == once(range(100))


@pytest.mark.parametrize("backend", ["threads", "processes"])
def test_forced_workers_are_refused_where_items_cannot_be_read_ahead(backend: Any) -> None:
    with pytest.raises(BackendRefusedError, match="only good until the next one is read"):
        execute(list, groupby([1, 1, 2, 3, 3]), backend=backend)


def test_rows_that_are_changed_in_place_stay_in_this_process(work: Work) -> None:
    numpy = pytest.importorskip("numpy")
    rows = numpy.zeros((MANY, 3))

    def grow(row: Any) -> Any:
        work(0)
        row += 1
        return row

    execute(grow, rows)

    assert rows.sum() == 3 * MANY


class Records:
    """Reads its items through one open file."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("rb")

    def __len__(self) -> int:
        return MANY

    def __getitem__(self, index: int) -> int:
        if index >= MANY:
            raise IndexError(index)
        self.file.seek(4 * index)
        return int.from_bytes(self.file.read(4), "big")


def test_input_that_reads_through_an_open_file_is_not_shared(tmp_path: Path, work: Work) -> None:
    path = tmp_path / "records"
    path.write_bytes(b"".join(i.to_bytes(4, "big") for i in range(MANY)))
    data = Records(path)

    done = run(work, data)  # type: ignore[arg-type]  # the old protocol is iterable, too
    data.file.close()

    assert done.results == list(range(MANY))
    assert done.record.engine is EngineKind.SERIAL
    assert "the input carries" in done.record.warnings[0]


@pytest.mark.parametrize("how", ["send", "next"])
def test_what_a_generator_returns_is_in_the_exception(how: str) -> None:
    def two() -> Generator[int, None, str]:
        yield from (1, 2)
        return "the value"

    generator: Any = two()
    func, data = (generator.send, [None] * 9) if how == "send" else (next, [generator] * 9)
    with pytest.raises(StopIteration) as raised:
        execute(func, data)

    assert raised.value.value == "the value"


class Shy:
    """Does not say how long it is."""

    def __iter__(self) -> Iterator[int]:
        return iter(range(5))

    def __len__(self) -> int:
        msg = "nobody asks"
        raise RuntimeError(msg)


class OldAndShy:
    """Has no ``__iter__`` either."""

    __len__ = Shy.__len__

    def __getitem__(self, index: int) -> int:
        return range(5)[index]


@pytest.mark.parametrize("kind", [Shy, OldAndShy])
def test_a_length_that_cannot_be_told_is_not_needed(kind: Callable[[], Any]) -> None:
    assert execute(str, kind()) == list("01234")
    assert optimize(str, kind()).n_jobs == 1


class Unmeasurable:
    """Raises when somebody wants to know its size."""

    def __sizeof__(self) -> int:
        msg = "unknown"
        raise ValueError(msg)


def test_a_size_that_cannot_be_told_costs_no_result(work: Work) -> None:
    items = [Unmeasurable() for _ in range(MANY)]

    def number(item: Unmeasurable) -> int:
        work(0)
        return len([item])

    assert execute(number, items) == [1] * MANY


@pytest.mark.parametrize("read", [execute, optimize])
def test_the_result_keeps_every_item_of_a_generator(read: Any) -> None:
    options = {"return_optimization_result": True} if read is execute else {}
    told = read(str, (i for i in range(50)), **options)
    result = told[1] if read is execute else told

    assert list(result.data) == list(range(50))


def test_pandas_data_can_be_read_again() -> None:
    pandas = pytest.importorskip("pandas")
    series = pandas.Series([1, 2, 3])

    assert optimize(abs, series).data is series


def take_time(seconds: float) -> None:
    """Wait, if there is something to wait for."""
    if seconds:
        time.sleep(seconds)


def test_a_block_of_iterated_input_ends_when_items_become_dear(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(opening_module, "SPRINT", 4)
    ledger = Ledger(Hooks(), None)
    opening = Opening(
        take_time,
        source_of(iter([0.0] * 600 + [3e-3] * 50)),
        ledger,
        options=DEFAULT_OPTIONS,
        surroundings=Surroundings(),
    )
    while len(ledger.results) < 600:
        assert opening.block()

    before = len(ledger.results)
    assert opening.block()

    assert len(ledger.results) - before <= 4


@pytest.mark.parametrize("workers", [4, 8])
def test_time_that_threads_wait_for_each_other_is_no_speedup(workers: int, work: Work) -> None:
    began = time.process_time()
    done = run(work, range(MANY), Options(backend=Backend.THREADS, n_jobs=workers))

    assert done.record.work_s <= 1.5 * (time.process_time() - began)


@pytest.mark.parametrize("backend", PARALLEL)
def test_an_input_without_items_needs_no_workers(backend: BackendName, work: Work) -> None:
    assert Trial(backend, work).run_anyhow(work, iter(())) == []


SLOTTED = """
class Limit(Exception):
    __slots__ = ("quota",)

    def __init__(self, quota):
        super().__init__("over")
        self.quota = quota

def fail(item):
    work(item)
    if os.getpid() != HOME:
        raise Limit(40)
    return item

HOME = os.getpid()

if __name__ == "__main__":
    import multiprocessing
    multiprocessing.set_start_method("spawn")
    warm_up(work)
    try:
        run(fail, range(ITEMS), backend="processes", n_jobs=4)
    except Limit as error:
        tell(quota=getattr(error, "quota", "lost"), where=error.__notes__[-1])
"""


@pytest.mark.slow
def test_slots_of_an_exception_come_home_from_a_spawned_worker(script: Script) -> None:
    (facts,) = script.run(SLOTTED).facts

    assert facts["quota"] == 40, facts["where"]
