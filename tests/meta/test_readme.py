"""What the README tells a stranger to type is what CI runs."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_ci_runs_the_test_command_of_the_readme() -> None:
    commands = re.findall(
        r"^ +(python3 -m venv .* && .*nox .*)$", (ROOT / ".ci/run").read_text(), re.MULTILINE
    )

    assert len(commands) == 1
    assert commands[0] in (ROOT / "README.md").read_text().splitlines()
