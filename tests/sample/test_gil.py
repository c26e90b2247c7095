from __future__ import annotations

import decimal
import hashlib
import itertools
import os
import sys
import threading
import time
import zlib
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from amorsize.sample.gil import (
    DOUBT_S,
    MOVED_S,
    ON_TIME_S,
    PERIOD_S,
    TICKS_PER_PERIOD,
    GilTicker,
    PairTrial,
    Ticks,
    pair_trial,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from amorsize.vocab.profile import GilUse

OWN_THREADS = Path("/proc/self/task")
CONTENT = os.urandom(600_000)
WINDOW_S = 10e-3
SOON_S = 5.0
"""A safeguard against hanging, never waited for."""

has_lock = pytest.mark.skipif(
    not getattr(sys, "_is_gil_enabled", lambda: True)(), reason="there is no lock to hold"
)
sees_threads = pytest.mark.skipif(
    not OWN_THREADS.is_dir(), reason="this system does not list its threads here"
)


def count(_item: object = None) -> int:
    return sum(i * i for i in range(1000))


def digest(_item: object = None) -> bytes:
    return hashlib.sha256(CONTENT).digest()


def watched(func: Callable[[], object], window_s: float = WINDOW_S) -> GilUse:
    ticker = GilTicker().start()
    until = time.perf_counter() + window_s
    while time.perf_counter() < until:
        func()
    return ticker.stop()


class Items:
    """Real items 0, 1, 2, ..., and what became of them."""

    def __init__(self, number: int) -> None:
        self.numbers = itertools.count()
        self.number = number
        self.results: list[tuple[int, Any]] = []
        self.failures: list[tuple[int, BaseException]] = []

    def take(self) -> tuple[int, Any] | None:
        index = next(self.numbers)
        return (index, index) if index < self.number else None

    def keep(self, index: int, result: Any, /) -> None:
        self.results.append((index, result))

    def fail(self, index: int, error: BaseException, /) -> None:
        self.failures.append((index, error))


AT_START = Ticks(next_due=PERIOD_S, held_at=0.0, held_cpu_s=0.0)
AT_WORK = AT_START.after(PERIOD_S, cpu_s=MOVED_S)
HELD_S = 5e-3


def test_a_tick_on_time_finds_the_lock_free_while_the_caller_is_at_work() -> None:
    assert (AT_WORK.count, AT_WORK.free_s) == (1, PERIOD_S)


def test_a_late_tick_finds_it_held_and_so_do_those_that_fell_due_meanwhile() -> None:
    seen = AT_WORK.after(AT_WORK.next_due + 2.5 * PERIOD_S, cpu_s=1.0)

    assert seen.count == AT_WORK.count + 3
    assert seen.free_s == AT_WORK.free_s
    assert seen.due_s == pytest.approx(4 * PERIOD_S)
    assert seen.next_due == pytest.approx(AT_WORK.next_due + 3 * PERIOD_S)


@pytest.mark.parametrize(("late_s", "free"), [(0.99 * ON_TIME_S, True), (1.01 * ON_TIME_S, False)])
def test_a_timer_may_be_a_little_late(late_s: float, *, free: bool) -> None:
    seen = AT_WORK.after(AT_WORK.next_due + late_s, cpu_s=1.0)

    assert (seen.free_s > AT_WORK.free_s) is free


@pytest.mark.parametrize(("used_s", "free"), [(0.9 * MOVED_S, False), (1.1 * MOVED_S, True)])
def test_a_caller_that_waits_for_a_core_has_not_let_go_of_the_lock(
    used_s: float, *, free: bool
) -> None:
    held = AT_WORK.after(AT_WORK.next_due + HELD_S, cpu_s=1.0)

    seen = held.after(held.next_due, cpu_s=1.0 + used_s)

    assert (seen.free_s > held.free_s) is free


def test_nor_has_one_that_was_not_at_work_since_the_start() -> None:
    assert AT_START.after(PERIOD_S, cpu_s=0.9 * MOVED_S).free_s == 0.0


def test_but_in_the_end_it_must_be_asleep() -> None:
    asleep = Ticks(next_due=DOUBT_S, held_at=0.0, held_cpu_s=0.0).after(DOUBT_S, cpu_s=0.0)

    assert asleep.free_s == PERIOD_S


def test_ticks_grow_rarer_and_stand_for_the_longer_time() -> None:
    seen = AT_START
    for _ in range(TICKS_PER_PERIOD + 1):
        seen = seen.after(seen.next_due, cpu_s=1.0)

    assert seen.period_s == 2 * PERIOD_S
    assert seen.due_s == seen.free_s == pytest.approx((TICKS_PER_PERIOD + 2) * PERIOD_S)


@has_lock
@pytest.mark.parametrize("func", [count, lambda: sorted(range(1000), key=str)])
def test_code_that_holds_the_lock_is_never_called_free(func: Callable[[], object]) -> None:
    seen = [watched(func) for _ in range(20)]

    assert all(use.ticks >= 20 for use in seen)
    assert max(use.free_share for use in seen) < 0.2


@has_lock
def test_a_window_of_two_and_a_half_milliseconds_rules_pure_python_out() -> None:
    seen = [watched(count, 2.5e-3) for _ in range(20)]

    assert all(use.ticks >= 5 for use in seen)
    assert max(use.free_share for use in seen) < 0.2


@pytest.mark.parametrize(
    "func",
    [digest, lambda: zlib.compress(CONTENT[:100_000]), lambda: time.sleep(1e-3)],
    ids=["sha256", "zlib", "sleep"],
)
def test_code_that_lets_go_of_the_lock_is_found_free(func: Callable[[], object]) -> None:
    shares = (watched(func).free_share for _ in range(200))

    assert any(share > 0.5 for share in shares)  # a busy machine hides it now and then


@has_lock
def test_one_long_item_that_holds_the_lock_shows_as_held() -> None:
    use = watched(lambda: sorted(map(str, range(200_000))))

    assert use.ticks >= 20
    assert use.free_share < 0.2


def test_a_long_item_costs_hundreds_of_ticks_and_not_thousands() -> None:
    ticker = GilTicker().start()
    time.sleep(0.6)

    assert ticker.stop().ticks < 700


@sees_threads
def test_the_ticking_thread_is_gone_when_it_has_been_stopped() -> None:
    before = {*OWN_THREADS.iterdir()}

    for _ in range(50):
        GilTicker().start().stop()

        assert {*OWN_THREADS.iterdir()} == before


@pytest.fixture
def no_threads() -> Iterator[None]:
    """No thread can be started, because there is no room for its stack."""
    threading.stack_size(1 << 46)
    yield
    threading.stack_size(0)


@pytest.mark.usefixtures("no_threads")
def test_where_no_thread_can_be_started_the_lock_counts_as_held() -> None:
    use = watched(digest)

    assert use.free_share == 0.0
    assert use.threads_gain is None


@pytest.mark.usefixtures("no_threads")
def test_where_no_thread_can_be_started_the_caller_does_the_trial_alone() -> None:
    items = Items(5)

    trial = pair_trial(str, items, window_s=SOON_S)

    assert items.results == [(i, str(i)) for i in range(5)]
    assert trial.items == 5


def test_a_trial_runs_each_item_once_and_keeps_its_result() -> None:
    items = Items(1000)

    trial = pair_trial(str, items, window_s=SOON_S)

    assert sorted(items.results) == [(i, str(i)) for i in range(1000)]
    assert items.failures == []
    assert trial.items == 1000


def test_both_threads_take_items() -> None:
    meeting = threading.Barrier(2, timeout=SOON_S)
    items = Items(10)

    pair_trial(lambda _: meeting.wait(), items, window_s=SOON_S)

    assert len(items.results) == 10


def test_a_trial_ends_when_its_time_is_over() -> None:
    items = Items(10**9)

    trial = pair_trial(lambda _: time.sleep(1e-3), items, window_s=20e-3)

    assert 0 < trial.items < 10**6
    assert trial.items == len(items.results)


def test_while_one_thread_is_at_a_long_item_the_other_goes_on() -> None:
    company = threading.Semaphore(0)

    def func(item: int) -> bool:
        if item == 0:
            return all(company.acquire(timeout=SOON_S) for _ in range(20))
        time.sleep(5e-3)
        company.release()
        return True

    items = Items(10**9)
    pair_trial(func, items, window_s=20e-3)

    assert (0, True) in items.results


@pytest.mark.parametrize(
    "error", [ValueError("no"), StopIteration(3), SystemExit(2), GeneratorExit()], ids=repr
)
def test_an_exception_is_kept_as_itself_and_ends_the_trial(error: BaseException) -> None:
    def func(item: int) -> int:
        if item == 7:
            raise error
        time.sleep(1e-4)
        return item

    items = Items(10**9)
    trial = pair_trial(func, items, window_s=SOON_S)

    assert items.failures == [(7, error)]
    assert items.failures[0][1] is error
    assert 7 <= len(items.results) <= 9
    assert trial.items == len(items.results) + 1


def test_so_is_an_exception_in_the_helper_thread() -> None:
    meeting = threading.Barrier(2, timeout=SOON_S)

    def func(item: int) -> str:
        if item < 2:
            meeting.wait()
        if threading.current_thread() is not threading.main_thread():
            raise KeyboardInterrupt
        return "kept"

    items = Items(10**9)
    pair_trial(func, items, window_s=SOON_S)

    assert [type(error) for _, error in items.failures] == [KeyboardInterrupt]
    assert {result for _, result in items.results} == {"kept"}


@sees_threads
def test_an_interrupt_in_the_caller_ends_it_at_once_and_leaves_no_thread() -> None:
    meeting = threading.Barrier(2, timeout=SOON_S)
    before = {*OWN_THREADS.iterdir()}

    def func(_item: int) -> str:
        meeting.wait()
        if threading.current_thread() is threading.main_thread():
            raise KeyboardInterrupt
        return "kept"

    items = Items(10**9)
    with pytest.raises(KeyboardInterrupt):
        pair_trial(func, items, window_s=SOON_S)

    assert [result for _, result in items.results] == ["kept"]
    assert items.failures == []
    assert {*OWN_THREADS.iterdir()} == before


class Broken(Items):
    """Fails in the helper thread, when the trial asks it for the next item."""

    def take(self) -> tuple[int, Any] | None:
        if threading.current_thread() is not threading.main_thread():
            msg = "broken"
            raise LookupError(msg)
        time.sleep(1e-3)
        return super().take()


def test_an_error_of_the_claims_themselves_reaches_the_caller() -> None:
    with pytest.raises(LookupError, match="broken"):
        pair_trial(str, Broken(10**9), window_s=SOON_S)


def test_both_threads_see_the_callers_context() -> None:
    name = ContextVar[str]("name")
    name.set("ours")
    meeting = threading.Barrier(2, timeout=SOON_S)

    def func(_item: int) -> tuple[str, int]:
        meeting.wait()
        return name.get("theirs"), decimal.getcontext().prec

    items = Items(2)
    with decimal.localcontext(prec=5):
        pair_trial(func, items, window_s=SOON_S)

    assert [result for _, result in items.results] == [("ours", 5)] * 2


@has_lock
def test_under_the_lock_two_threads_gain_nothing() -> None:
    gains = [pair_trial(count, Items(10**9)).gain for _ in range(5)]

    assert max(gains) < 1.15


def test_the_gain_is_the_cpu_time_of_both_threads_over_the_wall_time() -> None:
    meeting = threading.Barrier(2, timeout=SOON_S)

    def func(_item: int) -> None:
        meeting.wait()
        enough_s = time.thread_time() + 10e-3
        while time.thread_time() < enough_s:
            pass

    trial = pair_trial(func, Items(2))

    assert trial.cpu_s >= 20e-3
    assert trial.gain == trial.cpu_s / trial.wall_s
    assert PairTrial(items=2, wall_s=2.0, cpu_s=3.0).gain == 1.5
