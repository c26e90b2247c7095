from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from amorsize.cache.calibrations import Calibrations
from tests.support.calibrated import calibration, speed

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="forks")


@on_linux
@pytest.mark.slow
def test_everything_is_priced_once_and_again_if_forced(shell: Shell) -> None:
    nothing = shell.run("machine")
    first = shell.run("calibrate", "--json")
    again = shell.run("calibrate")
    machine = json.loads(shell.run("machine", "--json").out)["calibration"]

    document = json.loads(first.out)
    assert (first.code, again.code) == (0, 0), first.err
    assert {"team", "threads", "pool-fork", "pool-spawn"} <= {*document["prices"]}
    team = document["prices"]["team"]
    assert all("why" in part or part["samples"] >= 3 for part in team.values())
    assert any("samples" in part for part in team.values()), team
    assert "pool-spawn" in first.err
    assert again.err == "measured before; --force measures again\n"
    assert "forked workers" in again.out
    assert machine["timestamp"] == document["timestamp"]
    assert "calibration    none: nothing has been measured on this machine" in nothing.out


@pytest.mark.slow
def test_what_is_stored_is_shown_without_measuring(shell: Shell) -> None:
    assert Calibrations().keep(calibration(joint_speed=speed(1.3)))

    text, document = shell.run("calibrate"), json.loads(shell.run("calibrate", "--json").out)

    assert "for each chunk" in text.out
    assert "measured 9 times" in text.out
    assert "CPUs together: 2 are 1.30 times as fast as one (1.29 to 1.31)" in text.out
    assert "decisions count them as so many" in text.out
    assert document["joint_speed"]["counts"] is True
    assert "calibration    measured on 2" in shell.run("machine").out
