from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cli.conftest import Shell


def test_what_to_do_is_printed_and_explained_where_asked_for(shell: Shell) -> None:
    short = shell.run("optimize", "work:square", "--data-range", "1000")
    long = shell.run("optimize", "work:square", "--data-range", "1000", "--profile")

    assert (short.code, short.err) == (long.code, long.err) == (0, "")
    assert len(long.out) > len(short.out) > 0


def test_json_prints_one_document(shell: Shell) -> None:
    ran = shell.run("optimize", "work:square", "--data-range", "3", "--json", "-v")

    document = json.loads(ran.out)
    fields = {"n_jobs", "chunksize", "executor_type", "estimated_speedup", "reason", "warnings"}
    assert ran.code == 0
    assert document.keys() >= fields | {"explanation", "predicted_s", "limits", "changes"}
    assert (document["n_jobs"], document["executor_type"]) == (1, "process")


def test_a_failing_function_shows_its_traceback(shell: Shell) -> None:
    (shell.folder / "a.txt").write_text("text\n")

    ran = shell.run("optimize", "work:square", "--data-file", "a.txt")

    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("Traceback (most recent call last):\n")
    assert "in square\n" in ran.err
    assert "TypeError: can't multiply sequence by non-int of type 'str'\n" in ran.err


def test_bad_numbers_are_refused(shell: Shell) -> None:
    told = shell.refuses("optimize", "work:square", "--data-range", "9", "--sample-size", "-1")

    assert "Invalid parameter: sample_size must be positive, got -1" in told


def test_bad_input_is_refused(shell: Shell) -> None:
    assert "no such file: nope" in shell.refuses("optimize", "work:square", "--data-file", "nope")
