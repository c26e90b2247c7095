from __future__ import annotations

import json
from dataclasses import replace

import pytest

from amorsize.report.calibration import (
    NAMES,
    calibration_dict,
    calibration_text,
    day,
    prices_line,
)
from amorsize.vocab.estimate import Assumed
from amorsize.vocab.situation import Calibration, Experience, JointSpeed, Priced
from tests.support.calibrated import calibration, measured, speed

KNOWN = calibration()
SPAWNED = replace(
    KNOWN.prices[Priced.JOBLIB], blocking=Assumed(median_s=0.02, why="joblib is not installed")
)
PARTLY = replace(KNOWN, prices={**KNOWN.prices, Priced.JOBLIB: SPAWNED})


def test_everything_has_a_name() -> None:
    assert {*NAMES} == {*Priced}
    assert len({*NAMES.values()}) == len(NAMES)


def test_people_see_each_price_its_spread_and_where_it_is_from() -> None:
    price = replace(KNOWN.prices[Priced.TEAM], blocking=measured(1e-3))
    only = replace(KNOWN, prices={Priced.TEAM: price, Priced.JOBLIB: SPAWNED})

    lines = [" ".join(line.split()) for line in calibration_text(only).splitlines()]

    assert lines[0] == f"measured on {day(KNOWN)}"
    assert (
        "forked workers to start and end 1.00 ms 900 \N{MICRO SIGN}s to 1.10 ms measured 9 times"
        in lines
    )
    assert "joblib.Parallel to start and end 20.0 ms assumed: joblib is not installed" in lines
    assert any(line.startswith("1 GB of memory in use, to fork 1.20 ms") for line in lines)
    assert lines[-1] == "CPUs together: not measured, counted in full"


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (
            speed(1.3),
            "2 are 1.30 times as fast as one (1.29 to 1.31); decisions count them as so many",
        ),
        (speed(1.95), "they are counted in full"),
        (
            speed(1.3, undisturbed=False),
            "others were at work meanwhile, so they are counted in full",
        ),
    ],
)
def test_what_cpus_do_together_is_told_with_what_follows(found: JointSpeed, verdict: str) -> None:
    assert calibration_text(replace(KNOWN, joint_speed=found)).endswith(verdict)


def test_programs_get_the_same_as_plain_data() -> None:
    plain = json.loads(json.dumps(calibration_dict(replace(PARTLY, joint_speed=speed(1.3)))))

    assert plain["prices"]["joblib"]["blocking"] == {
        "median_s": 0.02,
        "why": "joblib is not installed",
    }
    assert plain["prices"]["team"]["per_chunk"]["samples"] == 9
    assert plain["joint_speed"]["counts"] is True
    assert calibration_dict(KNOWN)["joint_speed"] is None


@pytest.mark.parametrize(
    ("known", "shown", "line"),
    [
        (None, [Priced.TEAM], "assumed, typical times; amorsize calibrate measures them here"),
        (KNOWN, [Priced.TEAM], f"measured on this machine on {day(KNOWN)}"),
        (PARTLY, [Priced.TEAM], f"measured on this machine on {day(KNOWN)}"),
        (
            PARTLY,
            [Priced.TEAM, Priced.JOBLIB],
            f"measured on this machine on {day(KNOWN)}; assumed for joblib.Parallel",
        ),
    ],
)
def test_a_table_says_where_its_prices_are_from(
    known: Calibration | None, shown: list[Priced], line: str
) -> None:
    assert prices_line(known, shown) == line


@pytest.mark.parametrize(("shown", "told"), [(Priced.TEAM, True), (Priced.THREADS, False)])
def test_starts_that_runs_have_shown_are_told(shown: Priced, *, told: bool) -> None:
    seen = Experience(
        starts={Priced.TEAM: (1.2,)}, runs={}, timestamp=0.0, system_info={}, cache_version=2
    )

    line = prices_line(None, [shown], experience=seen)

    assert line.startswith("starts of forked workers as in earlier runs; else assumed") is told
    assert "earlier runs" not in prices_line(KNOWN, [shown], experience=seen)
