"""What rules a fork out, each in a process of its own; and that forks work where allowed."""

from __future__ import annotations

import math
import sys
import threading
from importlib.util import find_spec
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from amorsize.machine.forksafety import (
    SAFE,
    SETTLE_S,
    SPIN_S,
    _platform_problem,
    chosen_start_method,
    fork_verdict,
    in_daemonic_worker,
    judge_native_threads,
    once_rested,
    problem_among,
    settling_s,
)
from amorsize.machine.native import NativeThread
from amorsize.vocab.machine import Cure, ForkUnsafe
from tests.machine.child import compile_library, run_python

if TYPE_CHECKING:
    from pathlib import Path

    from amorsize.vocab.machine import ForkVerdict

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="forks")

VERDICT = """
    from amorsize.machine.forksafety import fork_verdict
    from amorsize.vocab.machine import ForkSafe
    verdict = fork_verdict()
    print("safe" if isinstance(verdict, ForkSafe) else verdict.what)
"""

# `f` is what the library is to do, in this process and in a forked one; a hang is cut off
FORK = """
    import os, signal, sys
    from amorsize.machine.forksafety import fork_verdict, settled_for_fork
    from amorsize.vocab.machine import ForkSafe, ForkUnsafe

    def survives(f):
        child = os.fork()
        if child == 0:
            signal.alarm(5)
            f()
            os._exit(0)
        return os.waitpid(child, 0)[1] == 0

    def describe(verdict):
        return "safe" if isinstance(verdict, ForkSafe) else verdict.what
"""

OPENMP = """
int work(int threads) {
    int sum = 0;
    #pragma omp parallel for reduction(+:sum) num_threads(threads)
    for (int i = 0; i < 1000; i++) sum += i % 7;
    return sum;
}
"""

OLD_OPENBLAS = """
#include <unistd.h>
int threads = 4;
const char *openblas_get_config64_(void) { return "OpenBLAS 0.3.30 USE64BITINT MAX_THREADS=64"; }
int openblas_get_num_threads64_(void) { return threads; }
"""


SHUTDOWN = """
int ended = 0;
__attribute__((visibility("VISIBILITY"))) int blas_thread_shutdown_(void) { return ended = 1; }
"""


def native(*libraries: str, name: str = "") -> NativeThread:
    return NativeThread(tid=1, name=name, libraries=frozenset(libraries))


def multiprocessing_with(start_method: str | None) -> SimpleNamespace:
    return SimpleNamespace(
        get_start_method=lambda allow_none: start_method if allow_none else "never asked",
        get_all_start_methods=lambda: ["forkserver", "fork", "spawn"],
    )


@pytest.mark.parametrize(
    ("thread", "cure"),
    [
        (native("libgomp-a34b3233.so.1"), Cure.REST_POOLS),
        (native("libgomp.so.1.0.0", "libopenblas.so.0"), Cure.REST_POOLS),
        (native(), Cure.REST_POOLS),
        (native("libtbb.so.12"), None),
        (native("cv2.abi3.so", "libscipy_openblas64_-32a4b2a6.so"), None),
        (native("libarrow.so.2300", name="AwsEventLoop 1"), None),
        (native("_polars_runtime.abi3.so", name="jemalloc_bg_thd"), None),
    ],
)
def test_a_thread_that_would_be_missed_rules_a_fork_out(
    thread: NativeThread, cure: Cure | None
) -> None:
    problem = judge_native_threads([native("libopenblas.so.0"), thread])

    assert problem is not None
    assert problem.cure is cure
    assert all(library in problem.what for library in thread.libraries)


@pytest.mark.parametrize(
    "thread",
    [
        native("libscipy_openblas64_-32a4b2a6.so"),
        native("libiomp5.so", "libmkl_intel_thread.so.2"),
        native(name="openmp_worker"),
        native("libarrow.so.2300", name="jemalloc_bg_thd"),
        native("libarrow.so.2300", "libparquet.so.2300"),
    ],
)
def test_threads_that_start_anew_in_the_child_do_no_harm(thread: NativeThread) -> None:
    assert judge_native_threads([thread, thread]) is None


def test_a_thread_without_a_cure_decides() -> None:
    problem = judge_native_threads([native("libgomp.so.1"), native("libtbb.so.12")])

    assert problem is not None
    assert problem.cure is None


