"""Outcomes of compare and tune that are kept: in the history, and as a configuration."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from amorsize import list_results, load_config, load_result
from amorsize.cli.app import main
from amorsize.cli.exits import Exit

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

ABS = ("builtins:abs", "--data-range", "50")


def test_a_comparison_is_kept_under_its_name(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", *ABS, "--configs", "2,25,thread", "--save-result", "night"]) == Exit.OK

    (ident,) = [entry.id for entry in list_results()]
    entry = load_result(ident)
    assert entry is not None
    assert (entry.name, entry.function_name, entry.data_size) == ("night", "builtins:abs", 50)
    assert entry.result.best_config.name == "Serial"
    assert f"kept: night, as {ident}" in capfd.readouterr().err


def test_what_was_tuned_is_kept_and_can_be_run(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "best.json"
    keeping = ("--save-result", "tuned", "--save-config", str(file))
    assert main(["tune", *ABS, "--quick", "--json", *keeping]) == Exit.OK

    best = json.loads(capfd.readouterr().out)
    config = load_config(file)
    assert (config.n_jobs, config.chunksize) == (best["best_n_jobs"], best["best_chunksize"])
    assert (config.source, config.function_name, config.data_size) == ("tune", "abs", 50)
    assert [entry.name for entry in list_results()] == ["tuned"]
    assert main(["execute", *ABS, "--load-config", str(file)]) == Exit.OK


def test_a_place_that_is_taken_is_refused_before_anything_runs(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "best.json"
    file.write_text("mine")

    assert main(["tune", *ABS, "--quick", "--save-config", str(file)]) == Exit.USAGE
    assert file.read_text() == "mine"
    assert str(file) in capfd.readouterr().err
