from __future__ import annotations

import json
import os
import signal
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Shell

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX"),
]


def to_the_command(process: subprocess.Popen[str]) -> None:
    """As ``kill -INT`` does."""
    process.send_signal(signal.SIGINT)


def to_all_its_processes(process: subprocess.Popen[str]) -> None:
    """As a terminal does on Ctrl-C."""
    os.killpg(process.pid, signal.SIGINT)


def wait_until(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.005)


def lines_in(file: Path) -> int:
    return file.read_text().count("\n") if file.exists() else 0


@pytest.mark.parametrize("target", ["work:busy", "work:slow"])
@pytest.mark.parametrize("interrupt", [to_the_command, to_all_its_processes])
def test_ctrl_c_keeps_the_lines_so_far_and_leaves_no_process(
    shell: Shell, target: str, interrupt: Callable[[subprocess.Popen[str]], None]
) -> None:
    partial = shell.folder / "out.jsonl.partial"
    flags = ["--data-range", "100000", "--output", "out.jsonl", "--n-jobs", "2", "--json"]
    with shell.start("execute", target, *flags) as process:
        wait_until(lambda: lines_in(partial) > 20)
        workers = psutil.Process(process.pid).children(recursive=True)
        interrupt(process)
        out, err = process.communicate()

    assert process.returncode == 130
    assert psutil.wait_procs(workers, timeout=1)[1] == []
    said, kept = err.rstrip("\n").split("\n")
    assert said == "interrupted"
    assert kept.startswith("the results so far are in out.jsonl.partial: ")
    assert partial.read_text() == "".join(f"{n}\n" for n in range(lines_in(partial)))
    assert json.loads(out)["error"]["type"] == "KeyboardInterrupt"
    assert not (shell.folder / "out.jsonl").exists()
