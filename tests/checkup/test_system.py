"""The real machine, and the same one with something taken away from a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from amorsize import UsageError, validate_system
from amorsize.checkup import children, local
from amorsize.checkup.children import tried
from amorsize.checkup.finding import Part, State, Subject

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]

ROOT = Path(__file__).parents[2]

CHECK = """
import json, resource, sys
from dataclasses import asdict
{broken}
from amorsize import validate_system
print(json.dumps(asdict(validate_system())))
"""

ENGINES = {"threads", "forked workers", "spawned workers"}


def checked_where(broken: str = "", **environment: str) -> dict[str, Any]:
    """What is found by a process that first does ``broken`` to itself."""
    path = os.pathsep.join([str(ROOT / "src"), *sys.path])
    ran = subprocess.run(
        [sys.executable, "-c", CHECK.format(broken=broken)],
        env=os.environ | {"PYTHONPATH": path} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def failed(found: dict[str, Any]) -> set[str]:
    return {name for name, one in found["details"].items() if one["state"] == "failed"}


def test_this_machine_is_well_and_nothing_is_left_behind() -> None:
    result = validate_system()

    assert result.errors == []
    assert (result.checks_failed, result.checks_passed) == (0, 12)
    assert result.overall_health in {"excellent", "good"}
    assert result.details.keys() >= ENGINES
    assert not Path(os.environ["XDG_CACHE_HOME"]).exists()


def test_it_is_said_aloud_where_asked_for(capfd: pytest.CaptureFixture[str]) -> None:
    result = validate_system(verbose=True)

    out, err = capfd.readouterr()
    assert err == ""
    assert len(out.splitlines()) == len(result.details)
    assert "passed  threads: 2 threads shared 20 items\n" in out
    with pytest.raises(UsageError, match="verbose must be a boolean"):
        validate_system("yes")  # type: ignore[arg-type]  # that is the mistake


def test_a_cache_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    found = checked_where(XDG_CACHE_HOME=str(tmp_path / "file"))

    assert failed(found) == {"cache folders"}
    assert found["overall_health"] == "good"
    (error,) = found["errors"]
    assert f"cannot be used: [Errno 17] File exists: '{tmp_path / 'file'}'" in error
    assert error.endswith("set XDG_CACHE_HOME to a folder of your own")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_cache_folder_that_is_read_only(tmp_path: Path) -> None:
    (tmp_path / "amorsize").mkdir(mode=0o500)

    assert failed(checked_where(XDG_CACHE_HOME=str(tmp_path))) == {"cache folders"}


def test_folders_that_were_there_stay_and_what_is_in_them_does(tmp_path: Path) -> None:
    ours = tmp_path / "amorsize" / "optimization_cache" / "mine.json"
    ours.parent.mkdir(parents=True)
    ours.touch()

    found = checked_where(XDG_CACHE_HOME=str(tmp_path))

    assert failed(found) == set()
    assert [*tmp_path.rglob("*")] == [ours.parent.parent, ours.parent, ours]


@pytest.mark.skipif(sys.platform != "linux", reason="limits as Linux has them")
def test_no_files_of_any_size() -> None:
    found = checked_where("resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))")

    assert {"memory files", "forked workers", "cache folders"} <= failed(found)
    assert found["overall_health"] in {"poor", "critical"}
    assert "File too large" in found["details"]["memory files"]["found"]
    assert any("ulimit -f" in error for error in found["errors"])


@pytest.mark.skipif(sys.platform != "linux", reason="limits as Linux has them")
def test_hardly_any_open_files() -> None:
    found = checked_where("resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))")

    assert {"forked workers", "spawned workers"} <= failed(found)
    assert found["overall_health"] == "critical"
    assert any("open files" in error for error in found["errors"])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may start as many as it likes")
def test_no_processes() -> None:
    found = checked_where("resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))")

    assert failed(found) >= ENGINES
    assert found["overall_health"] == "critical"
    assert any("ulimit -u" in error for error in found["errors"])


def test_an_interpreter_that_cannot_be_started_again() -> None:
    found = checked_where("sys.executable = '/nowhere/python'")

    assert failed(found) >= ENGINES
    assert "no process can be started" in found["details"]["threads"]["found"]


@pytest.mark.parametrize(
    ("variable", "check"),
    [("AMORSIZE_NUM_CPUS", "usable CPUs"), ("AMORSIZE_MEMORY_LIMIT", "memory")],
)
def test_an_order_that_makes_no_sense(variable: str, check: str) -> None:
    found = checked_where(**{variable: "many"})

    assert found["overall_health"] == "poor"
    assert failed(found) == {check}
    assert variable in found["details"][check]["found"]
    assert f"correct {variable}" in found["details"][check]["advice"]


def test_one_cpu_is_worth_knowing() -> None:
    found = checked_where(AMORSIZE_NUM_CPUS="1")

    assert (failed(found), found["overall_health"]) == (set(), "good")
    assert any("nothing can be computed side by side" in one for one in found["warnings"])


def test_a_process_that_cannot_be_forked_is_told_why() -> None:
    broken = """
