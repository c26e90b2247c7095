from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

OPTIMIZE = ("optimize", "work:Box.twice", "--data-range", "30")
EXECUTE = ("execute", "work:slow", "--data-range", "12", "--json")


def config(shell: Shell, name: str = "c.json", **fields: Any) -> str:
    (shell.folder / name).write_text(json.dumps({"n_jobs": 2, "chunksize": 3} | fields))
    return name


def test_advice_is_saved_and_run(shell: Shell) -> None:
    saved = shell.run(*OPTIMIZE, "--save-config", "c.json", "--json")

    assert (saved.code, saved.err) == (0, "saved: c.json\n")
    advice = json.loads(saved.out)
    kept = json.loads((shell.folder / "c.json").read_text())
    assert {name: kept[name] for name in ("n_jobs", "chunksize", "executor_type")} == {
        name: advice[name] for name in ("n_jobs", "chunksize", "executor_type")
    }
    assert (kept["function_name"], kept["data_size"], kept["source"]) == ("twice", 30, "optimize")
    ran = shell.run("execute", "work:square", "--data-range", "3", "--load-config", "c.json")
    assert (ran.code, ran.out) == (0, "0\n1\n4\n")


def test_a_file_that_is_there_stays_and_nothing_is_run(shell: Shell) -> None:
    name = config(shell)
    before = (shell.folder / name).read_text()

    told = shell.refuses("optimize", "work:counted_set", "--data-range", "9", "--save-config", name)

    assert "Configuration file already exists: c.json" in told
    assert (shell.folder / name).read_text() == before
    assert not (shell.folder / "calls").exists()


def test_a_place_that_cannot_be_written_to_is_told_in_a_line(shell: Shell) -> None:
    ran = shell.run(*OPTIMIZE, "--save-config", "work.py/c.json", "--json")

    assert ran.code == 1
    assert ran.err.startswith("error: cannot write to work.py/c.json: ")
    assert json.loads(ran.out)["error"]["type"] == "OutputFailedError"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fields", "engine", "workers"),
    [
        ({"executor_type": "thread", "n_jobs": 3}, "threads", 3),
        ({"executor_type": "process"}, "team", 2),
        ({"executor_type": "process", "n_jobs": 1}, "serial", 1),
    ],
)
def test_a_configuration_forces_workers_and_executor(
    shell: Shell, fields: dict[str, Any], engine: str, workers: int
) -> None:
    ran = shell.run(*EXECUTE, "--load-config", config(shell, **fields))

    document = json.loads(ran.out)
    assert (ran.code, document["results"]) == (0, [*range(12)])
    assert (document["summary"]["engine"], document["summary"]["workers"]) == (engine, workers)


def test_what_cannot_be_loaded_is_refused_before_anything_runs(shell: Shell) -> None:
    run = ("execute", "work:counted_set", "--data-range", "9", "--load-config")

    assert "Configuration file not found: none" in shell.refuses(*run, "none")
    told = shell.refuses(*run, config(shell, n_jobs=5000))
    assert "Invalid n_jobs: 5000 (must be <= 4096)" in told
    for flag in (("--n-jobs", "2"), ("--chunksize", "1"), ("--backend", "threads")):
        told = shell.refuses(*run, config(shell), *flag)
        assert f"--load-config says how to run, and so does {flag[0]}\n" in told
    assert not (shell.folder / "calls").exists()


def test_yaml_is_known_by_its_ending(shell: Shell) -> None:
    pytest.importorskip("yaml")
    assert shell.run(*OPTIMIZE, "--save-config", "c.yaml").code == 0
    assert (shell.folder / "c.yaml").read_text().startswith("n_jobs: ")

    assert shell.run(*EXECUTE, "--load-config", "c.yaml").code == 0
