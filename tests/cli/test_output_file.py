"""No file of the user's is lost, whatever the run is told to write and however it ends."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from amorsize.cli import output_file
from amorsize.cli.output_file import Kept, ToFile
from amorsize.errors import UsageError

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

on_posix = pytest.mark.skipif(sys.platform == "win32", reason="links of POSIX")


@pytest.fixture
def old(shell: Shell) -> Path:
    """What an earlier run left."""
    file = shell.folder / "out.jsonl.partial"
    file.write_text("1\n2\n")
    return file


def names(shell: Shell) -> list[str]:
    return sorted(path.name for path in shell.folder.glob("out*"))


def test_what_an_earlier_run_left_stays_until_another_fails(shell: Shell, old: Path) -> None:
    command = ("execute", "work:fails_at_3", "--output", "out.jsonl", "--quiet")

    assert shell.run(*command, "--data-range", "2").code == 0
    assert old.read_text() == "1\n2\n"
    assert (shell.folder / "out.jsonl").read_text() == "0\n1\n"

    assert shell.run(*command, "--data-range", "9").code == 1
    assert old.read_text() == "0\n1\n2\n"
    assert names(shell) == ["out.jsonl", "out.jsonl.partial"]


def test_a_run_that_fails_at_once_leaves_the_earlier_results(shell: Shell, old: Path) -> None:
    ran = shell.run("execute", "work:fails_at_once", "--data-range", "9", "--output", "out.jsonl")

    assert ran.code == 1
    assert old.read_text() == "1\n2\n"


@on_posix
@pytest.mark.parametrize("kind", ["itself", "symlink", "hardlink", "glob", "stdin", "call"])
def test_input_that_would_be_replaced_is_refused(shell: Shell, old: Path, kind: str) -> None:
    link = shell.folder / "in.txt"
    if kind == "symlink":
        link.symlink_to(old)
    elif kind == "hardlink":
        os.link(old, link)
    (shell.folder / "paths.py").write_text("def paths():\n    return ['out.jsonl.partial']\n")
    flags = {
        "itself": ("--data-file", "out.jsonl.partial"),
        "glob": ("--data-glob", "out*"),
        "stdin": ("--data-stdin",),
        "call": ("--data-call", "paths:paths"),
    }.get(kind, ("--data-file", "in.txt"))
    with old.open() as given:
        run = subprocess.run(
            shell.command("execute", "work:counted_set", *flags, "--output", "out.jsonl"),
            cwd=shell.folder,
            env=shell.environment(),
            stdin=given,
            capture_output=True,
            text=True,
            check=False,
        )

    first, _, hint = run.stderr.rstrip("\n").split("\n")
    assert (run.returncode, run.stdout) == (2, "")
    assert first.startswith("error: out.jsonl.partial is input of this run")
    assert hint.startswith("hint: rename it")
    assert old.read_text() == "1\n2\n"
    assert names(shell) == ["out.jsonl.partial"]
    assert not (shell.folder / "calls").exists()


def test_input_with_another_name_is_left_alone(shell: Shell, old: Path) -> None:
    ran = shell.run("execute", "work:echo", "--data-file", old.name, "--output", "other", "--quiet")

    assert (ran.code, ran.err) == (0, "")
    assert (shell.folder / "other").read_text() == '"1"\n"2"\n'


def test_a_line_that_was_torn_is_removed_and_written_again(tmp_path: Path) -> None:
    file = ToFile(str(tmp_path / "out"))
    file.write(["0", "1"])
    os.write(file._stream.fileno(), b"2 is to")  # noqa: SLF001 - as a signal in a write leaves it

    assert file.settled() == 2
    file.write(["2"])
    assert file.abandon() == Kept(tmp_path / "out.partial", 3)
    assert (tmp_path / "out.partial").read_text() == "0\n1\n2\n"


def test_abandoning_what_is_finished_keeps_it(tmp_path: Path) -> None:
    file = ToFile(str(tmp_path / "out"))
    file.write(["0"])
    file.finish()

    assert file.abandon() is None
    assert (tmp_path / "out").read_text() == "0\n"


def test_results_stay_where_they_are_if_they_cannot_be_renamed(tmp_path: Path) -> None:
    (tmp_path / "out.partial" / "full").mkdir(parents=True)
    file = ToFile(str(tmp_path / "out"))
    file.write(["0"])

    kept = file.abandon()

    assert kept is not None
    assert kept.path.name.startswith("out.")
    assert kept.path.name.endswith(".unfinished")
    assert kept.path.read_text() == "0\n"


@on_posix
@pytest.mark.parametrize(
    ("name", "complaint", "hint"),
    [
        ("", "needs the name of a file", "unset"),
        ("x" * 300, "File name too long", "shorter name"),
        ("x" * 250, "File name too long", "shorter name"),
        ("no/such", "No such file or directory", "a folder that exists"),
        ("file/out", "Not a directory", "a folder that exists"),
        ("circle", "cannot write to circle", "another place"),
        (".", "it is a folder", "names a file"),
    ],
)
def test_a_place_that_cannot_be_written_is_refused_with_a_hint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, complaint: str, hint: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    Path("circle").symlink_to("circle")

    with pytest.raises(UsageError, match=complaint) as told:
        ToFile(name)

    assert hint in (told.value.hint or "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["circle", "file"]


def test_a_folder_that_may_not_be_written_to_is_named_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(output_file, "_opened", denied)  # root may write anywhere

    with pytest.raises(UsageError, match="Permission denied") as told:
        ToFile(str(tmp_path / "out"))

    assert told.value.hint == "choose a folder that you may write to"