import threading
stop = threading.Event()
threading.Thread(target=stop.wait, name="the pump", daemon=True).start()
"""
    found = checked_where(broken)

    assert failed(found) == set()
    assert any("the pump" in one for one in found["warnings"])


def test_cloudpickle_that_is_broken() -> None:
    found = checked_where("sys.modules['cloudpickle'] = None")

    assert failed(found) == {"pickling"}  # the trials have processes of their own
    assert found["overall_health"] == "poor"


def ended(pid: int) -> bool:
    """Whether it ends: nobody waits for the process of a process that was killed."""
    give_up = time.monotonic() + 5
    with suppress(psutil.NoSuchProcess):
        while psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
            if time.monotonic() > give_up:
                return False
            time.sleep(0.01)
    return True


def a_trial(monkeypatch: pytest.MonkeyPatch, code: str) -> tuple[State, str]:
    monkeypatch.setattr(children, "TRY", code)
    (found,) = tried([("it", Subject("it", Part.COMFORT, "much", "mend it"))])
    return found.state, found.found


def test_a_trial_that_hangs_is_ended_with_all_that_it_has_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(children, "PATIENCE_S", 1.0)
    code = f"""
import os, pathlib, time
if os.fork() == 0:
    pathlib.Path({str(tmp_path / "pid")!r}).write_text(str(os.getpid()))
time.sleep(60)
"""

    state, found = a_trial(monkeypatch, code)

    assert (state, found) == (State.FAILED, "no answer within 1 s")
    assert ended(int((tmp_path / "pid").read_text()))


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "ended by SIGSEGV"),
        ("raise SystemExit(3)", "the process ended with 3: no word"),
        ("raise OSError('no such luck')", "the process ended with 1: OSError: no such luck"),
        ("print('[1]')", "the process ended with 0: no word"),
    ],
)
def test_a_trial_that_dies_is_told_of(
    monkeypatch: pytest.MonkeyPatch, code: str, told: str
) -> None:
    state, found = a_trial(monkeypatch, code)

    assert state is State.FAILED
    assert found.endswith(told)


def test_a_clock_that_stands_still_or_goes_backwards(monkeypatch: pytest.MonkeyPatch) -> None:
    class Still:
        monotonic = staticmethod(time.monotonic)
        perf_counter = staticmethod(time.perf_counter)

        @staticmethod
        def thread_time() -> float:
            return 0.0

    readings = iter([3.0, 2.0] * 9999)
    with monkeypatch.context() as patch:
        patch.setattr(local, "time", Still)
        still = next(one for one in local.looked_at() if one.subject.name == "clocks")
        patch.setattr(Still, "perf_counter", staticmethod(lambda: next(readings)))
        backwards = next(one for one in local.looked_at() if one.subject.name == "clocks")

    assert (still.state, still.found) == (State.FAILED, "a clock stood still for 50.0 ms")
    assert (backwards.state, backwards.found) == (State.FAILED, "the clock goes backwards")
