"""``astream``: results as they come, within a running loop."""

from __future__ import annotations

import asyncio
import threading
from contextlib import aclosing
from typing import Any

import pytest

import amorsize
from tests.acceptance.test_stream import Counted, busy


async def waits(item: int) -> int:
    await asyncio.sleep(0.02 if item % 10 == 3 else 1e-3)
    return -item


async def collected(data: Any, func: Any = waits, **options: Any) -> list[int]:
    return [result async for result in amorsize.astream(func, data, **options)]


@pytest.mark.parametrize("func", [waits, busy])
@pytest.mark.parametrize("window", [1, 5, None])
def test_results_come_in_input_order(func: Any, window: int | None) -> None:
    assert asyncio.run(collected(range(60), func, window=window)) == [-n for n in range(60)]


def test_unordered_results_are_the_same_ones() -> None:
    given = asyncio.run(collected(range(60), ordered=False, n_jobs=8))

    assert given != sorted(given, reverse=True)
    assert sorted(given, reverse=True) == [-n for n in range(60)]


@pytest.mark.parametrize("func", [waits, busy])
def test_no_more_than_the_window_is_ever_read_ahead(func: Any) -> None:
    async def most_ahead() -> int:
        data, ahead, taken = Counted(), 0, 0
        async with aclosing(amorsize.astream(func, data, window=6)) as results:
            async for _ in results:
                ahead = max(ahead, data.read - taken)
                taken += 1
                if taken == 80:
                    break
        return ahead

    assert 1 <= asyncio.run(most_ahead()) <= 6


def test_closed_early_it_cancels_what_is_in_flight() -> None:
    ended: list[int] = []

    async def tells(item: int) -> int:
        try:
            await asyncio.sleep(60 if item > 10 else 0)
        finally:
            ended.append(item)
        return item

    async def first() -> int:
        async with aclosing(amorsize.astream(tells, Counted(), n_jobs=5)) as results:
            async for result in results:
                if result == 10:
                    return len(asyncio.all_tasks())
        return 0

    assert asyncio.run(first()) > 1
    assert ended[:11] == list(range(11))
    assert len(ended) > 11


@pytest.mark.parametrize("awaits", [True, False])
def test_a_failure_comes_after_the_results_before_it(*, awaits: bool) -> None:
    async def failing(item: int) -> int:
        if item == 30:
            raise LookupError(item)
        return await waits(item)

    def failing_too(item: int) -> int:
        if item == 30:
            raise LookupError(item)
        return busy(item)

    given: list[Any] = []

    async def take() -> None:
        async for result in amorsize.astream(failing if awaits else failing_too, range(60)):
            given.append(result)  # noqa: PERF401 - those before the failure

    with pytest.raises(LookupError, match="30"):
        asyncio.run(take())
    assert given == [-n for n in range(30)]


def test_a_plain_function_does_not_block_the_loop() -> None:
    home = threading.get_ident()
    turns = 0

    async def both() -> list[int]:
        async def counts() -> None:
            nonlocal turns
            while True:
                await asyncio.sleep(0)
                turns += 1

        counter = asyncio.create_task(counts())
        given = await collected(range(5), lambda _: threading.get_ident())
        counter.cancel()
        return given

    assert home not in asyncio.run(both())
    assert turns > 1


def test_stream_says_that_it_takes_no_async_function() -> None:
    with pytest.raises(ValueError, match="must not be an async function"):
        amorsize.stream(waits, [1])


@pytest.mark.parametrize("awaits", [True, False])
def test_a_stream_that_is_left_open_ends_with_its_loop(awaits: bool) -> None:
    told: list[Any] = []
    kept: list[Any] = []

    async def same(item: int) -> int:
        await asyncio.sleep(0)
        return item

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, what: told.append(what))
        kept.append(amorsize.astream(same if awaits else abs, iter(range(10**6))))
        await anext(kept[0])

    asyncio.run(main())

    assert told == []
