"""Calls decide by what was measured on this machine, once there is time to look it up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from amorsize import execute, optimize
from amorsize.cache.calibrations import CALIBRATION, CALIBRATIONS, Calibrations
from amorsize.cache.places import folder_of
from amorsize.machine.fingerprint import machine_key
from amorsize.report.calibration import day
from amorsize.vocab.plan import EngineKind
from amorsize.vocab.situation import Priced
from tests.support.calibrated import DEAR, calibration
from tests.support.calls import Work, starved

if TYPE_CHECKING:
    from amorsize.vocab.record import RunRecord


@pytest.fixture(autouse=True)
def two_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough to decide for workers, whatever the machine."""
    monkeypatch.setenv("AMORSIZE_NUM_CPUS", "2")


@pytest.fixture
def work(tmp_path: Path) -> Work:
    """Dear enough that the first item is followed by a lookup."""
    return Work(tmp_path / "calls", cost_s=3e-3)


def stored(**times: float) -> None:
    """In the file, and not read by this process yet."""
    assert Calibrations().keep(calibration({Priced[name]: by for name, by in times.items()}))


def ran(work: Work, items: int, **options: Any) -> RunRecord:
    _, told = execute(work, range(items), return_optimization_result=True, **options)
    assert told.run is not None
    return told.run


@pytest.mark.parametrize("use_cache", [True, False])
def test_a_pool_that_is_dear_here_is_not_advised(work: Work, use_cache: bool) -> None:
    stored(POOL_FORK=DEAR, POOL_FORKSERVER=DEAR)

    dear = optimize(work, range(20), use_cache=use_cache)

    known = CALIBRATIONS.at_hand
    assert known is not None
    assert dear.machine is not None
    assert dear.machine.calibration is known
    assert dear.n_jobs == 1 or dear.executor_type == "thread"  # a busy machine looks like waiting
    assert f"measured on this machine on {day(known)}" in dear.explain()


def test_without_a_calibration_prices_are_assumed_and_said_to_be(work: Work) -> None:
    told = optimize(work, range(20), use_cache=False)

    assert "(start-up and hand out: assumed, typical times; amorsize calibrate" in told.explain()
    assert told.machine is not None
    assert told.machine.calibration is None


@pytest.mark.parametrize("use_cache", [True, False])
def test_a_run_goes_by_it_too(work: Work, use_cache: bool) -> None:
    stored(TEAM=DEAR, LOKY_COLD=DEAR)

    record = ran(work, 40, use_cache=use_cache)

    assert record.situation is not None
    assert record.situation.calibration is CALIBRATIONS.at_hand is not None
    assert record.engine is EngineKind.SERIAL or starved(record)


def test_an_answer_from_memory_goes_by_it_as_well(work: Work) -> None:
    optimize(work, range(20))
    stored(POOL_FORK=DEAR, POOL_FORKSERVER=DEAR)
    CALIBRATIONS.forget()

    told = optimize(work, range(20))

    assert told.cache_hit
    assert told.machine is not None
    assert told.machine.calibration is CALIBRATIONS.at_hand is not None


def test_a_short_run_never_reads_it(work: Work) -> None:
    stored(TEAM=1.0)
    work.cost_s = 1e-5

    ran(work, 20)
    before = CALIBRATIONS.at_hand
    work.cost_s = 3e-3
    ran(work, 12)

    assert (before is None, CALIBRATIONS.at_hand is None) == (True, False)


def test_a_broken_calibration_changes_nothing(work: Work) -> None:
    stored(TEAM=DEAR)
    (Path(folder_of(CALIBRATION)) / f"{machine_key()}.json").write_bytes(b"[]")

    record = ran(work, 10)

    assert record.items == 10
    assert record.situation is not None
    assert record.situation.calibration is None
