"""``to_dict`` for programs: strict JSON, and the documented keys."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from amorsize.api.result import OptimizationResult
from amorsize.plan.advise import advise
from amorsize.vocab.options import DEFAULT_OPTIONS
from amorsize.vocab.profile import NotMeasured, Profile
from tests.unit.examples import A_LOCK, TWO_CORES, profile, waiting
from tests.unit.report.test_text import SIXTY, run_of

LONG = profile(left=995)
STUCK = replace(LONG, carries="a socket", function=A_LOCK, argument=NotMeasured())
DOCUMENTED = re.findall(
    r"^\s*- (.*?):", OptimizationResult.to_dict.__doc__ or "", re.MULTILINE | re.DOTALL
)


def advised(known: Profile) -> OptimizationResult:
    advice = advise(known, TWO_CORES, DEFAULT_OPTIONS)
    return OptimizationResult.from_advice(advice, known, machine=TWO_CORES, data=object())


def strict(result: OptimizationResult) -> Any:
    return json.loads(json.dumps(result.to_dict(), allow_nan=False))


RESULTS = [
    advised(LONG),
    advised(waiting()),
    advised(STUCK),
    advised(profile(item_s=1e-7, left=9)),
    OptimizationResult.from_run(run_of(SIXTY)),
    OptimizationResult.from_run(run_of(waiting())),
    OptimizationResult.from_run(run_of(profile(left=8))),
    OptimizationResult.from_run(replace(run_of(SIXTY), decision=None, profile=None)),
    OptimizationResult(2, 10, "why", float("inf")),
]


@pytest.mark.parametrize("result", RESULTS)
def test_every_result_is_strict_json_and_has_the_documented_keys(
    result: OptimizationResult,
) -> None:
    keys = {name for group in DOCUMENTED for name in re.findall(r"``(\w+)``", group)}

    assert strict(result) == result.to_dict()
    assert result.to_dict().keys() == keys


def test_advice_is_told_in_full() -> None:
    told = advised(LONG).to_dict()

    assert (told["n_jobs"], told["executor_type"], told["cache_hit"]) == (2, "process", False)
    assert told["predicted_s"].keys() == {"median_s", "low_s", "high_s", "samples"}
    assert (told["profile"]["items_left"], told["profile"]["gil"]) == (995, None)
    assert (told["machine"]["cores"], told["run"]) == (2, None)
    chosen, loop = told["candidates"][:2]
    assert (chosen["n_jobs"], chosen["reason"], loop["name"]) == (2, None, "plain loop")
    assert chosen["expected"]["total_s"] == told["predicted_s"]["median_s"]


def test_the_shares_of_the_limits_are_one_together() -> None:
    limits = advised(LONG).to_dict()["limits"]

    assert sum(part["share"] for part in limits["parts"]) == pytest.approx(1)
    assert sum(part["time_s"] for part in limits["parts"]) == pytest.approx(limits["total_s"])
    assert limits["parts"][0]["cause"] == "cores"


def test_what_would_help_is_in_words_and_in_figures() -> None:
    (change, *_) = advised(LONG).to_dict()["changes"]

    assert change["what"] == "4 cores instead of 2"
    assert change["gain"] == pytest.approx(change["now_s"] / change["then_s"])
    assert change["remedy"] == "more cores"


def test_a_run_is_told_as_it_was() -> None:
    told = OptimizationResult.from_run(run_of(SIXTY)).to_dict()

    assert (told["run"]["items"], told["run"]["engine"]) == (1812, "team")
    assert told["predicted_s"]["low_s"] < told["predicted_s"]["median_s"]
    assert told["candidates"][0]["engine"] == "team"
    assert told["limits"]["candidate"] == "2 processes, forked"
