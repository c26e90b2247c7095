"""Workers do what the caller would have done, and nothing that is the caller's alone."""

from __future__ import annotations

import contextvars
import decimal
import gc
import os
import random
import signal
import subprocess
import sys
import threading
import warnings
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from tests.support.calls import ITEMS, Trial, once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from tests.support.scripts import Script

on_posix = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

PRINTING = """
import atexit, logging

atexit.register(print, "bye")
logger = logging.getLogger("user")
logger.setLevel("INFO")
logger.addHandler(logging.StreamHandler(sys.stdout))

def speak(item):
    work(item)
    print("printed", item)
    logger.info("logged %s", item)
    sys.stdout.write(f"written {{item}}\\n")
    print("complained", item, file=sys.stderr)

print("before")
tell(**run(speak, range(ITEMS), backend={backend!r}))
print("after")
"""

SPOKEN = [
    *("before", "after", "bye"),
    *(f"{verb} {item}" for item in range(ITEMS) for verb in ("printed", "logged", "written")),
]


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["auto", "threads", "processes"])
def test_what_is_printed_and_logged_appears_once_in_a_pipe(backend: str, script: Script) -> None:
    told = script.run(PRINTING.format(backend=backend))
    assert Counter(told.out.splitlines()) == Counter(SPOKEN)
    assert Counter(told.err.splitlines()) == Counter(f"complained {i}" for i in range(ITEMS))
    assert told.facts[0]["unclear"] or told.facts[0]["workers"] > 1


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["auto", "threads", "processes"])
def test_what_is_printed_and_logged_appears_once_in_a_file(backend: str, script: Script) -> None:
    path = script.folder / "out"
    with path.open("w") as out:
        told = script.run(PRINTING.format(backend=backend), stdout=out)
    assert Counter(path.read_text().splitlines()) == Counter(SPOKEN)
    assert Counter(told.err.splitlines()) == Counter(f"complained {i}" for i in range(ITEMS))


@pytest.mark.slow
def test_output_is_in_order_around_the_run(script: Script) -> None:
    lines = script.run(PRINTING.format(backend="processes")).out.splitlines()
    assert (lines[0], lines[-2:]) == ("before", ["after", "bye"])


ENDING = """
import atexit, threading
from multiprocessing.util import Finalize

class Held:
    def __del__(self):
        work.note(("deleted", os.getpid() == home))

def ends(item):
    return os.getpid()

home, held = os.getpid(), Held()
atexit.register(lambda: work.note(("atexit", os.getpid() == home)))
Finalize(None, lambda: work.note(("finalizer", os.getpid() == home)), exitpriority=1)
threading._register_atexit(lambda: work.note(("threading", os.getpid() == home)))
tell(pids=len(set(execute(lambda item: (work(item), os.getpid())[1], range(ITEMS),
                          backend="processes", n_jobs=2))))
del held
"""


@pytest.mark.slow
def test_nothing_that_is_meant_for_the_caller_s_end_runs_in_a_worker(script: Script) -> None:
    told = script.run(ENDING)
    assert told.facts == [{"pids": 2}]
    ends = [(what, True) for what in ("deleted", "atexit", "finalizer", "threading")]
    assert told.calls == once(range(ITEMS)) + once(ends)


@pytest.fixture
def handlers() -> Iterator[None]:
    """Put the signal handlers back."""
    numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGCHLD]
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@on_posix
@pytest.mark.usefixtures("handlers")
def test_the_caller_s_signal_handlers_are_not_those_of_the_workers(processes: Trial) -> None:
    home = os.getpid()

    def handler(_number: int, _frame: FrameType | None) -> None:
        processes.work.note(("handled", os.getpid() == home))

    def disturbed(item: int) -> bool:
        processes.work(item)
        if os.getpid() == home:
            signal.raise_signal(signal.SIGUSR1)
            return signal.getsignal(signal.SIGTERM) is handler
        return {signal.getsignal(n) for n in (signal.SIGUSR1, signal.SIGTERM)} == {signal.SIG_DFL}

    for number in (signal.SIGTERM, signal.SIGUSR1):
        signal.signal(number, handler)
    assert processes.run(disturbed, range(ITEMS)) == [True] * ITEMS
    calls = processes.work.calls
    handled = calls.pop("('handled', True)")
    assert 0 < handled < ITEMS
    assert calls == once(range(ITEMS))
    assert signal.getsignal(signal.SIGTERM) is handler


def collect_all(_number: int, _frame: FrameType | None) -> None:
    """As old servers do it."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


@on_posix
@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize("kind", ["collect all", "ignore", "default"])
def test_who_collects_children_does_no_harm(kind: str, shared: Trial) -> None:
    handler: Any = {"collect all": collect_all, "ignore": signal.SIG_IGN, "default": signal.SIG_DFL}
    signal.signal(signal.SIGCHLD, handler[kind])
    for start in range(0, 3 * ITEMS, ITEMS):
        assert shared.run(shared.work, range(start, start + ITEMS)) == [
            *range(start, start + ITEMS)
        ]
        collect_all(0, None)
    assert shared.work.calls == once(range(3 * ITEMS))


@on_posix
def test_a_child_of_the_user_s_is_left_to_the_user(shared: Trial) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert shared.run(shared.work, range(ITEMS)) == list(range(ITEMS))
        assert child.poll() is None
        child.communicate(b"\n")
    assert child.returncode == 0


BUSY = """

