"""The code on the page about validating runs, and measures what the page shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

PAGE = Path(__file__).parents[2] / "docs" / "validating.md"
JOBS = re.findall(
    r"## (\w+)\n.*?```python\n(.*?)```\n\n```text\n(.*?)```", PAGE.read_text(), re.DOTALL
)


def named(text: str) -> set[str]:
    """What was measured, without figures; which is fastest is for the machine of the day to say."""
    names = re.findall(r"^  (\S.*?)  ", text, re.MULTILINE)
    return {re.sub(r"\d+", "#", name) for name in names}


def printed_by(code: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"AMORSIZE_NUM_CPUS": "2", "XDG_CACHE_HOME": folder}
        script = Path(folder) / "page.py"
        script.write_text(code)
        done = subprocess.run(
            [sys.executable, str(script)],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
    return done.stdout


def test_the_page_has_three_jobs() -> None:
    assert [job[0] for job in JOBS] == ["Validate", "Compare", "Tune"]


@pytest.mark.parametrize(
    ("code", "output"), [job[1:] for job in JOBS], ids=[job[0] for job in JOBS]
)
def test_the_code_on_the_page_measures_what_its_output_shows(code: str, output: str) -> None:
    printed = printed_by(code)

    assert len(printed.splitlines()) >= len(output.splitlines()) - 1
    assert named(output) <= named(printed)
