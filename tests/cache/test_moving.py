"""Export and import: one document, and nothing in it is believed."""

from __future__ import annotations

import json
import os
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from amorsize import cache
from tests.cache.kit import TTL_S

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cache.kit import Door, FakeTime


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "export.json"


def exported(door: Door, file: Path) -> dict[str, Any]:
    cache.export_cache(file, cache_type=door.name)
    document: dict[str, Any] = json.loads(file.read_text())
    return document


def imported(door: Door, file: Path, **how: Any) -> tuple[int, int, int]:
    return cache.import_cache(file, **how, cache_type=door.name)


def test_what_was_exported_can_be_imported_into_an_empty_cache(
    door: Door, file: Path, fake_time: FakeTime
) -> None:
    for key in ("a", "b"):
        door.save(key)
    before = door.load("a")
    assert cache.export_cache(file, cache_type=door.name) == 2
    document = json.loads(file.read_text())
    assert {*document} == {"version", "export_timestamp", "export_system", "entries"}
    assert [entry["cache_key"] for entry in document["entries"]] == ["a", "b"]

    door.clear()
    fake_time.now += 5
    assert imported(door, file) == (2, 0, 0)
    assert door.load("a") == before


def test_only_valid_entries_are_exported_unless_asked(
    door: Door, file: Path, fake_time: FakeTime
) -> None:
    for key in ("old", "old-foreign"):
        door.save(key)
    fake_time.now += TTL_S + 1
    for key in ("fresh", "foreign", "broken"):
        door.save(key)
    for key in ("foreign", "old-foreign"):
        door.edit(key, system_info={"physical_cores": 999})
    door.write("broken", b"{}")

    def count(*include: bool) -> int:
        return cache.export_cache(file, *include, cache_type=door.name)

    assert (count(), count(True), count(False, True), count(True, True)) == (1, 2, 2, 4)


@pytest.mark.parametrize(
    ("strategy", "outcome", "stays"),
    [
        ("skip", (0, 2, 0), {"newer": 100, "older": -100}),
        ("overwrite", (2, 0, 0), {"newer": 0, "older": 0}),
        ("update", (1, 1, 0), {"newer": 100, "older": 0}),
    ],
)
def test_what_is_there_stays_goes_or_the_newer_wins(
    door: Door, file: Path, fake_time: FakeTime, strategy: str, outcome: Any, stays: Any
) -> None:
    start = fake_time.now
    for key in ("newer", "older"):
        door.save(key)
    exported(door, file)
    for key, age in (("newer", 100), ("older", -100)):
        door.edit(key, timestamp=start + age)

    assert imported(door, file, merge_strategy=strategy) == outcome
    for key, age in stays.items():
        assert door.load(key)[0].timestamp == start + age


def test_what_cannot_be_read_is_replaced_by_any_strategy(door: Door, file: Path) -> None:
    door.save("k")
    exported(door, file)
    door.write("k", b"{}")

    assert imported(door, file, merge_strategy="skip") == (1, 0, 0)
    assert door.load("k")[1] == ""


def test_entries_of_other_machines_are_taken_where_that_is_wanted(door: Door, file: Path) -> None:
    door.save("k")
    door.edit("k", system_info={"physical_cores": 999})
    cache.export_cache(file, include_incompatible=True, cache_type=door.name)
    door.clear()

    assert imported(door, file) == (0, 0, 1)
    assert imported(door, file, validate_compatibility=False) == (1, 0, 0)
    assert door.load("k")[1].startswith("Physical core count changed")


def test_entries_can_be_dated_anew(door: Door, file: Path, fake_time: FakeTime) -> None:
    door.save("k")
    exported(door, file)
    door.clear()
    fake_time.now += TTL_S + 1

    imported(door, file, update_timestamps=True)

    assert door.load("k")[0].timestamp == fake_time.now


