from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

COUNTING = """
from pathlib import Path
def noted(x):
    with Path("notes").open("a") as notes:
        notes.write(f"{x}\\n")
    return x * x
def paired(x):
    return x, x
"""


def test_a_finished_checkpoint_gives_its_results_and_calls_nothing(shell: Shell) -> None:
    (shell.folder / "job.py").write_text(COUNTING)
    command = ("execute", "job:noted", "--data-range", "4", "--checkpoint", "run.amor")

    first, again = shell.run(*command), shell.run(*command)

    assert (first.code, first.out) == (again.code, again.out) == (0, "0\n1\n4\n9\n")
    assert (shell.folder / "notes").read_text() == "0\n1\n2\n3\n"


def test_other_data_are_refused_unless_forced(shell: Shell) -> None:
    (shell.folder / "job.py").write_text(COUNTING)
    (shell.folder / "a.jsonl").write_text("1\n2\n3\n")
    command = ("execute", "job:noted", "--data-file", "a.jsonl", "--checkpoint", "run.amor")
    shell.run(*command)
    (shell.folder / "a.jsonl").write_text("1\n5\n3\n")

    refused, forced = shell.run(*command), shell.run(*command, "--force")

    assert refused.code == 2
    assert "item 1 is not what it was" in refused.err
    assert "--force" in refused.err
    assert (forced.code, forced.out) == (0, "1\n25\n9\n")
    assert (shell.folder / "notes").read_text() == "1\n2\n3\n5\n"


def test_a_result_that_is_no_json_is_named_and_pickle_takes_it(shell: Shell) -> None:
    (shell.folder / "job.py").write_text(COUNTING)
    command = ("execute", "job:paired", "--data-range", "2", "--checkpoint", "run.amor")

    misfit = shell.run(*command)
    pickled = shell.run(*command, "--checkpoint-format", "pickle")

    assert misfit.code == 1
    assert "the result of item 0 cannot be kept" in misfit.err
    assert "--checkpoint-format pickle" in misfit.err
    assert (pickled.code, pickled.out) == (0, "[0, 0]\n[1, 1]\n")
