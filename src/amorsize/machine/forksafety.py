"""May this process be forked, so that the child can run anything that the parent can?

The child has a copy of all memory but only the thread that forked. A lock that another thread
held stays locked in it, a pool whose threads are gone waits for them. So the answer is yes only
if no other thread runs, but for those of libraries that start anew in the child. Checked by
forking, with work for the library in the child:

==================  ===================================================================
OpenBLAS            survives: it ends its threads before every fork. Not 0.3.30, which
                    needs to be kept to one thread
libgomp             hangs if its threads exist, survives once they have been let go
libiomp5, libomp    survive: they start anew in the child
Arrow               survives: so do its pools, and its jemalloc
==================  ===================================================================
"""

from __future__ import annotations

import math
import os
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final

from amorsize.machine.blas import one_blas_thread
from amorsize.machine.contexts import initialised_context
from amorsize.machine.native import POLL_S, NativeThread, native_threads, os_thread_ids
from amorsize.machine.pools import deadlocking_openblas, rest_pools
from amorsize.vocab.machine import Cure, ForkSafe, ForkUnsafe, ForkVerdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import FrameType

SETTLE_S: Final = 0.02
"""How long threads that were let go may take to end: some 0.1 ms each, on a busy machine more."""

SPIN_S: Final = 0.15
"""How long threads of an OpenBLAS that cannot be told to end are waited for.

After their last task they wait busily, for 2**28 ticks of the processor (0.1 s), and show no
stack. Seen asleep they are known for OpenBLAS's, which ends them before the fork.
"""

LONGEST_POLL_S: Final = 2e-3
"""A look at the threads costs up to a millisecond, on the cores that are to be waited for."""

GNU_OPENMP: Final = "libgomp"

LLVM_OPENMP: Final = ("libiomp", "libomp")
"""Intel's and LLVM's are one; their threads run code of any library, and survive as idle ones."""

SURVIVORS: Final = (
    ("openblas", {""}),
    ("libarrow", {"", "jemalloc_bg_thd"}),
    ("libparquet", {""}),
)
"""Libraries whose threads a fork may lose, and what those threads are called ("": nothing).

The name matters, because Arrow brings other libraries along that do not survive.
"""

LLVM_WORKER: Final = "openmp_worker"
"""What LLVM's OpenMP calls its threads, which wait busily for 0.2 s and show no stack then."""

SAFE: Final = ForkSafe()


def fork_verdict() -> ForkVerdict:
    """Judge a fork at this moment, from this thread. Looks only, changes nothing.

    Costs some 10 us where there is nothing but Python code, about a millisecond where libraries
    run threads.
    """
    return (
        _platform_problem()
        or _start_method_problem()
        or _python_thread_problem()
        or _context_problem()
        or _blas_problem()
        or _native_thread_problem()
        or SAFE
    )


@contextmanager
def settled_for_fork(patience_s: float = math.inf) -> Iterator[ForkVerdict]:
    """Do what makes a fork safe, judge it, and undo it at the end.

    Idle threads of OpenMP and BLAS are let go, and start again when needed. An OpenBLAS that
    needs it is kept to one thread inside: fork, run and reap there. ``patience_s`` is what a
    fork is worth waiting for, where threads cannot be let go and have to fall asleep.
    """
    with ExitStack() as undo:
        verdict = fork_verdict()
        if _cure(verdict) is Cure.PIN_BLAS:
            undo.enter_context(one_blas_thread())
            verdict = fork_verdict()
        if _cure(verdict) is Cure.REST_POOLS:
            verdict = once_rested(settling_s(patience_s, all_let_go=rest_pools()))
        yield verdict


def settling_s(patience_s: float, *, all_let_go: bool) -> float:
    """Return how long to wait for threads at most, those that were let go and those that spin."""
    return SETTLE_S if all_let_go else max(SETTLE_S, min(patience_s, SPIN_S))


def once_rested(
    timeout_s: float,
    *,
    look: Callable[[], ForkVerdict] = fork_verdict,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> ForkVerdict:
    """Judge again until the threads that can be waited for are out of the way, or time is up."""
    give_up_at, pause_s = clock() + timeout_s, POLL_S
    while _cure(verdict := look()) is Cure.REST_POOLS and clock() < give_up_at:
        sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_POLL_S)
    return verdict


def in_daemonic_worker() -> bool:
    """Whether this process is a worker that `multiprocessing` forbids to have children."""
    process = sys.modules.get("multiprocessing.process")
    return process is not None and bool(process.current_process().daemon)


