"""A folder with functions in it, and ways to run ``python -m amorsize`` there."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import amorsize

WORK = """
import os
import time
from pathlib import Path

NOT_A_FUNCTION = 3
CALLER = os.getpid()

class Box:
    @staticmethod
    def twice(x):
        return 2 * x

def square(x):
    return x * x

def echo(x):
    return x

def fails_at_3(x):
    if x == 3:
        raise KeyError("no three")
    return x

def fails_at_once(x):
    raise KeyError("none at all")

def counted_set(x):
    with Path("calls").open("a") as calls:
        calls.write("x")
    return {x}

def set_at_3(x):
    return {x} if x == 3 else x

def nan_at_3(x):
    return float("nan") if x == 3 else x

def noisy(x):
    print("printed")
    os.system("echo from a shell")
    return x

def slow(x):
    time.sleep(0.02)
    return x

def busy(x):
    end = time.perf_counter() + 0.02
    while time.perf_counter() < end:
        pass
    return x

def fails_in_a_worker(x):
    busy(x)
    if os.getpid() != CALLER:
        raise KeyError(x)
    return x

def three():
    return [1, 2, 3]

class Lines:
    def __repr__(self):
        return "two\\nlines"

def lines(x):
    return Lines()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Shell:
    """Runs commands in one folder, which holds ``work.py``."""

    folder: Path

    def command(self, *args: str) -> list[str]:
        return [sys.executable, "-m", "amorsize", *args]

    def environment(self) -> dict[str, str]:
        ours = {"PYTHONPATH": str(Path(amorsize.__file__).parents[1]), "PYTHONUNBUFFERED": ""}
        return os.environ | ours

    def start(self, *args: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*args),
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *args: str, given: bytes = b"") -> Ran:
        done = subprocess.run(
            self.command(*args),
            cwd=self.folder,
            env=self.environment(),
            input=given,
            capture_output=True,
            check=False,
        )
        return Ran(code=done.returncode, out=done.stdout.decode(), err=done.stderr.decode())

    def python(self, code: str, *args: str) -> str:
        """Run code that must succeed; returns what it prints."""
        return subprocess.run(
            [sys.executable, "-c", code, *args],
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    def refuses(self, *args: str) -> str:
        """Run what must be refused in a line and perhaps a hint; returns these."""
        ran = self.run(*args)
        assert (ran.code, ran.out) == (2, "")
        line, *hint = ran.err.rstrip("\n").split("\n")
        assert line.startswith("error: ")
        assert not hint or (hint[0], hint[1][:6], len(hint)) == ("", "hint: ", 2)
        return ran.err


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    (tmp_path / "work.py").write_text(WORK)
    return Shell(tmp_path)
