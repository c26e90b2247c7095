from __future__ import annotations

import json
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from amorsize.cache.calibrations import Calibrations
from tests.support.calibrated import calibration, speed
from tests.support.marked import left_of

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="forks")


@on_linux
@pytest.mark.slow
def test_everything_is_priced_and_kept_unless_others_are_at_work(shell: Shell) -> None:
    nothing = shell.run("machine")
    first = shell.run("calibrate", "--json")
    machine = json.loads(shell.run("machine", "--json").out)["calibration"]

    document = json.loads(first.out)
    assert first.code == 0, first.err
    assert {"team", "threads", "pool-fork", "pool-spawn"} <= {*document["prices"]}
    team = document["prices"]["team"]
    assert any("samples" in part for part in team.values()), team
    assert "pool-spawn" in first.err
    assert "calibration    none: nothing has been measured on this machine" in nothing.out
    if document["not_kept"]:  # the machine is busy
        assert (machine["timestamp"], "not kept: others were at work" in first.err) == (None, True)
    else:
        assert machine["timestamp"] == document["timestamp"]


@pytest.mark.slow
def test_what_is_stored_is_shown_without_measuring(shell: Shell) -> None:
    assert Calibrations().keep(calibration(joint_speed=speed(1.3)))

    text, document = shell.run("calibrate"), json.loads(shell.run("calibrate", "--json").out)

    assert text.err == "measured before; --force measures again\n"
    assert "for each chunk" in text.out
    assert "measured 9 times" in text.out
    assert "CPUs together: 2 are 1.30 times as fast as one (1.29 to 1.31)" in text.out
    assert "decisions count them as so many" in text.out
    assert document["joint_speed"]["counts"] is True
    assert "calibration    measured on 2" in shell.run("machine").out


@on_linux
@pytest.mark.slow
def test_ctrl_c_ends_all_that_was_started(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    word = f"AMORSIZE_MARK_{shell.folder.name}"
    monkeypatch.setenv(word, "1")
    with shell.start("calibrate") as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line == "joint-speed\n":
                break
        process.send_signal(signal.SIGINT)
        process.communicate()

    assert process.returncode == 130
    assert left_of(word) == []
