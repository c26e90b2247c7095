"""Async functions: the same answer as the plain loop, and nothing left on any loop."""

from __future__ import annotations

import asyncio
import functools
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import pytest

import amorsize
from amorsize.plan.refusals import MOST_CALLS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator


async def doubled(item: int) -> int:
    await asyncio.sleep(0.001 * (item % 3))
    return 2 * item


class Doubler:
    async def __call__(self, item: int) -> int:
        return await doubled(item)

    async def method(self, item: int) -> int:
        return await doubled(item)


KINDS: dict[str, Callable[[int], Awaitable[int]]] = {
    "function": doubled,
    "callable": Doubler(),
    "method": Doubler().method,
    "partial": functools.partial(doubled),
}


@pytest.mark.parametrize("kind", KINDS)
def test_results_come_in_input_order(kind: str) -> None:
    results: Any = amorsize.execute(KINDS[kind], range(100))

    assert results == [2 * item for item in range(100)]


@pytest.mark.parametrize("items", [0, 1, 17])
def test_inputs_of_unknown_length_are_read_once(items: int) -> None:
    assert amorsize.execute(doubled, iter(range(items))) == [2 * item for item in range(items)]


def test_every_item_runs_once() -> None:
    calls: Counter[int] = Counter()

    async def counted(item: int) -> None:
        calls[item] += 1
        await asyncio.sleep(0)

    amorsize.execute(counted, range(500))

    assert calls == Counter(range(500))


def test_inside_a_running_loop_it_has_a_thread_of_its_own() -> None:
    where = []

    async def noted(item: int) -> int:
        where.append(threading.current_thread())
        return await doubled(item)

    async def cell() -> Any:
        return amorsize.execute(noted, range(20))

    assert asyncio.run(cell()) == [2 * item for item in range(20)]
    assert threading.main_thread() not in where


def test_aexecute_does_not_block_the_loop() -> None:
    async def main() -> tuple[Any, int]:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0)

        ticker = asyncio.create_task(tick())
        results = await amorsize.aexecute(doubled, range(50))
        ticker.cancel()
        return results, ticks

    results, ticks = asyncio.run(main())
    assert results == [2 * item for item in range(50)]
    assert ticks > 10


def test_aexecute_runs_plain_functions_beside_the_loop() -> None:
    def plain(item: int) -> int:
        assert threading.current_thread() is not threading.main_thread()
        return item + 1

    async def main() -> Any:
        return await amorsize.aexecute(plain, range(10), return_optimization_result=True)

    results, result = asyncio.run(main())
    assert results == list(range(1, 11))
    assert result.run.items == 10


VARIABLE: ContextVar[str] = ContextVar("variable", default="unset")


def test_items_see_the_callers_context() -> None:
    async def look(_item: int) -> str:
        return VARIABLE.get()

    token = VARIABLE.set("seen")
    try:
        assert amorsize.execute(look, range(3)) == ["seen"] * 3
    finally:
        VARIABLE.reset(token)


# -- failures


async def fails_from_5_on(item: int) -> int:
    await asyncio.sleep(0.002 if item == 5 else 0)
    if item >= 5:
        raise KeyError(item)
    return item


def test_the_smallest_failing_index_counts() -> None:
    with pytest.raises(KeyError, match="5") as caught:
        amorsize.execute(fails_from_5_on, range(100))

    assert caught.value.__notes__ == ["amorsize: raised at item 5, in the event loop"]


def test_smaller_items_end_and_larger_ones_are_called_back() -> None:
    ends: dict[int, str] = {}

    async def watched(item: int) -> None:
        if item == 3:
            await asyncio.sleep(0)
            raise ValueError(item)
        try:
            await asyncio.sleep(0.01 if item < 3 else 60)
        except asyncio.CancelledError:
            ends[item] = "called back"
            raise
        ends[item] = "ended"

    with pytest.raises(ValueError, match="3"):
        amorsize.execute(watched, range(8), n_jobs=8)

    assert ends == {
        **dict.fromkeys(range(3), "ended"),
        **dict.fromkeys(range(4, 8), "called back"),
    }


