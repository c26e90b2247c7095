"""Files and folders: private, whole, ours alone, and never a reason to fail."""

from __future__ import annotations

import errno
import logging
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from amorsize import cache
from amorsize.cache.file_store import FORGOTTEN_S
from amorsize.cache.memory import Choice, recall, remember
from amorsize.machine import folders

if TYPE_CHECKING:
    from tests.cache.kit import Door, FakeTime

KEY = "k"
CHOICE = Choice(n_jobs=1, chunksize=1, executor_type="process", estimated_speedup=1, reason="")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_folders_are_for_the_user_alone(door: Door, caches_here: Path) -> None:
    old = os.umask(0)
    try:
        door.save(KEY)
    finally:
        os.umask(old)

    assert mode(caches_here / "amorsize") == mode(door.folder) == 0o700
    assert mode(door.file(KEY)) == 0o600
    assert door.folder.parent == caches_here / "amorsize"
    assert cache.get_cache_dir() == caches_here / "amorsize" / "optimization_cache"
    assert cache.get_benchmark_cache_dir() == caches_here / "amorsize" / "benchmark_cache"


def test_a_folder_of_the_user_that_is_open_to_others_is_shut_when_something_is_saved(
    door: Door, caches_here: Path
) -> None:
    door.folder.mkdir(parents=True)
    for path in (caches_here / "amorsize", door.folder):
        path.chmod(0o777)
    assert door.load(KEY) == (None, door.absent)
    assert mode(door.folder) == 0o777

    door.save(KEY)

    assert (mode(door.folder), mode(caches_here / "amorsize")) == (0o700, 0o777)


