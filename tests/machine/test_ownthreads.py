"""Threads of ours leave nothing behind: not in the system, not in ``threading``'s books."""

from __future__ import annotations

import gc
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from amorsize.api.run import run
from amorsize.engines.source import IndexedSource
from amorsize.machine.ownthreads import see_gone
from amorsize.runtime.unbroken import run_to_the_end
from amorsize.sample.gil import GilTicker
from amorsize.sample.helper import Helper
from amorsize.vocab.options import Backend, Options

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType


def test_a_joined_thread_is_gone_for_the_system_too() -> None:
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()

    assert see_gone([thread])
    assert not Path(f"/proc/self/task/{thread.native_id}").exists()


def test_one_that_stays_is_told_of() -> None:
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    try:
        assert not see_gone([thread])
    finally:
        over.set()
        thread.join()


def tick() -> None:
    GilTicker().start().stop()


def help_out() -> None:
    Helper("amorsize-test", lambda: None).join()


def run_on_threads() -> None:
    run(abs, range(100), Options(backend=Backend.THREADS, n_jobs=3))


def leave_threads() -> None:
    with pytest.raises(ZeroDivisionError):
        run(invert, [1, 0, 1], Options(backend=Backend.THREADS, n_jobs=2, fail_fast=True))


def run_unbroken() -> None:
    run_to_the_end(abs, IndexedSource(range(100)), [], patience_s=1.0)


def invert(number: int) -> float:
    return 1 / number


@pytest.mark.parametrize("do", [tick, help_out, run_on_threads, leave_threads, run_unbroken])
def test_no_thread_is_freed_in_a_callback_that_would_swallow_ctrl_c(
    do: Callable[[], None],
) -> None:
    swallowed: list[str] = []

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_name == "_remove":
            swallowed.append(frame.f_code.co_filename)

    gc.collect()  # threads of other tests
    sys.setprofile(note)
    try:
        do()
        time.sleep(0)
    finally:
        sys.setprofile(None)

    assert swallowed == []
