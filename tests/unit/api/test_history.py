from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amorsize import (
    HistoryEntry,
    UsageError,
    clear_history,
    compare_entries,
    delete_result,
    execute,
    list_results,
    load_result,
    save_result,
)
from amorsize.api import history
from amorsize.cache import clock
from tests.unit.api.test_result import LONG, advised

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BAD_IDS = ["..", ".", "", "../secret", "a/b", "/etc/passwd", "a\\b", "a\0", "x" * 201, None, 3]

GOOD: dict[str, Any] = {
    "name": "base",
    "timestamp": "2025-03-01T12:00:00.123456Z",
    "result": {"best_config_index": 0},
    "function_name": "fetch",
    "data_size": 10,
    "system_info": {"platform": "Linux", "physical_cores": 4},
}

HOSTILE: dict[str, Any] = {
    "empty": b"",
    "list": b"[]",
    "deep": b"[" * 200_000,
    "latin": b"\xff\xfe",
    "huge": b" " * (2 << 20),
    "id-only": b'{"id": "x"}',
    **{
        f"bad-{name}": json.dumps(GOOD | {name: value}).encode()
        for name, value in {
            "name": 3,
            "timestamp": "soon",
            "result": [],
            "function_name": "x" * 2000,
            "data_size": -1,
            "system_info": {"a": {"b": 1}},
            "metadata": "text",
        }.items()
    },
}


@dataclass
class Strategy:
    name: str
    n_jobs: int = 2


@dataclass
class Compared:
    """As a comparison is."""

    configs: list[Strategy]
    execution_times: list[float]
    speedups: list[float]
    best_config_index: int = 0
    data: Any = None


@dataclass
class Tuned:
    best_n_jobs: int
    best_chunksize: int
    best_time: float
    best_speedup: float
    executor_type: str = "thread"


@dataclass
class Timed:
    optimization: Any
    parallel_time: float
    actual_speedup: float


class Colour(Enum):
    RED = "red"


class Told:
    def to_dict(self) -> dict[str, Any]:
        return {"answer": 42}


@dataclass
class Odd:
    colour: Colour = Colour.RED
    share: Fraction = Fraction(1, 2)
    endless: float = float("inf")
    pair: tuple[int, str] = (1, "two")
    by_size: dict[int, float] = field(default_factory=lambda: {10: 1.5})
    told: Told = field(default_factory=Told)
    money: Decimal = Decimal(1)
    call: Any = print
    mixed: list[Any] = field(default_factory=lambda: [1, object()])
    kind: type = int


def comparison(seconds: float, speedup: float) -> Compared:
    return Compared([Strategy("pool")], [seconds], [speedup])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data" / "amorsize" / "history"


@pytest.fixture
def hostile(folder: Path) -> Path:
    """A folder with everything in it that is no entry."""
    folder.mkdir(parents=True)
    for name, data in HOSTILE.items():
        (folder / f"{name}.json").write_bytes(data)
    (folder / "folder.json").mkdir()
    (folder / "gone.json").symlink_to("nowhere")
    os.mkfifo(folder / "pipe.json")
    (folder / "other.txt").write_text("not ours")
    return folder


