"""Run a few lines in a Python process of their own, whose threads and libraries are its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import amorsize.errors

SOURCES = str(Path(amorsize.errors.__file__).parents[1])


def run_python(
    *parts: str, arguments: tuple[str, ...] = (), environ: dict[str, str] | None = None
) -> str:
    """Return what the lines of ``parts`` print; they fail, or hang for 20 s, and the test fails."""
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(map(dedent, parts)), *arguments],
        env={**os.environ, "PYTHONPATH": SOURCES, **(environ or {})},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def compile_library(folder: Path, name: str, source: str, *options: str) -> Path | None:
    """Build a shared library with the C compiler, if there is one."""
    compiler = shutil.which("gcc")
    if compiler is None:
        return None
    code, library = folder / "code.c", folder / name
    code.write_text(source)
    command = [compiler, "-shared", "-fPIC", "-o", str(library), str(code), *options]
    built = subprocess.run(command, capture_output=True, check=False)
    return library if built.returncode == 0 else None