def hold(item):
    while item:
        if item > 0:
            work.note(os.getpid())
            item = -1

execute(hold, range(100), backend="processes", n_jobs=2, chunksize=1)
"""


@on_posix
@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_busy_workers_die_with_their_caller(number: signal.Signals, script: Script) -> None:
    with script.start(BUSY, stdout=None, stderr=None) as process:
        try:
            while len(script.calls) < 2:
                assert process.poll() is None
            workers = [psutil.Process(int(pid)) for pid in script.calls]
            process.send_signal(number)
            assert psutil.wait_procs(workers, timeout=10)[1] == []
        finally:
            process.kill()


def test_random_numbers_differ_between_workers(processes: Trial) -> None:
    random.seed(1)
    results = processes.run(lambda i: (processes.work(i), random.random()), range(ITEMS))
    assert len({number for _, number in results}) == ITEMS


def test_random_numbers_of_numpy_differ_between_workers(processes: Trial) -> None:
    np = pytest.importorskip("numpy")
    np.random.seed(1)
    results = processes.run(lambda i: (processes.work(i), np.random.random()), range(ITEMS))
    assert len({number for _, number in results}) == ITEMS


def test_the_caller_s_random_numbers_go_on_as_if_nothing_had_happened(trial: Trial) -> None:
    random.seed(1)
    expected = [random.random() for _ in range(3)]
    random.seed(1)
    trial.run(trial.work, range(ITEMS))
    assert [random.random() for _ in range(3)] == expected


FLAVOUR: contextvars.ContextVar[str] = contextvars.ContextVar("FLAVOUR", default="none")


def test_context_variables_are_those_of_the_caller(trial: Trial) -> None:
    token = FLAVOUR.set("lemon")
    try:
        results = trial.run(lambda i: (trial.work(i), FLAVOUR.get()), range(ITEMS))
    finally:
        FLAVOUR.reset(token)
    assert results == [(i, "lemon") for i in range(ITEMS)]


def test_the_decimal_context_is_that_of_the_caller(trial: Trial) -> None:
    with decimal.localcontext() as context:
        context.prec = 7
        results = trial.run(lambda i: decimal.Decimal(1) / (3 + trial.work(i)), range(ITEMS))
        assert results == [decimal.Decimal(1) / (3 + i) for i in range(ITEMS)]
    assert str(results[0]) == "0.3333333"


def test_what_a_worker_thread_does_to_its_context_stays_there(threads: Trial) -> None:
    home = threading.get_ident()

    def change(item: int) -> bool:
        threads.work(item)
        if threading.get_ident() != home:
            FLAVOUR.set("changed")
            decimal.getcontext().prec = 5
            decimal.getcontext().flags[decimal.Inexact] = True
        return threading.get_ident() != home

    with decimal.localcontext(decimal.Context(prec=28)) as context:
        assert any(threads.run(change, range(ITEMS)))
        assert (context.prec, context.flags[decimal.Inexact]) == (28, False)
    assert FLAVOUR.get() == "none"


SETTINGS: dict[str, Callable[[], object]] = {
    "recursion limit": sys.getrecursionlimit,
    "switch interval": sys.getswitchinterval,
    "thread names": lambda: sorted(thread.name for thread in threading.enumerate()),
    "working directory": Path.cwd,
    "signal mask": lambda: signal.pthread_sigmask(signal.SIG_BLOCK, ()),
    "interrupt handler": lambda: signal.getsignal(signal.SIGINT),
    "wakeup descriptor": lambda: signal.set_wakeup_fd(signal.set_wakeup_fd(-1)),
    "environment": lambda: dict(os.environ),
    "warning filters": lambda: list(warnings.filters),
    "garbage collector": lambda: (gc.isenabled(), gc.get_threshold(), gc.get_freeze_count()),
}


def settings() -> dict[str, object]:
    return {name: look() for name, look in SETTINGS.items()}


@on_posix
def test_the_caller_s_settings_are_as_they_were_after_a_run(trial: Trial) -> None:
    before = settings()
    trial.run(trial.work, range(ITEMS))
    assert settings() == before


@on_posix
def test_the_caller_s_settings_are_as_they_were_after_a_failure(trial: Trial) -> None:
    before = settings()
    error = trial.catch(lambda i: trial.work(i) / (70 - i), range(ITEMS))
    assert type(error) is ZeroDivisionError
    assert settings() == before


def test_workers_see_the_environment_and_the_folder_of_the_moment(
    trial: Trial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLAVOUR", "lemon")
    monkeypatch.chdir(tmp_path)
    results = trial.run(
        lambda i: (trial.work(i), os.environ["FLAVOUR"], str(Path.cwd())), range(ITEMS)
    )
    assert results == [(i, "lemon", str(tmp_path)) for i in range(ITEMS)]


def test_warnings_of_the_function_are_raised_where_they_are_errors(trial: Trial) -> None:
    def warns(item: int) -> int:
        if trial.work(item) == 70:
            warnings.warn(f"item {item}", UserWarning, stacklevel=1)
        return item

    error = trial.catch(warns, range(ITEMS))
    assert (type(error), error.args) == (UserWarning, ("item 70",))
