"""What spawned workers of a program import is timed without running the program."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from amorsize.calibrate.imports import Imports, imported_by, time_imports
from amorsize.plan.prices import price_here
from amorsize.vocab.estimate import Measured
from amorsize.vocab.situation import Priced
from tests.support.scripts import Script
from tests.unit.examples import TWO_CORES

if TYPE_CHECKING:
    from pathlib import Path


def main_with(**names: Any) -> ModuleType:
    main = ModuleType("__main__")
    main.__file__ = "main.py"
    vars(main).update(names)
    return main


def test_modules_functions_and_classes_tell_what_was_imported() -> None:
    main = main_with(a=json, b=json.JSONDecoder, c=os.path.join, d=3, e="text")

    assert imported_by(main) == ("json", "json.decoder", "posixpath")


def test_our_own_and_its_own_are_left_out() -> None:
    main = main_with(a=Imports, b=test_our_own_and_its_own_are_left_out)
    main.b.__module__ = "__main__"

    assert imported_by(main) == ()


def test_a_main_module_without_a_file_is_not_run_by_workers() -> None:
    main = main_with(a=json)
    del main.__file__

    assert imported_by(main) == ()
    assert imported_by(None) == ()


def test_what_cannot_be_imported_is_nobody_s_failure() -> None:
    assert time_imports("json", "no.such.module") >= 0


def test_too_little_time_is_not_used() -> None:
    assert Imports().measure(0.05) is None


SPAWNED = {
    Priced.POOL_SPAWN,
    Priced.POOL_FORKSERVER,
    Priced.LOKY_COLD,
    Priced.JOBLIB,
    Priced.LOKY_EXECUTOR,
}


@pytest.mark.parametrize("what", Priced)
def test_imports_delay_workers_that_start_from_nothing_and_no_others(what: Priced) -> None:
    imports = Measured(median_s=2.0, low_s=2.0, high_s=2.0, samples=1)

    plain, dearer = (
        price_here(what, replace(TWO_CORES, imports=known)).delay.median_s
        for known in (None, imports)
    )

    assert dearer - plain == pytest.approx(2.0 if what in SPAWNED else 0.0)


PROGRAM = """
import multiprocessing
import dear
from amorsize import optimize

def slow(item):
    return work(item)

if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    work.cost_s = 20e-3
    for asked in (False, True, False):
        told = optimize(slow, range(5000), use_spawn_benchmark=asked, use_cache=False)
        imports = told.machine.imports
        tell(times=imports and imports.samples, enough=imports and imports.median_s >= 0.1)
"""


@pytest.mark.slow
def test_optimize_times_them_where_it_may_and_has_the_time(tmp_path: Path) -> None:
    (tmp_path / "dear.py").write_text(
        "import time\ntime.sleep(0.1)\nopen('imported', 'a').write('x')\n"
    )

    told = Script(tmp_path).run(PROGRAM)

    nothing, known = {"times": None, "enough": None}, {"times": 1, "enough": True}
    assert told.facts == [nothing, known, known]
    assert (tmp_path / "imported").read_text() == "xx"
