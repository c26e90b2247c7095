"""Calls to the kernel while ``execute`` runs, in all its processes, where ``strace`` may look."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Final

BEGIN: Final = "/amorsize/counting/begins"
END: Final = "/amorsize/counting/ends"
"""Files that are asked for and do not exist: they mark the place in the log."""

CALL: Final = re.compile(r"^\d+ +\w+\(")
"""A call that begins, not one that is resumed, and neither a signal nor an exit."""


@cache
def can_trace() -> bool:
    """Whether there is a ``strace`` and it is let near a process."""
    if shutil.which("strace") is None:
        return False
    tried = subprocess.run(  # what it does not find is not our question
        ["strace", "-qq", "-e", "trace=none", sys.executable, "-c", ""],  # noqa: S607 - it is found on the path, wherever that is
        capture_output=True,
        check=False,
    )
    return tried.returncode == 0


def traced(command: list[str], cwd: Path) -> int:
    """Run a command under ``strace`` and count its calls between the marks."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        subprocess.run(
            ["strace", "-f", "-qq", "-o", str(log), *command],  # noqa: S607 - it is found on the path, wherever that is
            cwd=cwd,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        return calls_between(log.read_text())


def calls_between(log: str) -> int:
    """Count the lines between the marks that are calls."""
    lines = log.splitlines()
    (first,) = (at for at, line in enumerate(lines) if BEGIN in line)
    (last,) = (at for at, line in enumerate(lines) if END in line)
    return sum(CALL.match(line) is not None for line in lines[first + 1 : last])
