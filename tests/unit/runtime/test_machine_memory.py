"""What a run shows of the machine is kept with it, and a short run costs nothing."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from amorsize.api.execute import execute
from amorsize.api.run import run
from amorsize.api.stream import stream
from amorsize.cache.experiences import Experiences
from amorsize.engines.reaper import REAPER
from amorsize.plan.choose import decide
from amorsize.plan.experience import with_run
from amorsize.runtime.machine_memory import MachineMemory
from amorsize.runtime.memory import Memory
from amorsize.runtime.surroundings import Surroundings
from amorsize.vocab.options import DEFAULT_OPTIONS, Backend, Options
from amorsize.vocab.plan import EngineKind
from amorsize.vocab.situation import Experience, Priced
from tests.unit.examples import TWO_CORES
from tests.unit.plan.test_hindsight import LONG, ran

if TYPE_CHECKING:
    from collections.abc import Iterator

THREADS = Options(backend=Backend.THREADS, n_jobs=2)
PROCESSES = Options(backend=Backend.PROCESSES, n_jobs=2)


def square(number: int) -> int:
    return number * number


@pytest.fixture(autouse=True)
def every_run_is_long_enough(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("amorsize.runtime.machine_memory.KEEP_AFTER_S", 0.0)
    yield
    REAPER.reap(5.0)


def stored() -> Experience | None:
    """What the next process would read."""
    return Experiences().read()


@pytest.mark.parametrize(("options", "what"), [(PROCESSES, Priced.TEAM), (THREADS, Priced.THREADS)])
def test_every_start_is_kept_whoever_ran_what(options: Options, what: Priced) -> None:
    for starts in (1, 2):
        run(square, range(500), options)

        known = stored()
        assert known is not None
        assert len(known.starts[what]) == starts
        assert all(0 < ratio < math.inf for ratio in known.starts[what])
        assert known.runs == {}


def test_the_next_decision_knows_of_it() -> None:
    run(square, range(500), PROCESSES)

    around = Surroundings().situation(may_read=True)
    assert around.experience == stored()


def test_a_short_run_reads_and_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("amorsize.runtime.machine_memory.KEEP_AFTER_S", math.inf)

    run(square, range(500), PROCESSES)

    assert stored() is None


def test_the_plain_loop_shows_nothing_of_it() -> None:
    run(square, range(500), Options(backend=Backend.SERIAL))

    assert stored() is None


def nap(number: int) -> int:
    time.sleep(1e-3)
    return number


def test_a_stream_shows_nothing_of_it_for_its_time_is_its_consumers_too() -> None:
    assert list(stream(nap, range(300))) == list(range(300))
    assert stored() is None

    assert execute(nap, range(300)) == list(range(300))
    assert stored() is not None


@pytest.mark.parametrize(("name", "kept"), [("a function", 1), ("", 0)])
def test_a_run_that_was_foretold_is_kept_under_the_functions_name(name: str, kept: int) -> None:
    MachineMemory().keep(ran(LONG, times=1.5), name)

    known = stored()
    runs = {} if known is None else known.runs.get(EngineKind.TEAM, {})
    assert list(runs.values()) == [pytest.approx(1.5)] * kept


def test_what_was_kept_does_not_grow_by_being_gone_by() -> None:
    """A run of a function that others have corrected is held against the model alone."""
    experiences = Experiences()
    experiences.keep(with_run(experiences.known(), EngineKind.TEAM, "another", ratio=1.5))
    around = replace(TWO_CORES, experience=experiences.read())
    decision = decide(LONG, around, DEFAULT_OPTIONS)
    corrected = replace(ran(LONG, times=1.5), situation=around, decision=decision)

    MachineMemory().keep(corrected, "a function")

    known = stored()
    assert known is not None
    assert list(known.runs[EngineKind.TEAM].values()) == [1.5, pytest.approx(1.5)]


def test_a_function_that_was_not_looked_up_has_no_name() -> None:
    assert not Memory(square, wanted=False).name
