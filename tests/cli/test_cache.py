from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from amorsize.cli.app import build_parser
from amorsize.cli.commands.cache import ACTIONS
from amorsize.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Shell

TYPES = ("optimization", "benchmark")

FILL = """
from amorsize import cache
cache.save_cache_entry("mine", 2, 10, "thread", 1.5, "because", [])
cache.save_benchmark_cache_entry("mine", 2.0, 1.0, 2.0, 2, 10)
for folder in (cache.get_cache_dir(), cache.get_benchmark_cache_dir()):
    (folder / "bad.json").write_text("{")
"""


@pytest.fixture
def filled(shell: Shell) -> Shell:
    shell.python(FILL)
    return shell


def told(shell: Shell, *args: str, code: int = 0) -> object:
    ran = shell.run("cache", *args, "--json")
    assert (ran.code, ran.err) == (code, "")
    document: object = json.loads(ran.out)
    return document


@pytest.mark.slow
@pytest.mark.parametrize("kind", TYPES)
def test_a_cache_is_looked_into_and_looked_after(filled: Shell, kind: str) -> None:
    of = ("--type", kind)
    stats = told(filled, "stats", *of)
    assert isinstance(stats, dict)
    assert (stats["total_entries"], stats["unreadable_entries"]) == (2, 1)
    listed = told(filled, "list", *of)
    assert isinstance(listed, list)
    assert [(row["key"], row["reason"]) for row in listed] == [
        ("bad", "Failed to load cache: JSONDecodeError"),
        ("mine", ""),
    ]
    shown = told(filled, "show", "mine", *of)
    assert isinstance(shown, dict)
    assert (shown["n_jobs"], shown["chunksize"]) == (2, 10)

    validation = told(filled, "validate", *of, code=1)
    assert isinstance(validation, dict)
    assert validation["issues"] == ["bad: Failed to load cache: JSONDecodeError"]
    assert told(filled, "repair", *of) == {"examined": 2, "deleted": 1, "kept": 1}
    assert told(filled, "repair", "--apply", *of) == {"examined": 2, "deleted": 1, "kept": 1}
    assert told(filled, "validate", *of)

    assert told(filled, "export", "out.json", *of) == {"exported": 1}
    assert told(filled, "clear", *of) == {"removed": 1}
    assert told(filled, "import", "out.json", *of) == {
        "imported": 1,
        "skipped": 0,
        "incompatible": 0,
    }
    assert told(filled, "prune", "--ttl", "-1", *of) == {"removed": 1}


@pytest.mark.slow
def test_people_get_lines(filled: Shell) -> None:
    assert "entries: 2, " in filled.run("cache", "stats").out
    assert "mine  valid\n" in filled.run("cache", "list").out
    assert "n_jobs: 2\n" in filled.run("cache", "show", "mine").out
    assert filled.run("cache", "clear").out == "removed: 2\n"
    assert filled.run("cache", "list").out == "no entries\n"


@pytest.mark.slow
def test_a_function_is_decided_for_before_it_is_run(shell: Shell) -> None:
    assert told(shell, "prewarm", "work:square") == {"written": 1}
    assert told(shell, "prewarm", "work:square") == {"written": 0}
    assert told(shell, "prewarm", "work:square", "--force", "--data-size", "5") == {"written": 1}

    ran = shell.run("cache", "prewarm", "builtins:eval", "--force")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("error: nothing is kept for builtins:eval: ")
    assert "must be measured" in shell.refuses(
        "cache", "prewarm", "work:square", "--type", "benchmark"
    )


@pytest.mark.slow
def test_what_is_not_there_ends_with_one_and_what_is_wrong_with_two(filled: Shell) -> None:
    ran = filled.run("cache", "show", "gone")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "error: No cached entry found for this workload\n"
    ran = filled.run("cache", "show", "bad", "--type", "benchmark")
    assert (ran.code, ran.err) == (1, "error: Failed to load cache: JSONDecodeError\n")
    ran = filled.run("cache", "export", "no/folder/file")
    assert (ran.code, ran.err) == (
        1,
        "error: cannot write to no/folder/file: No such file or directory\n",
    )

    assert "cache_key must be" in filled.refuses("cache", "show", "../work")
    assert "Import file not found: gone" in filled.refuses("cache", "import", "gone")
    assert "required: ACTION" in filled.refuses("cache")
    assert "must be a finite number" in filled.refuses("cache", "stats", "--ttl", "nan")


@pytest.mark.slow
def test_an_entry_is_shown_to_a_terminal_without_obeying_it(shell: Shell) -> None:
    shell.python(SPOOF)

    shown = shell.run("cache", "show", "k")
    listed = shell.run("cache", "list")
    refused = shell.run("cache", "show", "esc")

    assert "reason: a\\nn_jobs: 9\\tb\n" in shown.out
    esc, k, m = listed.out.splitlines()
    assert (esc, k) == ("esc  Failed to load cache: ValueError", "k  valid")
    assert m.startswith("m  Multiprocessing start method changed (cached: a\\nk  valid, current")
    assert (refused.code, refused.err) == (1, "error: Failed to load cache: ValueError\n")
    assert "\\x1b[2J" in shell.run("cache", "validate").out
    assert not any("\x1b" in ran.out + ran.err for ran in (shown, listed, refused))


SPOOF = """
import json
from amorsize import cache
cache.save_cache_entry("k", 2, 1, "thread", 1.5, "a\\nn_jobs: 9\\tb", [])
good = json.loads((cache.get_cache_dir() / "k.json").read_text())
(cache.get_cache_dir() / "esc.json").write_text(json.dumps(good | {"reason": "\\x1b[2Jx"}))
good["system_info"]["start_method"] = "a\\nk  valid"
(cache.get_cache_dir() / "m.json").write_text(json.dumps(good))
"""


