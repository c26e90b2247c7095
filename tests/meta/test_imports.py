"""``import amorsize`` costs next to nothing: counted in modules, because seconds are noise."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SOURCES = Path(__file__).parents[2] / "src"
ALLOWED = {
    "__future__",
    "amorsize",
    # importlib, for names resolved on first use, and what it brings along
    "importlib",
    "importlib._bootstrap",
    "importlib._bootstrap_external",
    "warnings",
}
REPORT = """
import sys
sys.path.append(sys.argv[1])
before = set(sys.modules)
exec(sys.argv[2])
after = set(sys.modules)
import json
print(json.dumps(sorted(after - before)))
"""


def loaded_by(statement: str) -> set[str]:
    """What a bare interpreter, without site packages even, loads in order to run it."""
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", REPORT, str(SOURCES), statement],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(run.stdout))


def test_importing_amorsize_loads_nothing_but_the_door() -> None:
    assert loaded_by("import amorsize") - ALLOWED == set()


def test_a_module_too_many_would_be_seen() -> None:
    assert "csv" in loaded_by("import csv") - ALLOWED
