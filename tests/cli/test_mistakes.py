"""What users get wrong is told in one line, and the hint fits what happened."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

LONG = "x" * 300
RANGE = ("--data-range", "3")

FILES = {
    "latin.txt": b"text\n",
    "utf16.txt": "\ufefftext\n".encode("utf-16-le"),
    "nothing.py": b"X = 1\n",
    "more.py": b"async def items():\n    return []\ndef seven():\n    return 7\n"
    b"def two(a, b):\n    return a\n",
}


@pytest.fixture(autouse=True)
def files(shell: Shell) -> None:
    for name, content in FILES.items():
        (shell.folder / name).write_bytes(content)
    (shell.folder / "folder").mkdir()


@pytest.mark.parametrize(
    ("args", "complaint", "hint"),
    [
        (("zzzz:f", *RANGE), "no module is called zzzz", "neither in the current folder"),
        (("latin.txt:f", *RANGE), "latin.txt is not a file of Python code", "ends in .py"),
        (("work:NOT_A_FUNCTION", *RANGE), "is not a function", "functions are Box, "),
        (("nothing:X", *RANGE), "is not a function", "TARGET is module:function"),
        (("work:zzzz", *RANGE), "work has no 'zzzz'", "functions are Box, "),
        (("nothing.py:zzzz", *RANGE), "nothing has no 'zzzz'", "TARGET is module:function"),
        ((f"{LONG}.py:f", *RANGE), "File name too long", "path/to/file.py:function"),
        ((f"{LONG}:f", *RANGE), "no module is called xxx", "neither in the current folder"),
        ((f"{LONG}.f", *RANGE), "no module is called xxx", "neither in the current folder"),
        (("more:two", *RANGE), "more:two cannot be called with one item: missing", "wrap it"),
        (("work:three", *RANGE), "work:three cannot be called with one item: too many", "wrap it"),
        (("work:echo", "--data-file", "folder"), "Is a directory", "--data-glob 'folder/*'"),
        (("work:echo", "--data-file", LONG), "File name too long", "names a file"),
        (("work:echo", "--data-file", ""), "needs the name of a file", "unset"),
        (("work:echo", "--data-file", "utf16.txt"), "not UTF-8", "iconv -f UTF-16 "),
        (("work:echo", "--data-call", ":nope"), "work has no 'nope'", "functions are"),
        (("work:echo", "--data-call", "more:seven"), "--data-call more:seven gave int", "a list"),
        (("work:echo", "--data-call", "more:items"), "is an async function", "plain function"),
        (("work:echo", "--data-range", "9" * 20), "must be at most 9,223,372,", "--help"),
        (
            ("work:echo", "--data-rang", "3"),
            "unrecognized arguments: --data-rang",
            "mean --data-range",
        ),
        (("work:echo", *RANGE, "--quie"), "unrecognized arguments: --quie", "mean --quiet"),
        (("work:echo", *RANGE, "--n-jobs", "0"), "Invalid parameter: n_jobs", "--n-jobs takes"),
        (("work:echo", *RANGE, "--chunksize", "0"), "Invalid parameter", "--chunksize takes"),
        (("work:echo", *RANGE, "--sample-size", "0"), "Invalid", "--sample-size takes"),
        (("work:echo", *RANGE, "--target-chunk-duration", "inf"), "Invalid", "takes seconds"),
    ],
)
def test_a_mistake_is_refused_with_a_hint(
    shell: Shell, args: tuple[str, ...], complaint: str, hint: str
) -> None:
    told = shell.refuses("execute", *args)

    assert complaint in told
    assert hint in told.partition("hint: ")[2]


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        (("more:two", *RANGE), "wrap it in a function of one argument"),
        (("work:echo", *RANGE, "--n-jobs", "0"), "--n-jobs takes"),
    ],
)
def test_so_is_one_of_optimize(shell: Shell, args: tuple[str, ...], hint: str) -> None:
    assert f"hint: {hint}" in shell.refuses("optimize", *args)


@pytest.mark.parametrize("flag", ["--backend", "--order"])
def test_choices_are_plain_words(shell: Shell, flag: str) -> None:
    told = shell.refuses("execute", "work:echo", *RANGE, flag, "foo")

    assert "invalid choice: 'foo'" in told
    assert "<" not in told


@pytest.mark.parametrize("name", ["AMORSIZE_NUM_CPUS", "AMORSIZE_MEMORY_LIMIT"])
@pytest.mark.parametrize("command", ["execute", "optimize", "machine"])
def test_a_bad_variable_is_refused_before_anything_runs(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, command: str, name: str
) -> None:
    monkeypatch.setenv(name, "abc")

    given = () if command == "machine" else ("work:counted_set", *RANGE)
    told = shell.refuses(command, *given)

    assert f"error: Invalid {name}: 'abc' (must be " in told
    assert "hint: unset it" in told
    assert not (shell.folder / "calls").exists()


def test_a_broken_file_with_a_standard_name_costs_only_the_hint(shell: Shell) -> None:
    (shell.folder / "difflib.py").write_text("1 / 0\n")

    assert "work has no 'squrae'" in shell.refuses("execute", "work:squrae", *RANGE)


def test_json_after_a_failure_of_optimize_is_a_document_too(shell: Shell) -> None:
    ran = shell.run("optimize", "work:fails_at_once", *RANGE, "--json")

    assert (ran.code, json.loads(ran.out)["error"]["type"]) == (1, "KeyError")
    assert ran.err.startswith("Traceback (most recent call last):\n")


@pytest.mark.parametrize("command", ["execute", "optimize"])
def test_json_after_a_mistake_is_a_document_too(shell: Shell, command: str) -> None:
    ran = shell.run(command, "work:nope", *RANGE, "--json")

    error = json.loads(ran.out)["error"]
    assert ran.code == 2
    assert ran.err.startswith("error: work:nope: work has no 'nope'\n")
    assert (error["type"], error["partial"]) == ("UsageError", None)
    assert error["message"].startswith("work:nope: work has no 'nope'")
