"""What others print never mixes with data, whichever standard stream is closed."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="closes descriptors in a shell")

LOUD = """
import os, sys
def loud(x):
    print("printed")
    print("complained", file=sys.stderr)
    os.system("echo from a shell; echo loudly >&2")
    os.write(2, b"straight\\n")
    return x
"""


def run_closed(shell: Shell, closed: str, *flags: str) -> subprocess.CompletedProcess[str]:
    (shell.folder / "loud.py").write_text(LOUD)
    command = shell.command("execute", "loud:loud", "--data-range", "2", *flags)
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {closed}', "sh", *command],
        cwd=shell.folder,
        env=shell.environment(),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("closed", ["2>&-", "<&- 2>&-"])
def test_with_standard_error_closed_only_data_comes_out(shell: Shell, closed: str) -> None:
    ran = run_closed(shell, closed)

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "0\n1\n", "")


@pytest.mark.parametrize("closed", ["2>&-", ">&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_with_streams_closed_only_data_is_in_the_file(shell: Shell, closed: str) -> None:
    ran = run_closed(shell, closed, "--output", "out.jsonl", "--quiet")

    assert (ran.returncode, ran.stdout) == (0, "")
    assert (shell.folder / "out.jsonl").read_text() == "0\n1\n"