@pytest.mark.slow
def test_a_file_is_validated_as_what_it_is_said_to_be(filled: Shell) -> None:
    where = "from amorsize import cache; print(cache.get_benchmark_cache_dir() / 'mine.json')"
    file = filled.python(where).strip()

    assert told(filled, "validate", file) == {"is_valid": True, "issues": []}
    assert told(filled, "validate", file, "--type", "benchmark")
    wrong = told(filled, "validate", file, "--type", "optimization", code=1)
    assert isinstance(wrong, dict)
    assert "Missing required field: executor_type" in wrong["issues"]


@pytest.mark.slow
def test_a_file_that_cannot_be_read_or_written_is_refused_in_a_line(filled: Shell) -> None:
    assert "cannot read .: Is a directory" in filled.refuses("cache", "import", ".")
    assert "input_file must be a path" in filled.refuses("cache", "import", "")
    assert "output_file must be a path" in filled.refuses("cache", "export", "")
    assert "data_size must be at most" in filled.refuses(
        "cache", "prewarm", "work:square", "--data-size", "9" * 30
    )
    assert "avg_time must be from" in filled.refuses(
        "cache", "prewarm", "work:square", "--avg-time", "1e308"
    )
    ran = filled.run("cache", "export", ".")
    assert (ran.code, ran.err) == (1, "error: cannot write to .: Is a directory\n")
    for action in ("import", "validate"):
        ran = filled.run("cache", action, os.fsdecode(b"\xff"), "--json")
        assert ran.code == {"import": 2, "validate": 1}[action]
        assert "\udcff" in json.dumps(json.loads(ran.out), ensure_ascii=False)
        assert "Traceback" not in ran.err


@pytest.mark.slow
@pytest.mark.parametrize("kind", TYPES)
def test_where_there_is_no_folder_there_are_no_entries_and_nothing_is_kept(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)
    of = ("--type", kind)
    nothing = {"removed": 0}

    stats = told(shell, "stats", *of)
    assert isinstance(stats, dict)
    assert stats["total_entries"] == 0
    assert told(shell, "list", *of) == []
    assert (told(shell, "prune", *of), told(shell, "clear", *of)) == (nothing, nothing)
    assert told(shell, "repair", "--apply", *of) == {"examined": 0, "deleted": 0, "kept": 0}
    assert told(shell, "validate", *of)
    assert told(shell, "export", "out.json", *of) == {"exported": 0}
    assert told(shell, "import", "out.json", *of)
    ran = shell.run("cache", "prewarm", "work:square", "--json")
    assert (ran.code, json.loads(ran.out)) == (1, {"written": 0})
    assert ran.err.startswith("error: cannot write 1 entry: ")
    ran = shell.run("cache", "show", "k", *of)
    assert (ran.code, ran.out) == (1, "")


@pytest.mark.parametrize("ttl", ["nan", "inf", "-inf", "1e999", "week"])
def test_every_action_takes_a_finite_time_to_live(ttl: str) -> None:
    words = {"show": ["k"], "export": ["f"], "import": ["f"], "prewarm": ["m:f"]}
    parser = build_parser()
    for action in ACTIONS:
        with pytest.raises(UsageError, match="argument --ttl: must be a finite number"):
            parser.parse_args(["cache", action, *words.get(action, []), f"--ttl={ttl}"])


@pytest.mark.slow
def test_what_cannot_be_removed_is_counted_on_standard_error(filled: Shell) -> None:
    filled.python(OBSTACLE)
    for action, out in (
        (("prune",), "removed: 1\n"),
        (("repair", "--apply"), "examined: 2\ndeleted: 0\nkept: 2\n"),
        (("clear",), "removed: 1\n"),
    ):
        ran = filled.run("cache", *action)
        assert (ran.code, ran.out) == (1, out)
        assert ran.err.startswith("error: cannot remove 1 entry: dir: ")

    ran = filled.run("cache", "clear", "--json")
    assert (ran.code, json.loads(ran.out)) == (1, {"removed": 0})
    assert filled.run("cache", "repair").code == 0


OBSTACLE = """
from amorsize import cache
(cache.get_cache_dir() / "dir.json").mkdir()
"""


@pytest.mark.slow
def test_a_folder_that_cannot_be_read_is_not_an_empty_one(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "circle").symlink_to("circle")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "circle"))

    for action in ("stats", "list", "validate", "repair", "prune", "clear", "export"):
        ran = shell.run("cache", action, *(["out.json"] if action == "export" else []))
        assert (ran.code, ran.out) == (1, ""), action
        assert ran.err.startswith(f"error: cannot read {tmp_path / 'circle'}"), action
    ran = shell.run("cache", "stats", "--json")
    assert (ran.code, {*json.loads(ran.out)}) == (1, {"error"})
    assert not (tmp_path / "out.json").exists()


@pytest.mark.slow
def test_what_cannot_be_written_is_counted_on_standard_error(filled: Shell) -> None:
    filled.run("cache", "export", "out.json", "--type", "benchmark")
    filled.python(IN_THE_WAY)

    for action in (("prewarm", "work:square"), ("import", "out.json", "--type", "benchmark")):
        ran = filled.run("cache", *action)
        assert ran.code == 1, action
        assert ran.err.startswith("error: cannot write 1 entry: "), action


IN_THE_WAY = """
from shutil import rmtree
from amorsize import cache
for folder in (cache.get_cache_dir(), cache.get_benchmark_cache_dir()):
    rmtree(folder)
    folder.write_text("")
"""
