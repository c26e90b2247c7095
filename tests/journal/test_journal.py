from __future__ import annotations

import os
import resource
import signal
import sqlite3
import sys
import threading
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from amorsize import execute
from amorsize.errors import CheckpointError, CheckpointRefusedError
from amorsize.journal.database import Database, Row
from amorsize.vocab.plan import EngineKind
from tests.journal.killing import Noting, run_killed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs fork")

NOTES: list[int] = []


def noted(item: int) -> int:
    NOTES.append(item)
    return 10 * item


def fussy(item: int) -> int:
    NOTES.append(item)
    if item == BAD[0]:
        msg = "not this one"
        raise LookupError(msg)
    return 10 * item


BAD = [-1]


@pytest.fixture(autouse=True)
def no_notes() -> None:
    NOTES.clear()
    BAD[0] = -1


def stopped_at(bad: int, data: Iterable[int], path: Path) -> None:
    """Run until an item fails, which is mended then."""
    BAD[0] = bad
    with pytest.raises(LookupError):
        execute(fussy, data, checkpoint=path, n_jobs=1, order="input")
    BAD[0] = -1
    NOTES.clear()


HOW: list[dict[str, Any]] = [
    {},
    {"n_jobs": 1},
    {"n_jobs": 2, "backend": "threads"},
    {"n_jobs": 2, "backend": "processes"},
    {"isolate": True},
]


@pytest.mark.parametrize("options", HOW, ids=str)
@pytest.mark.parametrize("kind", [list, iter, dict.fromkeys], ids=str)
def test_a_finished_checkpoint_gives_its_results_and_calls_nothing(
    tmp_path: Path, options: dict[str, Any], kind: Callable[[Any], Any]
) -> None:
    path = tmp_path / "run.amor"
    func = Noting(str(tmp_path / "notes"), 0.0, 0.0)

    first = execute(func, kind(range(60)), checkpoint=path, **options)
    noted_then = (tmp_path / "notes").read_text()
    again = execute(func, kind(range(60)), checkpoint=path, **options)

    assert first == again == [[item] for item in range(60)]
    assert (tmp_path / "notes").read_text() == noted_then
    assert sorted(map(int, noted_then.split())) == list(range(60))
    assert [file.name for file in tmp_path.iterdir() if "run" in file.name] == ["run.amor"]


@pytest.mark.parametrize("kind", [list, iter], ids=str)
def test_only_what_is_not_in_the_file_runs(tmp_path: Path, kind: Callable[[Any], Any]) -> None:
    stopped_at(5, kind(range(9)), tmp_path / "run.amor")

    results = execute(
        fussy, kind(range(9)), checkpoint=tmp_path / "run.amor", checkpoint_force=True
    )

    assert results == [10 * item for item in range(9)]
    assert NOTES == [5, 6, 7, 8]


@pytest.mark.parametrize("kind", [list, iter], ids=str)
def test_messages_and_partial_results_tell_true_indices(
    tmp_path: Path, kind: Callable[[Any], Any]
) -> None:
    path = tmp_path / "run.amor"
    stopped_at(3, range(9), path)
    BAD[0] = 6

    with pytest.raises(LookupError) as caught:
        execute(fussy, kind(range(9)), checkpoint=path, checkpoint_force=True, order="input")

    assert any("item 6" in note for note in caught.value.__notes__)
    assert dict(caught.value.results) == {item: 10 * item for item in range(6)}  # type: ignore[attr-defined]  # put there by the run
    remaining = caught.value.remaining  # type: ignore[attr-defined]  # likewise
    assert remaining.next_index == 6 if kind is iter else [*remaining] == [6, 7, 8]


def test_a_function_that_notes_its_calls_is_still_the_same(tmp_path: Path) -> None:
    execute(noted, range(3), checkpoint=tmp_path / "run.amor", n_jobs=1)

    assert execute(noted, range(3), checkpoint=tmp_path / "run.amor") == [0, 10, 20]
    assert NOTES == [0, 1, 2]


def test_another_function_is_refused_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "run.amor"
    execute(lambda item: item + 1, range(3), checkpoint=path)

    def changed(item: int) -> int:
        return item + 2

    with pytest.raises(CheckpointRefusedError, match=r"is of .*<lambda>, and not of .*changed"):
        execute(changed, range(3), checkpoint=path)
    assert execute(changed, range(3), checkpoint=path, checkpoint_force=True) == [1, 2, 3]
    assert execute(changed, range(3), checkpoint=path) == [1, 2, 3]


