"""``aexecute``: what ``execute`` does, awaited within a running loop, which it does not block."""

from __future__ import annotations

import asyncio
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal, TypedDict, TypeVar, Unpack, overload

from amorsize.api.checks import check_call, check_flags, check_has, options_from
from amorsize.api.execute import result_of
from amorsize.api.policies import check_rate_is_kept, policies_from
from amorsize.api.progress import shown
from amorsize.api.run import arun, run
from amorsize.runtime.memory import Memory
from amorsize.sample.facts import gives_coroutines

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from amorsize.api.progress import Show
    from amorsize.api.result import OptimizationResult
    from amorsize.api.run import Run
    from amorsize.vocab.policies import Policies, RetryPolicy

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")

POLICIES: Final = frozenset({"on_error", "retries", "max_rate", "seed"})
"""Of the options, those that are wanted of each item."""


class Forced(TypedDict, total=False):
    """What is as with ``execute``."""

    backend: Literal["auto", "serial", "threads", "processes"]
    chunksize: int | None
    order: Literal["any", "input"]
    rerun_lost: bool
    on_error: Literal["raise", "skip", "collect"]
    retries: int | RetryPolicy
    max_rate: str | float | None
    seed: int | None


class Wishes(Forced, total=False):
    """What may be said by keyword only; ``aexecute`` documents it."""

    n_jobs: int | None
    max_concurrency: int | None
    is_overload: Callable[[BaseException], bool | float | None] | None
    fail_fast: bool
    progress: bool | Callable[..., object]
    use_cache: bool


@overload
async def aexecute(
    func: Callable[[ItemT], Awaitable[ResultT]],
    data: Iterable[ItemT],
    *,
    return_optimization_result: Literal[False] = ...,
    **wishes: Unpack[Wishes],
) -> list[ResultT]: ...


@overload
async def aexecute(
    func: Callable[[ItemT], Awaitable[ResultT]],
    data: Iterable[ItemT],
    *,
    return_optimization_result: Literal[True],
    **wishes: Unpack[Wishes],
) -> tuple[list[ResultT], OptimizationResult]: ...


@overload
async def aexecute(
    func: Callable[[ItemT], ResultT],
    data: Iterable[ItemT],
    *,
    return_optimization_result: Literal[False] = ...,
    **wishes: Unpack[Wishes],
) -> list[ResultT]: ...


@overload
async def aexecute(
    func: Callable[[ItemT], ResultT],
    data: Iterable[ItemT],
    *,
    return_optimization_result: Literal[True],
    **wishes: Unpack[Wishes],
) -> tuple[list[ResultT], OptimizationResult]: ...


async def aexecute(
    func: Callable[[ItemT], Awaitable[ResultT]] | Callable[[ItemT], ResultT],
    data: Iterable[ItemT],
    *,
    n_jobs: int | None = None,
    max_concurrency: int | None = None,
    is_overload: Callable[[BaseException], bool | float | None] | None = None,
    fail_fast: bool = False,
    progress: bool | Callable[..., object] = False,
    return_optimization_result: bool = False,
    use_cache: bool = True,
    **forced: Unpack[Forced],
) -> list[ResultT] | tuple[list[ResultT], OptimizationResult]:
    """Run ``func`` once on every item and return the results in input order.

    Coroutines run on the loop that is running, so many at once as prove best. A plain function
    runs as with ``execute``, in a thread of its own, and never forks. Cancelled, it cancels every
    item in flight and awaits them; a plain function's calls that have begun end first.

    Args:
        func: Called with one item; an ``async`` function, or a plain one.
        data: Any iterable, but not an asynchronous one. Reading it must not block.
        n_jobs: Exactly so many at once; -1: all usable CPUs.
        max_concurrency: No more at once than this.
        is_overload: As with ``execute``.
        fail_fast: Cancel everything at the first failure seen, smaller items too.
        progress: A bar on stderr, ``tqdm``, or a callable of (done, total).
        return_optimization_result: Return ``(results, result)``.
        use_cache: As with ``execute``; nothing is learned about async functions.
        **forced: ``backend``, ``chunksize``, ``order``, ``rerun_lost``, ``on_error``, ``retries``,
            ``max_rate``, ``seed``: as with ``execute``. Its other options are refused.

    Raises:
        UsageError: a ``ValueError``: an argument is wrong.
        CancelledError: the caller was cancelled; nothing of this call goes on.
        BaseException: whatever ``func`` raises, as itself, with a note naming the item.
    """
    check_call(func, data, awaits=True)
    check_flags(return_optimization_result=return_optimization_result, use_cache=use_cache)
    policies, others = _policies_in(forced)
    options = options_from(
        n_jobs=n_jobs,
        max_concurrency=max_concurrency,
        is_overload=is_overload,
        fail_fast=fail_fast,
        **others,
    )
    keep, awaits = bool(return_optimization_result), gives_coroutines(func)
    if not awaits:
        check_rate_is_kept(policies, options.backend)
    with shown(progress) as show:
        if awaits:
            task: Any = func
            done = await arun(task, data, options, progress=show, keep=keep, policies=policies)
        else:
            memory = Memory(func, wanted=bool(use_cache) and policies.rate_per_s is None)
            whole = partial(run, func, data, options, keep=keep, memory=memory, policies=policies)
            done = await _beside(whole, show=show)
    return (done.results, result_of(done)) if return_optimization_result else done.results


def _policies_in(forced: Forced) -> tuple[Policies, dict[str, Any]]:
    """What is wanted of each item, and the other options; refuses what is neither."""
    check_has("aexecute", forced, frozenset(Forced.__annotations__))
    policies: dict[str, Any] = {}
    others: dict[str, Any] = {}
    for name, value in forced.items():
        (policies if name in POLICIES else others)[name] = value
    return policies_from(**policies), others


async def _beside(whole: Callable[..., Run], *, show: Show | None) -> Run:
    """``run`` in a thread, ended by what its progress raises once nobody waits for it."""
    loop, is_over = asyncio.get_running_loop(), False

    def tell(done: int, total: int | None) -> None:
        if is_over:
            raise _NobodyWaitsError
        if show is not None:
            loop.call_soon_threadsafe(show, done, total)

    call = partial(_caught, partial(whole, progress=tell))
    future = loop.run_in_executor(None, copy_context().run, call)
    try:
        done = await asyncio.shield(future)
    except asyncio.CancelledError:
        is_over = True
        await asyncio.wait([future])
        if not future.cancelled():
            future.exception()  # seen: it is not told of again
        raise
    if isinstance(done, StopIteration):
        raise done
    return done


def _caught(call: Callable[[], Run]) -> Run | StopIteration:
    """No future can hold a ``StopIteration``: whoever awaits it would wait for ever."""
    try:
        return call()
    except StopIteration as error:
        return error


class _NobodyWaitsError(Exception):
    """Ends a run in its thread; never seen by anybody."""
