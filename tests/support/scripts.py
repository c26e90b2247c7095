"""Programs of their own: what cannot be tried inside the process that runs the tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.support.calls import Work

ROOT: Final = Path(__file__).parents[2]

PATIENCE_S: Final = 25
"""A script that takes longer hangs."""

PRELUDE: Final = """\
import json, os, sys
from pathlib import Path
from amorsize import execute
from tests.support.calls import AUTO_COST_S, ITEMS, Work, starved

work = Work(Path("calls"), cost_s=AUTO_COST_S)

def run(func, data, **options):
    if options.get("backend") in {"threads", "processes"}:
        options.setdefault("n_jobs", 2)
    results, told = execute(func, data, return_optimization_result=True, **options)
    facts = told.run
    return {"results": results, "engine": facts.engine.value, "workers": facts.workers,
            "warnings": facts.warnings,
            "unclear": options.get("backend", "auto") == "auto" and starved(facts)}

def warm_up(func):
    '''Spawned workers take a while to start: until then the caller may have done it all.'''
    for _ in range(50):
        if run(func, range(ITEMS), backend="processes")["workers"] > 1:
            break
    Path("calls").write_text("")

def tell(**facts):
    with open("facts", "a") as file:
        print(json.dumps(facts), file=file)

"""
"""What every script may use. Standard output and error are the user's."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a script said and did."""

    facts: list[dict[str, Any]]
    """What it told, one after the other."""
    out: str
    err: str
    calls: Counter[str]
    """What it called its function on."""


@dataclass(frozen=True, slots=True)
class Script:
    """A program in a folder of its own."""

    folder: Path

    def start(self, body: str, *flags: str, **streams: Any) -> subprocess.Popen[str]:
        """Run ``body`` after the prelude, as ``python script.py``; warnings are errors."""
        path = self.folder / "script.py"
        path.write_text(PRELUDE + textwrap.dedent(body))
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams
        command = [sys.executable, "-W", "error", *flags, path.name]
        return subprocess.Popen(command, cwd=self.folder, env=_environment(), text=True, **streams)

    def run(self, body: str, *flags: str, **streams: Any) -> Told:
        """Run it to its end, which must be a good one."""
        with self.start(body, *flags, **streams) as process:
            try:
                out, err = process.communicate(timeout=PATIENCE_S)
            finally:
                process.kill()
        assert process.returncode == 0, err
        return Told(self.facts, out or "", err or "", self.calls)

    @property
    def facts(self) -> list[dict[str, Any]]:
        path = self.folder / "facts"
        lines = path.read_text().splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]

    @property
    def calls(self) -> Counter[str]:
        return Work(self.folder / "calls", cost_s=0).calls


def _environment() -> dict[str, str]:
    path = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return buffered | {"PYTHONPATH": os.pathsep.join(path)}
