"""The code on the page about validating runs, and prints what the page shows but for figures."""

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
MICRO = "\N{MICRO SIGN}"
ATTEMPTS = 3
"""A busy machine may change the words, too."""


def words(text: str) -> str:
    """Without figures, layout and remarks."""
    text = re.sub(r"^- .*", "", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(rf"\d[\d,.]*(e[-+]\d+)?\s?(ns|{MICRO}s|ms|s)?\b", "#", text)
    return " ".join(text.replace("+", "-").split())


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
def test_an_output_on_the_page_is_what_its_code_prints(code: str, output: str) -> None:
    attempts = (words(printed_by(code)) for _ in range(ATTEMPTS))

    assert words(output) in attempts, words(printed_by(code))
