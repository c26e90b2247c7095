"""joblib and mpire, in a program of their own: they leave files until the interpreter ends."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

ROOT = Path(__file__).parents[2]
SCRIPT = """
import sys
from multiprocessing import active_children

from amorsize.bench.trial import run_trial
from amorsize.vocab.trials import Ended, Runner
from tests.bench import jobs

if __name__ == "__main__":
    setup = jobs.setup(Runner(sys.argv[1]))
    ran = run_trial(jobs.square, [(x) for x in range(20)], setup, limit_s=20)
    assert ran.results == [x * x for x in range(20)], ran
    assert run_trial(repr, [(1, 2), {"a": 3}] * 2, setup, limit_s=20).results == [
        "(1, 2)", "{'a': 3}"] * 2
    try:
        run_trial(jobs.fails, range(40), setup, limit_s=20)
    except KeyError as error:
        assert error.__notes__[-1].startswith("amorsize: raised while"), error.__notes__
    else:
        raise AssertionError("nothing was raised")
    for func in (jobs.hangs, jobs.spins):
        assert run_trial(func, range(40), setup, limit_s=0.5).trial.ended is Ended.TIME_UP
        assert active_children() == []
    print("all well")
"""


@pytest.mark.parametrize("package", ["joblib", "mpire"])
def test_pools_of_others_run_fail_and_are_stopped(package: str, tmp_path: Path) -> None:
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    script = tmp_path / "others.py"
    script.write_text(f"import sys\nsys.path[:0] = [{str(ROOT)!r}]\n{SCRIPT}")

    done = subprocess.run(
        [sys.executable, str(script), package], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (0, "all well\n"), done.stderr