def test_fail_fast_calls_back_smaller_items_too() -> None:
    async def watched(item: int) -> None:
        if item == 3:
            await asyncio.sleep(0)
            raise ValueError(item)
        await asyncio.sleep(60)

    with pytest.raises(ValueError, match="3"):
        amorsize.execute(watched, range(8), n_jobs=8, fail_fast=True)


@pytest.mark.parametrize("error", [SystemExit(3), asyncio.CancelledError(), StopAsyncIteration()])
def test_every_exception_is_raised_as_itself(error: BaseException) -> None:
    async def raises(_item: int) -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        amorsize.execute(raises, range(3))
    assert caught.value is error


def test_an_input_that_breaks_off_raises_its_own_exception() -> None:
    def broken() -> Iterator[int]:
        yield from range(5)
        raise OSError(5, "no more")

    with pytest.raises(OSError, match="no more"):
        amorsize.execute(doubled, broken())


# -- leaving


def test_a_cancelled_aexecute_leaves_nothing_on_the_loop() -> None:
    begun, ended = [], []

    async def long(item: int) -> None:
        begun.append(item)
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.001)  # cleaning up may take its time
            ended.append(item)

    async def main() -> int:
        task = asyncio.create_task(amorsize.aexecute(long, range(100)))
        while not begun:  # noqa: ASYNC110 - items must not need to know of the test
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return len(asyncio.all_tasks())

    assert asyncio.run(main(), debug=True) == 1
    assert sorted(ended) == begun


def test_a_cancelled_aexecute_of_a_plain_function_ends_its_run() -> None:
    begun: list[int] = []

    def plain(item: int) -> None:
        begun.append(item)
        time.sleep(0.001)

    async def main() -> int:
        task = asyncio.create_task(amorsize.aexecute(plain, range(1_000_000)))
        while len(begun) < 5:  # noqa: ASYNC110 - they run in another thread
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return len(begun)

    assert asyncio.run(main()) == len(begun) < 1_000_000


INTERRUPTED = """
import asyncio, signal, sys
import amorsize
signal.signal(signal.SIGINT, signal.default_int_handler)
ended = []
async def long(item):
    if item == {items} - 1:
        print("begun", flush=True)
    try:
        await asyncio.sleep(60)
    finally:
        ended.append(item)
async def cell():
    return amorsize.execute(long, range({items}), n_jobs={items})
try:
    {call}
except KeyboardInterrupt:
    print(sorted(ended) == list(range({items})), flush=True)
"""


