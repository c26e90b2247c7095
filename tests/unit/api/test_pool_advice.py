from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from amorsize import UsageError
from amorsize.api import pool_advice
from amorsize.api.result import OptimizationResult
from amorsize.plan.advise import advise
from amorsize.vocab.advice import PoolName
from amorsize.vocab.options import DEFAULT_OPTIONS
from amorsize.vocab.profile import NotMeasured, Profile
from tests.unit.examples import A_LOCK, TWO_CORES, profile, waiting
from tests.unit.report.test_text import SIXTY, run_of

LONG = profile(item_s=5e-3, left=995)


def advised(known: Profile) -> OptimizationResult:
    advice = advise(known, TWO_CORES, DEFAULT_OPTIONS)
    return OptimizationResult.from_advice(advice, known, machine=TWO_CORES)


@pytest.mark.parametrize(
    ("name", "arguments", "mapped"),
    [
        ("multiprocessing", {"processes"}, {"chunksize"}),
        ("concurrent.futures", {"max_workers"}, {"chunksize"}),
        ("joblib", {"n_jobs", "batch_size", "prefer"}, set()),
        ("loky", {"max_workers"}, {"chunksize"}),
        ("threads", {"max_workers"}, set()),
    ],
)
def test_each_pool_gets_the_keywords_that_it_takes(
    name: str, arguments: set[str], mapped: set[str]
) -> None:
    told = advised(LONG).for_pool(name)

    assert {*told.arguments} == arguments
    assert {*told.map_arguments} == mapped
    assert told.pool == name
    assert told.predicted_s is not None
    assert told.predicted_s.low_s <= told.predicted_s.median_s <= told.predicted_s.high_s
    assert told.speedup is not None
    compile(told.code, name, "exec")
    assert all(f"{key}=" in told.code for key in arguments | mapped)


def test_advice_prints_well() -> None:
    lines = str(advised(LONG).for_pool("multiprocessing")).splitlines()

    assert lines[0].startswith("multiprocessing.Pool(processes=2): about 2.5")
    assert lines[0].endswith(" times faster")
    assert lines[1].startswith("between 2.0")
    assert lines[3].startswith("    with multiprocessing.Pool(processes=2) as pool:")
    assert lines[4].startswith("        results = pool.map(func, data, chunksize=")
    assert lines[-1].startswith("note: what the pool itself costs is typical")


def test_it_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        advised(LONG).for_pool("joblib").pool = "dask"  # type: ignore[misc]  # that is the point


@pytest.mark.parametrize("name", ["dask", "", None, 3, ["joblib"], "Multiprocessing"])
def test_a_name_that_is_none_is_refused_with_those_that_are(name: object) -> None:
    with pytest.raises(ValueError, match="no pool is called") as refused:
        advised(LONG).for_pool(name)  # type: ignore[arg-type]  # that is the point

    assert isinstance(refused.value, UsageError)
    assert all(repr(pool.value) in str(refused.value) for pool in PoolName)


def test_a_pool_that_is_not_installed_has_arguments_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pool_advice, "find_spec", lambda _: None)

    told = advised(LONG).for_pool("joblib")
    assert not told.installed
    assert told.arguments["n_jobs"] == 2
    assert told.predicted_s is not None
    assert "note: joblib is not installed" in str(told)
    assert advised(LONG).for_pool("threads").installed


def test_what_speaks_against_a_pool_is_told() -> None:
    slow = advised(profile(item_s=1e-6, left=99)).for_pool("multiprocessing")
    stuck = advised(replace(LONG, function=A_LOCK)).for_pool("multiprocessing")
    blind = advised(replace(LONG, function=NotMeasured(), argument=NotMeasured()))

    assert "the plain loop is faster" in slow.notes
    assert (stuck.predicted_s, stuck.speedup) == (None, None)
    assert "cannot be sent to another process" in str(stuck)
    assert "no time is foretold" in str(stuck)
    notes = blind.for_pool("loky").notes
    assert "not measured: what sending function and items costs" in notes


def test_a_run_is_advised_from_what_its_items_took() -> None:
    record = replace(run_of(SIXTY), items=1000, work_s=2.0)
    told = OptimizationResult.from_run(record).for_pool("multiprocessing")

    assert told.arguments == {"processes": 2}
    assert told.predicted_s is not None
    assert told.speedup is not None
    assert told.speedup * told.predicted_s.median_s == pytest.approx(2.0, rel=0.01)


@pytest.mark.parametrize("name", [*PoolName])
def test_without_measurements_arguments_are_given_as_they_stand(name: str) -> None:
    record = replace(run_of(profile(left=8)), decision=None, profile=None)
    bare = OptimizationResult(3, 7, "why").for_pool(name)
    short = OptimizationResult.from_run(record).for_pool(name)

    assert 3 in bare.arguments.values()
    assert bare.predicted_s is None
    assert "not measured: why" in bare.notes
    assert 1 in short.arguments.values()


def test_threads_that_wait_are_many() -> None:
    assert advised(waiting()).for_pool("threads").arguments == {"max_workers": 32}