def test_where_threads_cannot_be_seen_a_fork_is_not_safe() -> None:
    problem = problem_among([], here=1)

    assert problem is not None
    assert problem.what == "/proc"


SPINNING = judge_native_threads([native()])


class Waiting:
    """Threads that are in the way until ``asleep_at_s``, by a clock that only sleeping moves."""

    def __init__(self, asleep_at_s: float, problem: ForkUnsafe | None = SPINNING) -> None:
        self.now_s = 0.0
        self.looks = 0
        self.asleep_at_s = asleep_at_s
        self.problem = problem

    def look(self) -> ForkVerdict:
        self.looks += 1
        return SAFE if self.now_s >= self.asleep_at_s else self.problem or SAFE

    def sleep(self, pause_s: float) -> None:
        self.now_s += pause_s

    def until(self, timeout_s: float) -> ForkVerdict:
        return once_rested(timeout_s, look=self.look, clock=lambda: self.now_s, sleep=self.sleep)


def test_threads_that_spin_before_they_sleep_are_waited_for_where_none_can_be_let_go() -> None:
    waiting = Waiting(asleep_at_s=0.105)

    assert waiting.until(settling_s(math.inf, all_let_go=False)) == SAFE
    assert waiting.now_s < 0.11
    assert waiting.looks < 70


def test_a_thread_that_stays_busy_is_not_forked_beside_and_not_waited_for_forever() -> None:
    waiting = Waiting(asleep_at_s=math.inf)

    assert waiting.until(settling_s(math.inf, all_let_go=False)) == SPINNING
    assert SPIN_S <= waiting.now_s < 1.1 * SPIN_S


@pytest.mark.parametrize(
    ("asleep_at_s", "problem"),
    [(0.0, SPINNING), (math.inf, judge_native_threads([native("libtbb.so.12")]))],
)
def test_where_waiting_is_needless_or_useless_there_is_none(
    asleep_at_s: float, problem: ForkUnsafe
) -> None:
    waiting = Waiting(asleep_at_s, problem)
    waiting.until(SPIN_S)

    assert (waiting.looks, waiting.now_s) == (1, 0.0)


@pytest.mark.parametrize(
    ("patience_s", "all_let_go", "longest_s"),
    [
        (math.inf, True, SETTLE_S),
        (math.inf, False, SPIN_S),
        (0.06, False, 0.06),
        (-1.0, False, SETTLE_S),
    ],
)
def test_threads_are_not_waited_for_longer_than_a_fork_is_worth(
    *, patience_s: float, all_let_go: bool, longest_s: float
) -> None:
    assert settling_s(patience_s, all_let_go=all_let_go) == longest_s


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_other_systems_are_not_forked(platform: str) -> None:
    problem = _platform_problem(platform)

    assert problem is not None
    assert problem.what == platform


@on_linux
def test_plain_python_may_be_forked() -> None:
    assert run_python(VERDICT) == "safe"


@on_linux
def test_another_python_thread_is_named() -> None:
    done = threading.Event()
    thread = threading.Thread(target=done.wait, name="the-other")
    thread.start()
    try:
        verdict = fork_verdict()
    finally:
        done.set()
        thread.join()

    assert isinstance(verdict, ForkUnsafe)
    assert "'the-other'" in verdict.what


@on_linux
def test_from_another_thread_the_main_one_is_in_the_way() -> None:
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(fork_verdict()))
    thread.start()
    thread.join()

    assert isinstance(found[0], ForkUnsafe)
    assert "'MainThread'" in found[0].what


@on_linux
def test_a_thread_that_threading_does_not_know_is_named_by_its_function() -> None:
    printed = run_python(
        """
        import _thread, time
        lock = _thread.allocate_lock()
        lock.acquire()
        def hidden(): lock.acquire()
        _thread.start_new_thread(hidden, ())
        time.sleep(0.05)
        """,
        VERDICT,
    )

    assert printed == "thread '__main__.hidden'"


@on_linux
@pytest.mark.parametrize(
    ("lines", "printed"),
    [
        ("set_start_method('spawn')", "multiprocessing's start method 'spawn'"),
        ("set_start_method('fork')", "safe"),
        ("Queue().close()", "safe"),
    ],
)
def test_a_start_method_is_heeded_if_it_was_chosen(lines: str, printed: str) -> None:
    assert run_python(f"import multiprocessing\nmultiprocessing.{lines}", VERDICT) == printed


