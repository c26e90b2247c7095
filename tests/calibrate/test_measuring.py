"""Engines are measured for real, in processes that end; what was not measured says why."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from amorsize.cache.calibrations import PARTS, Calibrations
from amorsize.calibrate import measuring
from amorsize.calibrate.measuring import Subject, calibrate, calibration_from
from amorsize.machine.fingerprint import fingerprint
from amorsize.plan.prices import ASSUMED
from amorsize.vocab.estimate import Assumed, Measured
from amorsize.vocab.situation import Calibration, Price, Priced
from tests.support.marked import left_of

if TYPE_CHECKING:
    from amorsize.calibrate.rounds import Samples

BY_NAME = {name: subject for subject in measuring.SUBJECTS for name in subject.tells}

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="forks, and looks into /proc")


def only(monkeypatch: pytest.MonkeyPatch, *subjects: Subject) -> Calibration:
    monkeypatch.setattr(measuring, "SUBJECTS", subjects)
    return calibrate().calibration


def kinds(price: Price) -> dict[str, type]:
    return {part: type(getattr(price, part)) for part in PARTS}


def whys(price: Price) -> set[str]:
    return {part.why for part in (price.blocking, price.per_chunk) if isinstance(part, Assumed)}


def test_every_price_and_more_is_somebody_s_subject() -> None:
    assert {*BY_NAME} == {*Priced, "gigabyte", "joint-speed"}


@on_linux
@pytest.mark.slow
def test_what_is_measured_is_kept_with_its_spread_for_every_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = only(monkeypatch, BY_NAME[Priced.TEAM], BY_NAME[Priced.THREAD_POOL])

    for what in (Priced.TEAM, Priced.THREAD_POOL):
        assert kinds(one.prices[what])["per_chunk"] is Measured
        chunk = one.prices[what].per_chunk
        assert isinstance(chunk, Measured)
        assert chunk.low_s <= chunk.median_s <= chunk.high_s
        assert chunk.samples >= 2
    assert kinds(one.prices[Priced.JOBLIB]) == dict.fromkeys(PARTS, Assumed)
    found = Calibrations().read()
    assert found is not None
    assert found.prices[Priced.TEAM] == one.prices[Priced.TEAM]
    assert found.system_info == fingerprint()._asdict()


@on_linux
@pytest.mark.slow
@pytest.mark.parametrize("name", [*Priced, "gigabyte", "joint-speed"])
def test_each_subject_tells_what_it_is_there_for(name: str) -> None:
    subject = BY_NAME[name]
    if not subject.is_installed:
        pytest.skip(f"{subject.needs} is not installed")

    samples = measuring.samples_of(replace(subject, most_s=25.0), 25.0)

    assert {*samples} == {*subject.tells}
    for parts in samples.values():
        assert all(value >= 0 for values in parts.values() for value in values)
    if name in {*Priced}:
        assert {*samples[name]} - {"per_worker", "delay"} == {"blocking", "per_chunk"}


def test_a_package_that_is_not_installed_is_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = Subject(tells=(Priced.MPIRE,), call=("pools:pool_called", "mpire"), needs="no_such")

    one = only(monkeypatch, subject)

    assert whys(one.prices[Priced.MPIRE]) == {"no_such is not installed"}
    assert one.prices[Priced.MPIRE].blocking.median_s == ASSUMED[Priced.MPIRE].blocking.median_s


def test_a_measurement_that_fails_is_the_reason_and_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    subject = Subject(tells=(Priced.JOBLIB,), call=("pools:pool_called", "nonsense"))

    one = only(monkeypatch, subject)

    assert whys(one.prices[Priced.JOBLIB]) == {
        "measuring failed: ValueError: 'nonsense' is not a valid Priced"
    }


def test_when_the_time_is_up_the_rest_is_assumed() -> None:
    one = calibrate(budget_s=0.0).calibration

    assert {why for price in one.prices.values() for why in whys(price)} <= {
        "there was no time left",
        *(f"{subject.needs} is not installed" for subject in measuring.SUBJECTS),
    }
    assert one.joint_speed is None


@on_linux
@pytest.mark.slow
@pytest.mark.parametrize("patience_s", [0.05, 0.2])
def test_a_measurement_that_takes_too_long_is_ended_with_all_that_it_started(
    monkeypatch: pytest.MonkeyPatch, patience_s: float
) -> None:
    word = f"AMORSIZE_MARK_{os.getpid()}_{patience_s}"
    monkeypatch.setenv(word, "1")
    call = ("pools:pool_called", Priced.POOL_SPAWN)

    one = only(monkeypatch, Subject(tells=(Priced.POOL_SPAWN,), call=call, most_s=patience_s))

    [why] = whys(one.prices[Priced.POOL_SPAWN])
    assert why.startswith("it took longer than ")
    assert left_of(word) == []


def test_what_cannot_be_believed_stays_assumed() -> None:
    seen: Samples = {Priced.TEAM: {"per_chunk": [3.0, 4.0, 5.0], "per_worker": [1e-3, 2e-3, 3e-3]}}

    price = calibration_from(seen, {}).prices[Priced.TEAM]

    assert price.per_chunk == Assumed(
        median_s=ASSUMED[Priced.TEAM].per_chunk.median_s,
        why="4.00 s was measured: not to be believed",
    )
    assert price.per_worker == Measured(median_s=2e-3, low_s=1e-3, high_s=3e-3, samples=3)
    assert price.delay == Assumed(
        median_s=ASSUMED[Priced.TEAM].delay.median_s, why="not measured by itself"
    )


@pytest.mark.parametrize(("times", "kept"), [([1.2, 1.3, 1.4], True), ([0.1, 0.1, 0.1], False)])
def test_a_joint_speed_that_makes_no_sense_is_not_kept(times: list[float], kept: bool) -> None:
    seen: Samples = {"joint-speed": {"times": times, "cpus": [2.0], "undisturbed": [1.0]}}

    speed = calibration_from(seen, {}).joint_speed

    assert (speed is not None) == kept
    assert speed is None or (speed.times, speed.low, speed.high, speed.cpus) == (1.3, 1.2, 1.4, 2)