def test_a_folder_that_was_linked_in_stays_as_open_as_it_was_meant(
    door: Door, tmp_path: Path
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    door.folder.parent.mkdir(parents=True)
    door.folder.symlink_to(shared)

    door.save(KEY)

    assert (mode(shared), door.load(KEY)[1]) == (0o777, "")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give folders away")
def test_a_folder_of_another_user_is_left_as_it_is(door: Door) -> None:
    door.folder.mkdir(parents=True)
    door.folder.chmod(0o777)
    os.chown(door.folder, 65534, -1)

    door.save(KEY)

    assert (mode(door.folder), door.load(KEY)[1]) == (0o777, "")


def test_a_folder_that_cannot_be_shut_costs_a_line_in_the_log(
    door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    door.folder.mkdir(parents=True)
    door.folder.chmod(0o755)

    def refuse(path: str, _: int) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted", path)

    monkeypatch.setattr(os, "chmod", refuse)
    with caplog.at_level(logging.DEBUG, logger="amorsize"):
        door.save(KEY)

    assert door.load(KEY)[1] == ""
    assert [record.levelno for record in caplog.records] == [logging.DEBUG]
    assert "to others: [Errno 1] Operation not permitted" in caplog.text


def test_the_environment_is_asked_at_every_call(
    door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    door.save(KEY)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "elsewhere"))
    assert door.load(KEY) == (None, door.absent)

    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(folders, "PLATFORM", "linux")
    assert cache.get_cache_dir() == tmp_path / "home/.cache/amorsize/optimization_cache"


@pytest.mark.parametrize("home", [None, "relative"])
def test_a_user_without_a_home_has_no_cache_and_no_folder_is_made_for_it(
    door: Door,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    home: str | None,
) -> None:
    pwd = pytest.importorskip("pwd")

    def nobody(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("HOME", raising=False)
    if home is not None:
        monkeypatch.setenv("HOME", home)
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    monkeypatch.setattr(folders, "PLATFORM", "linux")
    monkeypatch.chdir(tmp_path)

    with caplog.at_level(logging.DEBUG, logger="amorsize"):
        door.save(KEY)
        assert door.load(KEY) == (None, door.absent)
        assert (door.clear(), door.stats().total_entries, door.keys()) == (0, 0, [])
        assert cache.validate_cache(cache_type=door.name).total_entries == 0
        assert not cache.get_cache_dir().exists()
        assert not cache.get_benchmark_cache_dir().exists()

    assert [*tmp_path.iterdir()] == []
    assert "this user has no home folder" in caplog.text


def test_elsewhere_than_on_linux_the_system_says_where(monkeypatch: pytest.MonkeyPatch) -> None:
    platformdirs = pytest.importorskip("platformdirs")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(folders, "PLATFORM", "darwin")
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda: "/nowhere/Caches")

    assert cache.get_cache_dir() == Path("/nowhere/Caches/amorsize/optimization_cache")


def test_a_failed_write_leaves_what_was_there_and_nothing_else(
    door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    door.save(KEY)
    before = door.file(KEY).read_bytes()

    really = os.write

    def full(descriptor: int, _: object) -> int:
        raise OSError(28, "No space left on device", descriptor)

    monkeypatch.setattr(os, "write", full)
    with caplog.at_level(logging.DEBUG, logger="amorsize"):
        door.save(KEY)
    monkeypatch.setattr(os, "write", really)

    assert door.file(KEY).read_bytes() == before
    assert [path.name for path in door.folder.iterdir()] == [f"{KEY}.json"]
    assert "No space left" in caplog.text
    assert {record.levelno for record in caplog.records} == {logging.DEBUG}


def test_a_folder_that_cannot_be_made_or_used_costs_a_line_in_the_log(
    door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))

    door.save(KEY)
    assert door.load(KEY) == (None, door.absent)
    assert (door.clear(), door.stats().total_entries) == (0, 0)
    assert cache.prune_expired_cache(cache_type=door.name) == 0
    assert cache.get_cache_dir() == tmp_path / "file" / "amorsize" / "optimization_cache"
    remember(recall(len).identity, CHOICE, None)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named_so(door: Door) -> None:
    door.save(KEY)
    door.file(KEY).chmod(0)

    assert door.load(KEY) == (None, "Failed to load cache: PermissionError")


def test_what_is_no_file_is_unreadable_and_a_pipe_does_not_block(door: Door) -> None:
    door.folder.mkdir(parents=True)
    os.mkfifo(door.file("pipe"))
    door.file("folder").mkdir()

    assert door.load("pipe") == (None, "Failed to load cache: ValueError")
    assert door.load("folder") == (None, "Failed to load cache: ValueError")
    assert cache.prune_expired_cache(cache_type=door.name) == 1
    assert door.keys() == ["folder"]


def test_a_link_is_replaced_and_what_it_leads_to_is_left_alone(door: Door, tmp_path: Path) -> None:
    door.save("other")
    (tmp_path / "precious").write_text("mine")
    door.file(KEY).symlink_to(tmp_path / "precious")

    assert door.load(KEY) == (None, "Failed to load cache: JSONDecodeError")
    door.save(KEY)
    assert not door.file(KEY).is_symlink()
    door.file("other").unlink()
    door.file("other").symlink_to(tmp_path / "precious")
    door.clear()

    assert (tmp_path / "precious").read_text() == "mine"


def test_forgotten_temporary_files_are_swept_and_others_left(
    door: Door, fake_time: FakeTime
) -> None:
    door.save(KEY)
    for name, age_s in (("~old.tmp", FORGOTTEN_S + 60), ("~new.tmp", 0), ("notes.txt", 10**9)):
        path = door.folder / name
        path.write_text("")
        os.utime(path, (fake_time.now - age_s,) * 2)
    door.clear()

    assert sorted(path.name for path in door.folder.iterdir()) == ["notes.txt", "~new.tmp"]


def test_a_file_that_was_replaced_while_it_was_read_is_read_again(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    door.save(KEY)
    really, stale = os.read, [OSError(errno.ESTALE, "Stale file handle")]

    def read(descriptor: int, size: int) -> bytes:
        if stale:
            raise stale.pop()
        return really(descriptor, size)

    monkeypatch.setattr(os, "read", read)

    assert door.load(KEY)[1] == ""
    assert stale == []


def test_temporary_names_are_never_the_same(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    names = []
    replace = os.replace

    def noting(source: str, target: str) -> None:
        names.append(source)
        replace(source, target)

    monkeypatch.setattr(os, "replace", noting)
    for _ in range(50):
        door.save(KEY)

    assert len({*names}) == 50
    assert {str(Path(name).parent) for name in names} == {str(door.folder)}


def test_importing_the_package_and_its_names_loads_nothing_heavy() -> None:
    look = (
        "import sys; before = {*sys.modules}; import amorsize.cache;"
        "amorsize.cache.load_cache_entry('k');"
        "amorsize.cache.compute_cache_key(len, 1, 1);"
        "heavy = {'multiprocessing', 'platformdirs', 'psutil', 'random', 'tempfile', 'asyncio',"
        " 'rich', 'hashlib', 'pathlib', 'amorsize.api', 'amorsize.engines'};"
        "print(sorted(heavy & ({*sys.modules} - before)))"
    )
    run = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)

    assert run.stdout == "[]\n"