@pytest.mark.parametrize(
    ("module", "chosen"),
    [
        (None, None),
        (SimpleNamespace(), None),
        (multiprocessing_with(None), None),
        (multiprocessing_with("forkserver"), None),
        (multiprocessing_with("spawn"), "spawn"),
        (multiprocessing_with("fork"), "fork"),
    ],
)
def test_the_default_start_method_is_nobodys_choice(module: object, chosen: str | None) -> None:
    assert chosen_start_method(module) == chosen


@on_linux
def test_a_toolkit_in_use_is_named() -> None:
    printed = run_python(
        """
        import sys, types
        sys.modules["tkinter"] = types.SimpleNamespace(_default_root=object())
        """,
        VERDICT,
    )

    assert printed == "a tkinter window"


@on_linux
def test_only_a_pools_workers_are_daemonic() -> None:
    printed = run_python("""
        import multiprocessing
        from amorsize.machine.forksafety import in_daemonic_worker
        with multiprocessing.get_context("fork").Pool(1) as pool:
            print(in_daemonic_worker(), pool.apply(in_daemonic_worker))
    """)

    assert printed == "False True"
    assert not in_daemonic_worker()


@on_linux
@pytest.mark.slow
@pytest.mark.skipif(find_spec("numpy") is None, reason="needs numpy")
def test_openblas_works_in_a_forked_child_and_in_the_parent_after() -> None:
    printed = run_python(
        FORK,
        """
    import numpy
    square = numpy.random.default_rng(0).random((300, 300))
    f = lambda: (square @ square, numpy.linalg.inv(square))
    f()
    with settled_for_fork() as verdict:
        print(describe(verdict), survives(f))
    f()
    """,
    )

    assert printed == "safe True"


@on_linux
@pytest.mark.slow
def test_gnu_openmp_hangs_a_child_unless_its_threads_are_let_go(tmp_path: Path) -> None:
    library = compile_library(tmp_path, "libwork.so", OPENMP, "-fopenmp")
    if library is None:
        pytest.skip("needs a C compiler with OpenMP")

    printed = run_python(
        FORK.replace("alarm(5)", "alarm(1)"),
        """
    import ctypes
    work = ctypes.CDLL(sys.argv[1]).work
    f = lambda: work(3)
    f()
    print(fork_verdict().cure.name, survives(f))
    with settled_for_fork() as verdict:
        print(describe(verdict), survives(f))
    print(f())
    """,
        arguments=(str(library),),
    )

    assert printed.split("\n") == ["REST_POOLS False", "safe True", "2997"]


@on_linux
@pytest.mark.slow
@pytest.mark.parametrize(("visibility", "printed"), [("default", "True 1"), ("hidden", "False 0")])
def test_an_openblas_that_keeps_its_shutdown_to_itself_is_told_apart(
    tmp_path: Path, visibility: str, printed: str
) -> None:
    source = SHUTDOWN.replace("VISIBILITY", visibility)
    library = compile_library(tmp_path, "libopenblas64_-p0.so", source)
    if library is None:
        pytest.skip("needs a C compiler")

    lines = """
        import ctypes, sys
        from amorsize.machine.pools import rest_pools
        loaded = ctypes.CDLL(sys.argv[1])
        print(rest_pools(), ctypes.c_int.in_dll(loaded, "ended").value)
    """
    assert run_python(lines, arguments=(str(library),)) == printed


@on_linux
@pytest.mark.slow
def test_an_openblas_that_deadlocks_after_a_fork_is_recognised(tmp_path: Path) -> None:
    library = compile_library(tmp_path, "libopenblas64_-p0.so", OLD_OPENBLAS)
    if library is None:
        pytest.skip("needs a C compiler")

    printed = run_python(
        FORK,
        """
    import ctypes
    loaded = ctypes.CDLL(sys.argv[1])
    sys.modules["numpy"] = sys
    verdict = fork_verdict()
    print(verdict.what, verdict.cure.name, sep=";")
    ctypes.c_int.in_dll(loaded, "threads").value = 1
    print(describe(fork_verdict()))
    """,
        arguments=(str(library),),
    )

    assert printed.split("\n") == [
        "OpenBLAS 0.3.30 (libopenblas64_-p0.so);PIN_BLAS",
        "safe",
    ]