@pytest.mark.parametrize(
    "call",
    [
        "amorsize.execute(long, range({items}), n_jobs={items})",
        "asyncio.run(amorsize.aexecute(long, range({items}), n_jobs={items}))",
    ],
)
def test_ctrl_c_works_the_first_time(call: str) -> None:
    code = INTERRUPTED.format(items=5, call=call.format(items=5))
    with subprocess.Popen(
        [sys.executable, "-X", "dev", "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)

    assert (out, err, process.returncode) == ("True\n", "", 0)


# -- how many at once


class Meter:
    """How many are inside, at most."""

    def __init__(self) -> None:
        self.inside = self.most = 0
        self._lock = threading.Lock()

    def enter(self) -> None:
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)

    def leave(self) -> None:
        with self._lock:
            self.inside -= 1

    async def wait(self, item: int) -> int:
        self.enter()
        await asyncio.sleep(0.001)
        self.leave()
        return item

    def block(self, item: int) -> int:
        self.enter()
        time.sleep(0.002)
        self.leave()
        return item


@pytest.mark.parametrize("awaits", [True, False])
def test_no_more_at_once_than_allowed(awaits: bool) -> None:
    meter = Meter()
    func: Any = meter.wait if awaits else meter.block

    assert amorsize.execute(func, range(200), max_concurrency=3) == list(range(200))
    assert meter.most == 3


def test_n_jobs_is_how_many_at_once() -> None:
    meter = Meter()

    _, result = amorsize.execute(meter.wait, range(100), n_jobs=7, return_optimization_result=True)

    assert meter.most == result.n_jobs == 7
    assert "7 at once" in result.explain()
    assert result.run is not None
    assert result.run.waiting is None


def test_the_number_is_found_and_told_of() -> None:
    meter = Meter()

    _, result = amorsize.execute(meter.wait, range(2000), return_optimization_result=True)

    assert result.executor_type == "async"
    assert result.run is not None
    assert result.run.waiting is not None
    steps = result.run.waiting.steps
    assert steps[0].width == 16
    assert max(step.width for step in steps) == meter.most == result.n_jobs > 16
    assert f"in flight at the end: {steps[-1].width}" in result.explain()


# -- refusals


class BusyError(Exception):
    """HTTP 429, as it were."""


def retry_soon(error: BaseException) -> float:
    return 0.001 if isinstance(error, BusyError) else 0.0


@pytest.mark.parametrize("awaits", [True, False])
def test_what_was_refused_is_called_again(awaits: bool) -> None:
    calls: Counter[int] = Counter()

    def answer(item: int) -> int:
        calls[item] += 1
        if item % 50 == 20 and calls[item] == 1:
            raise BusyError
        return item

    async def wait(item: int) -> int:
        await asyncio.sleep(0.001)
        return answer(item)

    def block(item: int) -> int:
        time.sleep(0.002)
        return answer(item)

    func: Any = wait if awaits else block
    results, result = amorsize.execute(
        func, range(400), is_overload=retry_soon, return_optimization_result=True
    )

    assert results == list(range(400))
    assert calls == Counter([*range(400), *range(20, 400, 50)])
    assert result.run is not None
    assert result.run.waiting is not None
    assert result.run.waiting.refused >= 7  # the caller's own first items are not counted
    assert min(step.width for step in result.run.waiting.steps) < 16


@pytest.mark.parametrize("awaits", [True, False])
def test_what_is_refused_again_and_again_is_raised(awaits: bool) -> None:
    calls: Counter[int] = Counter()

    def refuse(item: int) -> None:
        calls[item] += 1
        raise BusyError

    async def arefuse(item: int) -> None:
        refuse(item)

    func: Any = arefuse if awaits else refuse
    with pytest.raises(BusyError):
        amorsize.execute(func, range(3), is_overload=retry_soon)

    assert calls[0] == MOST_CALLS


def test_who_wants_to_be_left_alone_for_long_is_taken_at_their_word() -> None:
    calls = []

    async def refuse(item: int) -> None:
        calls.append(item)
        raise BusyError

    with pytest.raises(BusyError):
        amorsize.execute(refuse, [1], is_overload=lambda _error: 86_400.0)
    assert calls == [1]


# -- what cannot be


def test_no_other_engine_can_run_it() -> None:
    with pytest.raises(amorsize.BackendRefusedError, match="event loop"):
        amorsize.execute(doubled, range(3), backend="threads")


def test_advice_for_pools_has_nothing_to_say() -> None:
    with pytest.raises(amorsize.UsageError, match="aexecute and astream await them"):
        amorsize.optimize(doubled, range(3))


def test_asynchronous_generators_are_refused() -> None:
    async def generator(item: int) -> Any:
        yield item

    with pytest.raises(amorsize.UsageError, match="must not be an async function"):
        amorsize.execute(generator, range(3))


def test_chunks_mean_nothing_and_it_says_so() -> None:
    _, result = amorsize.execute(doubled, range(3), chunksize=2, return_optimization_result=True)

    assert any("chunksize" in warning for warning in result.warnings)


def test_more_jobs_than_allowed_at_once_is_a_mistake() -> None:
    with pytest.raises(amorsize.UsageError, match="n_jobs must not exceed max_concurrency"):
        amorsize.execute(doubled, range(3), n_jobs=4, max_concurrency=3)


@pytest.mark.timeout(10)
def test_a_plain_function_that_raises_stop_iteration_does_not_hang() -> None:
    with pytest.raises(RuntimeError, match="StopIteration"):
        asyncio.run(amorsize.aexecute(next, [iter(())]))