def test_a_changed_function_of_the_same_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.amor"
    execute(_job(1), range(3), checkpoint=path)

    with pytest.raises(CheckpointRefusedError, match=r"job\.job, or something that it refers to"):
        execute(_job(2), range(3), checkpoint=path)


@pytest.mark.parametrize("kind", [list, iter], ids=str)
@pytest.mark.parametrize(
    ("data", "why"),
    [
        ([0, 1, 7], "item 2 is not what it was"),
        ([0, 1.0, 2], "item 1 is not what it was"),
        ([0, 1], "is of 3 items, the data has 2"),
        ([0, 1, 2, 3], "is of 3 items, the data has (more than 3|4)"),
    ],
)
def test_other_data_are_refused_and_changed_items_run_where_it_is_forced(
    tmp_path: Path, kind: Callable[[Any], Any], data: list[Any], why: str
) -> None:
    path = tmp_path / "run.amor"
    execute(noted, range(3), checkpoint=path, n_jobs=1)
    NOTES.clear()

    with pytest.raises(CheckpointRefusedError, match=why):
        execute(noted, kind(data), checkpoint=path, checkpoint_force=False)
    assert NOTES == []
    forced = execute(noted, kind(data), checkpoint=path, checkpoint_force=True, n_jobs=1)
    assert forced == [10 * item for item in data]
    again = [item for at, item in enumerate(data) if at > 2 or repr(item) != repr(at)]
    assert again == NOTES
    assert execute(noted, kind(data), checkpoint=path, checkpoint_force=True) == forced


def test_a_result_that_does_not_fit_is_named_and_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "run.amor"

    def paired(item: int) -> Any:
        return (item,) if item == 3 else item

    with pytest.raises(CheckpointError, match=r"item 3 .* tuple would come back as list") as caught:
        execute(paired, range(6), checkpoint=path, n_jobs=1, order="input")

    assert "checkpoint_format='pickle'" in str(caught.value)
    with sqlite3.connect(path) as reader:
        assert {item for (item,) in reader.execute("SELECT item FROM results")} >= {0, 1, 2}
    reader.close()
    assert execute(paired, range(6), checkpoint=path, checkpoint_format="pickle") == [
        0,
        1,
        2,
        (3,),
        4,
        5,
    ]


def test_pickles_are_read_only_where_that_is_asked_for_again(tmp_path: Path) -> None:
    path = tmp_path / "run.amor"
    execute(noted, range(3), checkpoint=path, checkpoint_format="pickle")

    with pytest.raises(CheckpointRefusedError, match="holds pickles"):
        execute(noted, range(3), checkpoint=path, checkpoint_force=True)


def test_a_pickle_that_was_smuggled_in_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "run.amor"
    execute(noted, range(3), checkpoint=path)
    with sqlite3.connect(path) as writer:
        writer.execute("UPDATE results SET value = ? WHERE item = 1", (b"cos\nabort\n(tR.",))
    writer.close()

    with pytest.raises(CheckpointRefusedError, match="holds pickles"):
        execute(noted, range(3), checkpoint=path)


def test_two_runs_on_one_file_are_refused(tmp_path: Path) -> None:
    path, inside = tmp_path / "run.amor", list[BaseException]()

    def nested(item: int) -> int:
        with pytest.raises(CheckpointRefusedError, match="in use by another run") as caught:
            execute(noted, range(3), checkpoint=path)
        inside.append(caught.value)
        return item

    execute(nested, range(1), checkpoint=path, n_jobs=1)

    assert len(inside) == 1


@pytest.mark.parametrize("content", ["text " * 500, "database"])
def test_what_is_no_checkpoint_is_left_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / "mine"
    if content == "database":
        with sqlite3.connect(path) as other:
            other.execute("CREATE TABLE mine (x)")
        other.close()
    else:
        path.write_text(content)
    before = path.read_bytes()

    with pytest.raises(CheckpointRefusedError, match="no checkpoint of amorsize"):
        execute(noted, range(3), checkpoint=path)

    assert path.read_bytes() == before
    assert [*tmp_path.iterdir()] == [path]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot be opened"):
        execute(noted, range(3), checkpoint=tmp_path / "no" / "run.amor")


def test_no_connection_and_no_lock_cross_a_fork(tmp_path: Path) -> None:
    path = str(tmp_path / "run.amor")
    database = Database(path)
    database.add([Row(0, b"", "1")])

    def cannot() -> int:
        try:
            database.add([Row(1, b"", "2")])
        except CheckpointError:
            return int(any("run.amor" in place for place in _open_files()))
        return 9

    assert _in_a_child(cannot) == 0
    database.add([Row(2, b"", "3")])
    with pytest.raises(CheckpointRefusedError):
        Database(path)
    database.close()
    assert [row.item for row in _rows(path)] == [0, 2]


