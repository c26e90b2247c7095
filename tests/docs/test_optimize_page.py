"""The outputs on the page about ``optimize`` are what its code prints, but for the figures."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "optimize.md"
JOBS = re.findall(
    r"## (.+?)\n.*?```python\n(.*?)```\n\n```text\n(.*?)```", PAGE.read_text(), re.DOTALL
)
MICRO = "\N{MICRO SIGN}"
ATTEMPTS = 4
"""A busy machine may change the words, too: the same code must say the same once in a while."""


def words(text: str) -> str:
    """Without figures and layout; a trend is noise where all items cost the same."""
    text = re.sub(r"; items get \w+,\s+by a factor of [\d.]+", "", text)
    text = re.sub(rf"\d[\d,.]*(e[-+]\d+)?\s?(ns|{MICRO}s|ms|s|B|KB|MB)?\b", "#", text)
    return " ".join(text.split())


def printed_by(code: str) -> str:
    """What a first call prints: nothing is remembered yet."""
    with tempfile.TemporaryDirectory() as caches:
        environment = os.environ | {"AMORSIZE_NUM_CPUS": "2", "XDG_CACHE_HOME": caches}
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
    return done.stdout


def test_the_page_has_three_jobs() -> None:
    assert len(JOBS) == 3


@pytest.mark.parametrize(
    ("code", "output"), [job[1:] for job in JOBS], ids=[job[0] for job in JOBS]
)
def test_an_output_on_the_page_is_what_its_code_prints(code: str, output: str) -> None:
    attempts = (words(printed_by(code)) for _ in range(ATTEMPTS))

    assert words(output) in attempts, words(printed_by(code))
