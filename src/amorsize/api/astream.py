"""``astream``: what ``stream`` does, within a running loop, which it does not block."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final, TypeVar, overload

from amorsize.api.checks import check_call, check_flags, check_has, options_from
from amorsize.api.stream import window_from
from amorsize.engines.source import promised_length
from amorsize.engines.window import WindowedSource
from amorsize.plan.wording import refusal
from amorsize.runtime.memory import Memory
from amorsize.runtime.streaming import Streaming
from amorsize.sample.facts import gives_coroutines
from amorsize.vocab.options import Backend
from amorsize.vocab.plan import Untried

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")

FORCED: Final = frozenset(
    {
        "n_jobs",
        "max_concurrency",
        "is_overload",
        "fail_fast",
        "backend",
        "chunksize",
        "rerun_lost",
    }
)
"""Options of ``execute`` that it has, too."""


@overload
def astream(
    func: Callable[[ItemT], Awaitable[ResultT]], data: Iterable[ItemT], **options: Any
) -> AsyncGenerator[ResultT, None]: ...


@overload
def astream(
    func: Callable[[ItemT], ResultT], data: Iterable[ItemT], **options: Any
) -> AsyncGenerator[ResultT, None]: ...


def astream(
    func: Callable[[Any], Any],
    data: Iterable[Any],
    *,
    ordered: bool = True,
    window: int | None = None,
    window_bytes: int | None = None,
    use_cache: bool = True,
    **forced: Any,
) -> AsyncGenerator[Any, None]:
    """Give the results of ``func`` one after the other, without blocking the running loop.

    Coroutines run on the running loop, so many at once as prove best; they go on while results
    are consumed. A plain function is a ``stream`` in a thread of its own, where ``data`` is read,
    too; it never forks. Close it (``contextlib.aclosing``) to end early: coroutines in flight are
    cancelled and awaited; a plain function's call that has begun ends first.

    Args:
        func: Called with one item; an ``async`` function, or a plain one.
        data: Any iterable, but not an asynchronous one. For an ``async`` function, reading it must
            not block.
        ordered: As with ``stream``.
        window: Likewise; it also bounds how many coroutines are in flight.
        window_bytes: Likewise.
        use_cache: Likewise; nothing is learned about async functions.
        **forced: ``n_jobs``, ``max_concurrency``, ``is_overload``, ``fail_fast``, ``backend``,
            ``chunksize``, ``rerun_lost``: as with ``execute``.

    Raises:
        UsageError: a ``ValueError``: an argument is wrong.
        BaseException: while results are awaited, whatever ``func`` raises, as itself.
    """
    check_call(func, data, awaits=True)
    check_flags(ordered=ordered, use_cache=use_cache)
    check_has("astream", forced, FORCED)
    options = options_from(order="input", **forced)
    limits = window_from(window, window_bytes)
    source = WindowedSource(data, length=promised_length(data), window=limits)
    if not gives_coroutines(func):
        memory = Memory(func, wanted=bool(use_cache))
        run = Streaming(func, source, options=options, memory=memory, ordered=bool(ordered))
        return _beside(run)
    if options.backend not in {Backend.AUTO, Backend.SERIAL}:
        raise refusal(options, [Untried("an async function runs on an event loop")])
    from amorsize.runtime.astreaming import await_batches

    return _one_by_one(await_batches(func, source, options=options, ordered=bool(ordered)))


async def _one_by_one(batches: AsyncGenerator[list[Any], None]) -> AsyncGenerator[Any, None]:
    async with aclosing(batches):
        async for batch in batches:
            for result in batch:
                yield result


async def _beside(run: Streaming) -> AsyncGenerator[Any, None]:
    """All of it in one thread, a step at a time.

    One generator, none within: a loop that ends closes all at once, and complains of an inner
    one that the outer one is closing already.
    """
    loop, batches = asyncio.get_running_loop(), run.batches()
    thread = ThreadPoolExecutor(1, thread_name_prefix="amorsize-stream")
    try:
        while (batch := await loop.run_in_executor(thread, next, batches, None)) is not None:
            for result in batch:
                yield result
    finally:
        await asyncio.shield(loop.run_in_executor(thread, batches.close))
        thread.shutdown(wait=False)
