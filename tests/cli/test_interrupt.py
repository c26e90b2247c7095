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


def lines_in(folder: Path) -> int:
    """Lines written so far, under whatever name."""
    files = (file.read_text() for file in folder.glob("out.jsonl.*"))
    return max((text.count("\n") for text in files), default=0)


@pytest.mark.parametrize("target", ["work:busy", "work:slow"])
@pytest.mark.parametrize("interrupt", [to_the_command, to_all_its_processes])
def test_ctrl_c_keeps_the_lines_so_far_and_leaves_no_process(
    shell: Shell, target: str, interrupt: Callable[[subprocess.Popen[str]], None]
) -> None:
    partial = shell.folder / "out.jsonl.partial"
    flags = ["--data-range", "100000", "--output", "out.jsonl", "--n-jobs", "2", "--json"]
    with shell.start("execute", target, *flags) as process:
        wait_until(lambda: lines_in(shell.folder) > 20)
        workers = psutil.Process(process.pid).children(recursive=True)
        interrupt(process)
        out, err = process.communicate()

    assert process.returncode == 130
    assert psutil.wait_procs(workers, timeout=1)[1] == []
    said, kept = err.rstrip("\n").split("\n")
    assert said == "interrupted"
    written = lines_in(shell.folder)
    assert kept == f"the results so far are in out.jsonl.partial: {written} lines"
    assert [file.name for file in shell.folder.glob("out*")] == ["out.jsonl.partial"]
    assert partial.read_text() == "".join(f"{n}\n" for n in range(written))
    assert json.loads(out)["error"]["type"] == "KeyboardInterrupt"
    assert not (shell.folder / "out.jsonl").exists()


@pytest.mark.parametrize("flags", [(), ("--backend", "serial")])
def test_an_interrupt_of_the_function_s_own_keeps_what_came_before_it(
    shell: Shell, flags: tuple[str, ...]
) -> None:
    (shell.folder / "stops.py").write_text(
        "def stops(x):\n    if x == 5:\n        raise KeyboardInterrupt\n    return x\n"
    )

    command = ("execute", "stops:stops", "--data-range", "9", "--output", "out.jsonl")
    ran = shell.run(*command, *flags)

    assert (ran.code, ran.out) == (130, "")
    assert (shell.folder / "out.jsonl.partial").read_text() == "0\n1\n2\n3\n4\n"
    assert ran.err == "interrupted\nthe results so far are in out.jsonl.partial: 5 lines\n"
