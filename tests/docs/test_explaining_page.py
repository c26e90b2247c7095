"""The page about explanations: its outputs are what its code prints, its lists are complete."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from amorsize.api.result import OptimizationResult
from amorsize.plan.advise import advise
from amorsize.report.advice import explain_advice
from amorsize.report.limits import SMALL
from amorsize.stats.shrinkage import MOST, RUNS_OF_DOUBT
from amorsize.vocab.advice import PoolName
from amorsize.vocab.limits import Cause
from amorsize.vocab.options import DEFAULT_OPTIONS
from amorsize.vocab.profile import Transfer
from tests.docs.test_optimize_page import ATTEMPTS, printed_by, words
from tests.unit.examples import TWO_CORES, profile

PAGE = (Path(__file__).parents[2] / "docs" / "explaining.md").read_text()
JOBS = re.findall(r"```python\n([^`]*)```\n\n```text\n([^`]*)```", PAGE)


def test_the_page_has_two_outputs() -> None:
    assert len(JOBS) == 2


@pytest.mark.parametrize(("code", "output"), JOBS, ids=["limits", "any pool"])
def test_an_output_on_the_page_is_what_its_code_prints(code: str, output: str) -> None:
    attempts = (words(printed_by(code)) for _ in range(ATTEMPTS))

    assert words(output) in attempts, words(printed_by(code))


def test_the_output_without_code_is_what_the_model_says() -> None:
    large = Transfer(dumps_s=2e-3, loads_s=2e-3, size_bytes=3e6, out_of_band_bytes=0, sampled=99)
    known = profile(left=995, result=large)
    text = explain_advice(advise(known, TWO_CORES, DEFAULT_OPTIONS), known, TWO_CORES)

    assert f"```text\n{text[text.index('What limits') :]}\n```" in PAGE


def test_every_cause_and_every_pool_is_on_the_page() -> None:
    rows = re.findall(r"^\| ([a-z -]+) \|", PAGE, re.MULTILINE)

    assert {*rows} >= {cause.value for cause in Cause}
    assert all(f'`"{name}"`' in PAGE for name in PoolName)


def test_every_key_of_a_result_is_on_the_page() -> None:
    keys = OptimizationResult(1, 1, "why").to_dict()

    assert all(re.search(rf"^\|.*`{key}`.*\|.*\|$", PAGE, re.MULTILINE) for key in keys)


def test_the_numbers_on_the_page_are_those_of_the_code() -> None:
    assert f"below {SMALL:.0%}".replace("%", " %") in PAGE
    assert f"exp(n / (n + {RUNS_OF_DOUBT}) * m)" in PAGE
    assert f"between 1/{MOST:.0f} and {MOST:.0f}" in PAGE