@pytest.fixture
def days(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Each reading of the clock is a day after the one before."""
    now = [1_700_000_000.0]

    def later() -> float:
        now[0] += clock.DAY_S
        return now[0]

    monkeypatch.setattr("amorsize.api.fields.wall_clock", later)
    return iter([now])


def test_an_entry_comes_back_as_it_was_saved(folder: Path) -> None:
    entry_id = save_result(comparison(2.0, 1.5), "base", "fetch", 100, {"branch": "main"})
    entry = load_result(entry_id)

    assert entry is not None
    assert (entry.id, entry.name, entry.function_name) == (entry_id, "base", "fetch")
    assert (entry.data_size, entry.metadata) == (100, {"branch": "main"})
    assert entry.result_type == "Compared"
    assert entry.result.execution_times == [2.0]
    assert entry.result["configs"][0] == {"name": "pool", "n_jobs": 2}
    assert entry.result.configs[0].name == "pool"
    assert (entry.result.best_config.name, entry.result.best_time) == ("pool", 2.0)
    assert entry.system_info["physical_cores"] >= 1
    with pytest.raises(AttributeError, match="nothing called 'nope' was kept"):
        _ = entry.result.nope
    assert (folder / f"{entry_id}.json").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


CUT: Final[tuple[Literal["Cs"]]] = ("Cs",)

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=CUT)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=20,
)


@given(
    result=st.dictionaries(st.text(max_size=9), plain, max_size=5),
    metadata=st.dictionaries(st.text(max_size=9), plain, max_size=5),
    name=st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=200),
    size=st.integers(0, 2**63 - 1),
)
def test_whatever_is_plain_comes_back(
    result: dict[str, Any], metadata: dict[str, Any], name: str, size: int
) -> None:
    entry = load_result(save_result(result, name, data_size=size, metadata=metadata))

    assert isinstance(entry, HistoryEntry)
    assert (entry.result, entry.metadata) == (result, metadata)
    assert (entry.name, entry.data_size) == (name, size)
    clear_history()


def test_what_is_no_plain_value_is_left_out_and_the_items_are(folder: Path) -> None:
    assert not folder.exists()
    odd = load_result(save_result(Odd(), "odd"))
    secret = load_result(save_result(Compared([], [], [], data=["precious"]), "with data"))

    assert odd is not None
    assert odd.result == {
        "colour": "red",
        "share": 0.5,
        "endless": None,
        "pair": [1, "two"],
        "by_size": {"10": 1.5},
        "told": {"answer": 42},
    }
    assert secret is not None
    assert "data" not in secret.result
    assert "precious" not in "".join(path.read_text() for path in folder.iterdir())


def test_numbers_of_numpy_are_kept_as_numbers() -> None:
    numpy = pytest.importorskip("numpy")
    entry_id = save_result({"n": numpy.int64(3), "x": numpy.float32(0.5)}, "numpy", data_size=7)
    entry = load_result(entry_id)

    assert entry is not None
    assert entry.result == {"n": 3, "x": 0.5}


@pytest.mark.parametrize("result", [None, 3, "text", [1], object(), Compared])
def test_what_is_no_result_is_refused(result: object, folder: Path) -> None:
    with pytest.raises(UsageError, match="result must be a result"):
        save_result(result, "x")
    assert not folder.exists()


def test_what_an_entry_cannot_have_is_refused(folder: Path) -> None:
    endless: list[Any] = []
    endless.append(endless)
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({"name": 3}, "Invalid name"),
        ({"name": "x" * 201}, "Invalid name"),
        ({"data_size": -1}, "Invalid data_size"),
        ({"function_name": None}, "Invalid function_name"),
        ({"metadata": {"a": object()}}, "metadata must be a dict"),
        ({"metadata": 3}, "metadata must be a dict"),
        ({"metadata": {"a": float("nan")}}, "metadata must be a dict"),
        ({"result": {"a": "x" * (2 << 20)}}, "at most 1,048,576 are kept"),
        ({"result": {"a": endless}}, "result must be a result"),
    )
    for arguments, complaint in wrong:
        with pytest.raises(UsageError, match=complaint):
            save_result(**{"result": Told(), "name": "x", **arguments})
    assert not folder.exists()


@pytest.mark.usefixtures("days")
def test_entries_are_listed_newest_first_by_name_and_up_to_a_limit() -> None:
    ids = [save_result(Told(), name) for name in ("base", "Base line", "other")]

    assert [entry.id for entry in list_results()] == ids[::-1]
    assert [entry.name for entry in list_results("BASE")] == ["Base line", "base"]
    assert [entry.name for entry in list_results("base", 1)] == ["Base line"]
    assert list_results(limit=0) == list_results("nothing") == []
    for limit in (-1, 1.5, "2"):
        with pytest.raises(UsageError, match="limit must be a whole number"):
            list_results(limit=limit)  # type: ignore[arg-type]  # that is the mistake
    with pytest.raises(UsageError, match="name_filter must be a string"):
        list_results(3)  # type: ignore[arg-type]  # likewise


def test_hostile_files_are_passed_over(hostile: Path) -> None:
    good = save_result(Told(), "good")

    assert [entry.id for entry in list_results()] == [good]
    assert [load_result(path.stem) for path in hostile.glob("*.json") if path.stem != good] == [
        None
    ] * (len(HOSTILE) + 3)


def test_the_name_of_the_file_is_the_id_whatever_the_file_says(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "mine.json").write_text(json.dumps(GOOD | {"id": "../../other"}))

    assert [entry.id for entry in list_results()] == ["mine"]


def test_a_file_of_0_1_is_read(folder: Path) -> None:
    folder.mkdir(parents=True)
    strategies = [{"name": "serial", "n_jobs": 1, "chunksize": 1, "executor_type": "serial"}]
    result = {
        "configs": strategies,
        "execution_times": [1.0],
        "speedups": [1.0],
        "best_config_index": 0,
        "recommendations": [],
    }
    (folder / "0123456789ab.json").write_text(json.dumps(GOOD | {"id": "x", "result": result}))
    entry = load_result("0123456789ab")

    assert entry is not None
    assert (entry.result_type, entry.metadata) == ("ComparisonResult", {})
    assert entry.result.configs[0].name == "serial"


@pytest.mark.parametrize("entry_id", BAD_IDS)
def test_no_id_leads_out_of_the_folder(folder: Path, entry_id: Any) -> None:
    save_result(Told(), "x")
    secret = folder.parent / "secret.json"
    secret.write_text(json.dumps(GOOD))

    for call in (load_result, delete_result, lambda it: compare_entries(it, "a")):
        with pytest.raises(ValueError, match="entry_id must be"):
            call(entry_id)
    assert secret.exists()


def test_entries_are_removed_and_nothing_else(hostile: Path) -> None:
    first, second = (save_result(Told(), "x") for _ in range(2))

    assert delete_result(first)
    assert not delete_result(first)
    assert load_result(first) is None
    assert clear_history() == 1 + len(HOSTILE) + 2  # the link and the pipe among them
    assert load_result(second) is None
    assert sorted(path.name for path in hostile.iterdir()) == ["folder.json", "other.txt"]


def test_without_a_folder_there_is_nothing_and_saving_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (list_results(), clear_history(), load_result("x")) == ([], 0, None)

    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    assert (list_results(), clear_history(), load_result("x")) == ([], 0, None)
    with pytest.raises(FileExistsError):
        save_result(Told(), "x")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_has_no_entries(folder: Path) -> None:
    entry_id = save_result(Told(), "x")
    folder.chmod(0)

    assert (list_results(), clear_history(), load_result(entry_id)) == ([], 0, None)
    with pytest.raises(PermissionError):
        delete_result(entry_id)
    folder.chmod(0o700)


def test_two_entries_are_compared_second_against_first() -> None:
    slow = save_result(comparison(2.0, 1.5), "base")
    fast = save_result(Tuned(4, 10, 1.0, 3.0), "tuned")
    found = compare_entries(slow, fast)

    assert found is not None
    assert found.keys() == {"entry1", "entry2", "comparison"}
    assert found["comparison"] == {
        "speedup_delta": 1.5,
        "time_delta_seconds": -1.0,
        "time_delta_percent": -50.0,
        "same_system": True,
        "is_regression": False,
    }
    entry = {name: value for name, value in found["entry1"].items() if name != "timestamp"}
    assert entry.pop("system")["physical_cores"] >= 1
    assert entry == {
        "id": slow,
        "name": "base",
        "best_strategy": "pool",
        "speedup": 1.5,
        "execution_time": 2.0,
    }
    assert found["entry2"]["best_strategy"] == "thread, n_jobs=4, chunksize=10"
    back = compare_entries(fast, slow)
    assert back is not None
    assert back["comparison"]["is_regression"]
    assert compare_entries(slow, "gone") is compare_entries("gone", slow) is None


def test_every_kind_of_result_knows_its_best() -> None:
    advice = advised(LONG)
    _, ran = execute(abs, range(3), return_optimization_result=True)
    results = {
        "pool": comparison(2.0, 1.5),
        "advice": advice,
        "timed": Timed(advice, 1.0, 2.0),
        "ran": ran,
    }
    ids = {name: save_result(result, name) for name, result in results.items()}
    assert advice.predicted_s is not None
    assert ran.run is not None

    told = {}
    for name, entry_id in ids.items():
        found = compare_entries(entry_id, entry_id)
        assert found is not None
        told[name] = [found["entry1"][one] for one in ("speedup", "execution_time")]
    assert told == {
        "pool": [1.5, 2.0],
        "advice": [advice.estimated_speedup, advice.predicted_s.median_s],
        "timed": [2.0, 1.0],
        "ran": [ran.estimated_speedup, ran.run.wall_s],
    }


def test_what_is_not_known_is_not_made_up(folder: Path) -> None:
    one = save_result(Told(), "no figures")
    other = save_result(comparison(2.0, 1.5), "base")
    found = compare_entries(one, other)

    assert found is not None
    assert found["comparison"] == {
        "speedup_delta": None,
        "time_delta_seconds": None,
        "time_delta_percent": None,
        "same_system": True,
        "is_regression": False,
    }
    for number, result in enumerate(
        (
            {"best_config_index": 9, "configs": []},
            {"best_config_index": "0"},
            {"best_n_jobs": 1, "best_chunksize": 1, "best_time": "x", "best_speedup": 1},
            {"estimated_speedup": float("nan"), "n_jobs": 2, "chunksize": 2},
        )
    ):
        text = json.dumps(GOOD | {"result": result})
        (folder / f"hostile{number}.json").write_text(text)
        found = compare_entries(f"hostile{number}", other)
        assert found is None or found["comparison"]["time_delta_seconds"] is None


def test_entries_of_another_machine_are_told_apart(folder: Path) -> None:
    here = save_result(comparison(2.0, 1.5), "here")
    there = json.loads((folder / f"{here}.json").read_text())
    there["system_info"]["physical_cores"] += 1
    (folder / "there.json").write_text(json.dumps(there))
    found = compare_entries(here, "there")

    assert found is not None
    assert not found["comparison"]["same_system"]


@pytest.fixture
def far_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "EAST-09")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("far_east")
def test_a_moment_without_a_zone_is_in_utc(folder: Path) -> None:
    folder.mkdir(parents=True)
    for name, moment in {
        "second": "2025-03-01T12:00:00",
        "third": "2025-03-01T12:30:00+00:00",
        "first": "2025-03-01T13:00:00+02:00",
    }.items():
        (folder / f"{name}.json").write_text(json.dumps(GOOD | {"timestamp": moment}))

    assert [entry.id for entry in list_results()] == ["third", "second", "first"]


def test_the_folder_follows_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    save_result(Told(), "x")

    assert len(list((tmp_path / ".local/share/amorsize/history").iterdir())) == 1
    assert history.list_results()[0].name == "x"