def judge_native_threads(threads: Iterable[NativeThread]) -> ForkUnsafe | None:
    """Rule a fork out by the threads that Python knows nothing of."""
    problems = [problem for thread in threads if (problem := _judge(thread)) is not None]
    # one without a cure decides; the others can wait
    return min(problems, key=lambda problem: problem.cure is not None, default=None)


def _judge(thread: NativeThread) -> ForkUnsafe | None:
    if _any_part((GNU_OPENMP,), thread):
        return ForkUnsafe(
            f"OpenMP threads of {', '.join(sorted(thread.libraries))}",
            "GNU's OpenMP waits in the child for threads that are not there",
            Cure.REST_POOLS,
        )
    if thread.name == LLVM_WORKER or _any_part(LLVM_OPENMP, thread):
        return None
    if not thread.libraries:
        return ForkUnsafe(
            f"a native thread{_called(thread)}",
            "it is busy or does not show whose it is, and may hold a lock",
            Cure.REST_POOLS,
        )
    if all(_survives(thread, library) for library in thread.libraries):
        return None
    return ForkUnsafe(
        f"a native thread{_called(thread)} of {', '.join(sorted(thread.libraries))}",
        "it is missing in the child, and a lock it holds stays locked",
    )


def _any_part(parts: tuple[str, ...], thread: NativeThread) -> bool:
    return any(part in library for library in thread.libraries for part in parts)


def _survives(thread: NativeThread, library: str) -> bool:
    return any(part in library and thread.name in names for part, names in SURVIVORS)


def _called(thread: NativeThread) -> str:
    return f" {thread.name!r}" if thread.name else ""


def _platform_problem(platform: str = sys.platform) -> ForkUnsafe | None:
    if platform == "linux":
        return None
    if hasattr(os, "fork"):
        return ForkUnsafe(platform, "its system libraries start threads that a fork loses")
    return ForkUnsafe(platform, "it cannot fork")


def _start_method_problem() -> ForkUnsafe | None:
    chosen = chosen_start_method(sys.modules.get("multiprocessing"))
    if chosen is None or chosen == "fork":
        return None
    return ForkUnsafe(f"multiprocessing's start method {chosen!r}", "it was chosen in this process")


def chosen_start_method(multiprocessing: Any) -> str | None:
    """Return the start method that somebody has chosen, if ``multiprocessing`` is imported.

    Its first use settles on the default, which is nobody's choice; that matters from Python 3.14
    on, where the default is not "fork" any more.
    """
    if not hasattr(multiprocessing, "get_start_method"):  # not imported, or not yet to its end
        return None
    chosen: str | None = multiprocessing.get_start_method(allow_none=True)
    return None if chosen == multiprocessing.get_all_start_methods()[0] else chosen


def _python_thread_problem() -> ForkUnsafe | None:
    here = threading.current_thread()
    if threading.active_count() > 1:
        return _running(
            _named([thread.name for thread in threading.enumerate() if thread is not here])
        )
    # kept in a variable, this very frame among them would live until a collection
    frames = sys._current_frames().items  # noqa: SLF001 - knows threads that `threading` does not
    unknown = [_place(frame) for ident, frame in frames() if ident != here.ident]
    del frames
    return _running(_named(unknown)) if unknown else None


def _running(what: str) -> ForkUnsafe:
    return ForkUnsafe(what, "it is missing in the child, and a lock it holds stays locked")


def _named(names: list[str]) -> str:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"thread {names[0]!r}{more}"


def _place(frame: FrameType) -> str:
    return f"{frame.f_globals.get('__name__', '?')}.{frame.f_code.co_name}"


def _context_problem() -> ForkUnsafe | None:
    what = initialised_context()
    return None if what is None else ForkUnsafe(what, "it does not work in a forked child")


def _blas_problem() -> ForkUnsafe | None:
    what = deadlocking_openblas()
    if what is None:
        return None
    return ForkUnsafe(what, "it hangs at the first LU decomposition after a fork", Cure.PIN_BLAS)


def _native_thread_problem() -> ForkUnsafe | None:
    return problem_among(os_thread_ids(), threading.get_native_id())


def problem_among(tids: list[int], here: int) -> ForkUnsafe | None:
    """Judge the threads ``tids``, seen from the thread ``here`` of the same process."""
    if not tids:
        return ForkUnsafe("/proc", "it cannot be read, so threads of libraries cannot be seen")
    others = [tid for tid in tids if tid != here]
    return judge_native_threads(native_threads(others)) if others else None


def _cure(verdict: ForkVerdict) -> Cure | None:
    return verdict.cure if isinstance(verdict, ForkUnsafe) else None