def test_a_fork_in_another_thread_does_no_harm(tmp_path: Path) -> None:
    database = Database(str(tmp_path / "run.amor"))
    going = threading.Event()

    def forks() -> None:
        while not going.wait(0.001):
            child = os.fork()
            if child == 0:
                os._exit(0)
            os.waitpid(child, 0)

    thread = threading.Thread(target=forks)
    thread.start()
    for number in range(100):
        database.add([Row(number, b"", "1")])
    going.set()
    thread.join()

    assert len(database.rows()) == 100
    database.close()


def _open_files() -> list[str]:
    places = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            places.append(str(descriptor.readlink()))
    return places


def _rows(path: str) -> list[Row]:
    database = Database(path)
    try:
        return database.rows()
    finally:
        database.close()


def _job(step: int) -> Callable[[int], int]:
    space: dict[str, Any] = {"__name__": "job"}
    exec(f"def job(item):\n    return item + {step}\n", space)  # noqa: S102 - our own text
    made: Callable[[int], int] = space["job"]
    return made


def _in_a_child(action: Callable[[], int]) -> int:
    child = os.fork()
    if child == 0:
        status = 9
        try:
            status = action()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_full_disk_is_told_and_what_was_written_stays(tmp_path: Path) -> None:
    path = tmp_path / "run.amor"

    def fills() -> int:
        database = Database(str(path))
        database.add([Row(0, b"", "1")])
        _shut_the_disk()
        try:
            database.add([Row(at, b"", _large(at)) for at in range(1, 100)])
        except CheckpointError as error:
            database.close()
            return 0 if "cannot be written" in str(error) and "is safe" in str(error) else 2
        return 3

    assert _in_a_child(fills) == 0
    assert [row.item for row in _rows(str(path))] == [0]


def test_a_run_that_finds_the_disk_full_hands_over_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "run.amor"

    def fills() -> int:
        _shut_the_disk()
        try:
            execute(_large, range(100), checkpoint=path, n_jobs=1)
        except CheckpointError as error:
            return 0 if getattr(error, "results", {})[0] == _large(0) else 2
        return 3

    assert _in_a_child(fills) == 0
    assert execute(_large, range(9), checkpoint=path, n_jobs=1) == [_large(at) for at in range(9)]


def _shut_the_disk() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))


def _large(item: int) -> str:
    return f"{item}" * 10_000


@pytest.mark.parametrize(
    "options",
    [{"n_jobs": 2, "backend": "processes"}, {"n_jobs": 2, "backend": "threads"}, {"n_jobs": 1}],
    ids=str,
)
def test_nothing_is_lost_when_callers_and_workers_are_killed(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    func = Noting(str(tmp_path / "notes"), 2e-3, 10e-3)

    tally = run_killed(tmp_path, func, 120, random=Random(3), **options)

    assert tally.wrong == 0
    assert tally.caller_kills + tally.worker_kills > 0


def test_an_item_that_is_changed_in_place_is_known_by_what_it_was(tmp_path: Path) -> None:
    def emptied(item: list[int]) -> int:
        return item.pop()

    first = execute(emptied, [[1], [2]], checkpoint=tmp_path / "run.amor", n_jobs=1)
    again = execute(emptied, [[1], [2]], checkpoint=tmp_path / "run.amor", n_jobs=1)

    assert first == again == [1, 2]


def test_the_caller_runs_nothing_while_workers_do(tmp_path: Path) -> None:
    func = Noting(str(tmp_path / "notes"), 0.0, 0.0)

    _, told = execute(
        func,
        range(60),
        checkpoint=tmp_path / "run.amor",
        return_optimization_result=True,
        n_jobs=2,
        backend="processes",
    )

    assert told.run is not None
    assert told.run.engine is EngineKind.WATCHED


@pytest.mark.parametrize("kind", [range, lambda items: iter(range(items))], ids=["range", "iter"])
def test_where_no_worker_can_be_had_nothing_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Callable[[int], Iterable[int]]
) -> None:
    def refused() -> int:
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", refused)
    results, told = execute(
        Noting(str(tmp_path / "notes"), 2e-3, 0.0),
        kind(60),
        checkpoint=tmp_path / "run.amor",
        return_optimization_result=True,
        n_jobs=2,
    )

    assert results == [[item] for item in range(60)]
    assert "cannot be started" in " ".join(told.warnings)
