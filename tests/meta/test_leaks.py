from __future__ import annotations

import mmap
import os
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.leaks import left_behind, survey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

ROOT = Path(__file__).parents[2]
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and /dev/shm")


@contextmanager
def a_process() -> Iterator[None]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield
        process.kill()


@contextmanager
def a_thread() -> Iterator[None]:
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    yield
    done.set()
    thread.join()


@contextmanager
def a_descriptor() -> Iterator[None]:
    with tempfile.TemporaryFile():
        yield


@contextmanager
def a_mapping() -> Iterator[None]:
    with mmap.mmap(-1, mmap.PAGESIZE):
        yield


@contextmanager
def a_memory_file() -> Iterator[None]:
    shared = SharedMemory(create=True, size=1)
    yield
    shared.close()
    shared.unlink()


@on_linux
@pytest.mark.parametrize(
    ("leak", "named"),
    [
        (a_process, "process "),
        (a_thread, "thread "),
        (a_descriptor, "descriptor of "),
        (a_mapping, "mapping of "),
        (a_memory_file, "memory file "),
    ],
)
def test_each_kind_of_leak_is_seen(
    leak: Callable[[], AbstractContextManager[None]], named: str
) -> None:
    before = survey()
    with leak():
        left = left_behind(before)

    assert [name for name in left if name.startswith(named)]
    assert left_behind(before) == []


def test_what_the_collector_frees_is_forgiven() -> None:
    class Knot:
        def __init__(self) -> None:
            self.itself = self
            self.fd = os.open(os.devnull, os.O_RDONLY)

        def __del__(self) -> None:
            os.close(self.fd)

    before = survey()
    Knot()

    assert left_behind(before) == []


def test_a_child_that_is_going_is_forgiven() -> None:
    before = survey()
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        process.kill()

        assert left_behind(before) == []


@pytest.mark.slow
def test_idle_loky_workers_are_dismissed_with_all_they_hold() -> None:
    loky = pytest.importorskip("loky")
    before = survey()
    assert list(loky.get_reusable_executor(max_workers=1).map(abs, [-1])) == [1]

    assert survey() - before
    assert left_behind(before) == []


@pytest.mark.slow
def test_a_test_that_leaks_fails(tmp_path: Path) -> None:
    (tmp_path / "test_leaky.py").write_text(
        "import os\ndef test_leaky():\n    os.open(os.devnull, os.O_RDONLY)\n"
    )

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.conftest", tmp_path],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == pytest.ExitCode.TESTS_FAILED
    assert f"left behind: descriptor of {os.devnull}" in run.stdout
