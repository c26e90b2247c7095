"""Fork a worker so that neither side is surprised: flushed streams, safe signals, clean exit."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
import warnings
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

PR_SET_PDEATHSIG: Final = 1
SIGNALS: Final = tuple(signal.valid_signals())

Mask: TypeAlias = set[int | signal.Signals]
"""Signals that are kept waiting."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C reached this worker: told apart from a KeyboardInterrupt that ``func`` raises."""


def flush_streams() -> None:
    """Empty the standard streams, so that nothing buffered is printed twice."""
    for stream in {id(it): it for it in _standard_streams() if it is not None}.values():
        # closed, or nobody reads, or it is no stream of Python's: not our business
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()


def _standard_streams() -> tuple[Any, ...]:
    """A stream that the user has put in place may write through the original one."""
    return sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__


def flush_c_streams() -> None:
    """Empty what C libraries have printed and not written."""
    libc: Any = ctypes.CDLL(None)
    libc.fflush(None)


@contextmanager
def interrupts_held() -> Iterator[Mask]:
    """Let a Ctrl-C wait until the block is over; gives the mask that was in force before."""
    usual = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        # a Ctrl-C of the last microsecond is raised by this very call, with the mask changed
        hold_interrupts()
        yield usual
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, usual)


def let_interrupts_in(usual: Mask) -> None:
    """Inside ``interrupts_held``: raise a Ctrl-C that came meanwhile, and let others come."""
    signal.pthread_sigmask(signal.SIG_SETMASK, usual)


def hold_interrupts() -> None:
    """Inside ``interrupts_held``: from here on let a Ctrl-C wait again."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def fork_worker(work: Callable[[], None]) -> int:
    """Start a child that calls ``work`` and exits; returns its pid in the caller.

    Call with interrupts held; the child lets them in when it is ready for them.

    Raises:
        OSError: no more processes or memory.
    """
    caller = os.getpid()
    pid = _quiet_fork()
    if pid == 0:
        be_a_worker(caller, work)
    return pid


def _quiet_fork() -> int:
    with warnings.catch_warnings():
        # fork safety was judged by name of every thread; Python only counts them
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def be_a_worker(caller: int, work: Callable[[], None]) -> NoReturn:
    """In a new process: do the work and exit, dying with the caller if it dies."""
    status = 1
    try:
        try:
            _settle(caller)
            work()
            status = 0
        except Interrupted:
            _die_of_interrupt()
        except BaseException:  # noqa: BLE001 - nothing may escape into the caller's copied stack
            sys.excepthook(*sys.exc_info())
        finally:
            flush_streams()
            flush_c_streams()
    finally:  # even if a second Ctrl-C cuts the lines above short
        os._exit(status)


def _settle(caller: int) -> None:
    _drop_signal_handlers()
    _die_with(caller)
    gc.freeze()
    _reseed()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _drop_signal_handlers() -> None:
    signal.set_wakeup_fd(-1)
    for number in SIGNALS:
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, _on_interrupt)


def _on_interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise Interrupted


def _die_of_interrupt() -> None:
    with suppress(BaseException):
        flush_streams()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGINT)


def _die_with(caller: int) -> None:
    """Ask the kernel to end this process when the caller ends, however busy it is."""
    libc: Any = ctypes.CDLL(None)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != caller:
        os._exit(1)


def _reseed() -> None:
    """Give this worker random numbers of its own, in the generators that are in use."""
    if "random" in sys.modules:
        sys.modules["random"].seed()
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()