@pytest.mark.parametrize("key", ["../evil", "/tmp/evil", "..", "a/b", "", 3, None, ["k"]])  # noqa: S108 - never written
def test_nothing_is_written_outside_the_folder(
    door: Door, file: Path, tmp_path: Path, key: Any
) -> None:
    door.save("k")
    document = exported(door, file)
    door.clear()
    document["entries"][0]["cache_key"] = key
    file.write_text(json.dumps(document))
    before = sorted(tmp_path.rglob("*"))

    assert imported(door, file) == (0, 1, 0)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "change",
    [
        {"n_jobs": 5000},
        {"chunksize": 0},
        {"timestamp": 1e18},
        {"system_info": []},
        {"n_jobs": None},
    ],
)
def test_an_entry_that_no_load_would_take_is_skipped(
    door: Door, file: Path, change: dict[str, Any]
) -> None:
    door.save("k")
    document = exported(door, file)
    door.clear()
    document["entries"] = [document["entries"][0] | change, 3, None, [], {}]
    file.write_text(json.dumps(document))

    assert imported(door, file) == (0, 5, 0)
    assert door.keys() == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{}", "Invalid export file format: missing required fields"),
        ("[]", "Invalid export file format: missing required fields"),
        ('{"version": 2, "entries": 3}', "Invalid export file format: missing required fields"),
        ("{", "Invalid export file format: JSONDecodeError"),
        ("[" * 100_000, "Invalid export file format: RecursionError"),
        ('{"version": 1, "entries": []}', "Incompatible cache version: export=1, current=2"),
        ('{"version": "x", "entries": []}', "Incompatible cache version: export='x', current=2"),
    ],
    ids=range(7),
)
def test_what_is_no_export_is_refused(file: Path, text: str, complaint: str) -> None:
    file.write_text(text)

    with pytest.raises(ValueError, match=r"^Inv|^Inc") as caught:
        cache.import_cache(file)
    assert str(caught.value) == complaint


def test_a_file_that_is_not_there_and_a_strategy_that_is_none_are_refused(file: Path) -> None:
    with pytest.raises(FileNotFoundError) as missing:
        cache.import_cache(file)
    assert str(missing.value) == f"Import file not found: {file}"
    assert isinstance(missing.value, ValueError)

    with pytest.raises(ValueError, match="Invalid merge_strategy") as wrong:
        cache.import_cache(file, "merge")
    words = "Invalid merge_strategy: merge. Must be 'skip', 'overwrite', or 'update'"
    assert str(wrong.value) == words


def test_a_failed_export_leaves_the_old_one(door: Door, file: Path, tmp_path: Path) -> None:
    door.save("k")
    with pytest.raises(OSError, match="No such file"):
        cache.export_cache(tmp_path / "no" / "folder", cache_type=door.name)

    exported(door, file)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["export.json"]


def refused(word: str) -> None:
    raise AssertionError(word)


@pytest.mark.parametrize("later", ["[" * 700 + "]" * 700, "1e999", '"\\ud800"', '{"a": [{}]}'])
def test_what_another_version_left_beside_stays_out_of_an_export(
    door: Door, file: Path, later: str
) -> None:
    door.save("k")
    before = json.loads(door.file("k").read_text())
    door.write("k", f'{door.file("k").read_text().rstrip()[:-1]}, "later": {later}}}'.encode())
    assert door.load("k")[1] == ""

    assert cache.export_cache(file, cache_type=door.name) == 1
    [entry] = json.loads(file.read_text(), parse_constant=refused)["entries"]
    assert entry == before | {"cache_key": "k"}


@pytest.mark.parametrize("later", ["NaN", "-Infinity", '{"a": 1, "a": 2}'])
def test_what_is_not_strict_json_is_neither_loaded_nor_imported(
    door: Door, file: Path, later: str
) -> None:
    door.save("k")
    text = f'{door.file("k").read_text().rstrip()[:-1]}, "later": {later}}}'
    exported(door, file)
    document = file.read_text().replace('"cache_key"', f'"later": {later}, "cache_key"')
    file.write_text(document)
    door.write("k", text.encode())

    assert door.load("k") == (None, "Failed to load cache: ValueError")
    with pytest.raises(ValueError, match=r"^Invalid export file format: ValueError$"):
        imported(door, file)


def test_an_export_goes_through_links_and_pipes_and_leaves_devices(
    door: Door, tmp_path: Path
) -> None:
    door.save("k")
    target, link, nothing, pipe = (tmp_path / name for name in ("file", "link", "null", "pipe"))
    link.symlink_to("file")
    nothing.symlink_to(os.devnull)
    os.mkfifo(pipe)
    read: list[str] = []
    reader = Thread(target=lambda: read.append(pipe.read_text()), daemon=True)
    reader.start()

    for name in (link, nothing, pipe):
        assert cache.export_cache(name, cache_type=door.name) == 1
    reader.join(10)

    assert json.loads(target.read_text())["entries"] == json.loads(read[0])["entries"]
    assert [name.is_symlink() for name in (link, nothing, target)] == [True, True, False]
    assert pipe.is_fifo()
    assert not nothing.is_file()


def test_a_circle_of_links_is_no_place_for_an_export(tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to("circle")

    with pytest.raises(OSError, match="symbolic links"):
        cache.export_cache(tmp_path / "circle")
    assert (tmp_path / "circle").is_symlink()
