from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks.cli import main, parser
from benchmarks.measure.runner import ROOT

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = ("quick", "full", "pairs", "figures", "report", "counts", "list")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        main([command, "--help"])

    assert done.value.code == 0
    assert f"python -m benchmarks {command}" in capsys.readouterr().out


def test_workloads_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0

    printed = capsys.readouterr().out
    assert "| medium-1ms | medium items | computes |  |" in printed
    assert "| light-self | heavy closure or self | computes | no |" in printed


@pytest.mark.parametrize(
    "arguments",
    [["pairs", "nothing@10"], ["pairs", "few-2@-1"], ["pairs", "-n", "0"], ["figures", "-n", "x"]],
)
def test_wrong_arguments_are_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as done:
        parser().parse_args(arguments)

    assert done.value.code == 2
    assert "error: argument" in capsys.readouterr().err


def test_a_wrong_name_is_an_error_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["quick", "--only", "nothing"]) == 2

    assert capsys.readouterr().err.startswith("error: no workload is called 'nothing'")


def test_an_absent_file_is_an_error_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(tmp_path / "none.json")]) == 2

    assert "No such file" in capsys.readouterr().err


@pytest.mark.slow
def test_pairs_run_from_the_command_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "pairs", "few-2=2000", "-n", "1", "--no-gate"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode in {0, 1}, done.stderr  # on a busy machine the limit may not hold
    assert "few-2=2000" in done.stdout
    assert "of 1 hold" in done.stdout
