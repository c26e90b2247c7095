"""``execute``: what ``[func(x) for x in data]`` returns, in parallel only when that pays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict, TypeVar, Unpack, overload

from amorsize.api.announce import Announcer
from amorsize.api.checks import (
    check_call,
    check_callback,
    check_flags,
    check_sampling,
    options_from,
)
from amorsize.api.progress import shown
from amorsize.api.run import Run, run
from amorsize.runtime.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from amorsize.api.result import OptimizationResult

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


class Forced(TypedDict, total=False):
    """What may be said by keyword only; ``execute`` documents it."""

    n_jobs: int | None
    chunksize: int | None
    backend: Literal["auto", "serial", "threads", "processes"]
    order: Literal["any", "input"]
    fail_fast: bool
    rerun_lost: bool
    progress: bool | Callable[..., object]
    use_cache: bool
    max_concurrency: int | None
    is_overload: Callable[[BaseException], bool | float | None] | None


@overload
def execute(
    func: Callable[[ItemT], Awaitable[ResultT]],
    data: Iterable[ItemT],
    *,
    verbose: bool = ...,
    return_optimization_result: Literal[False] = ...,
    **forced: Unpack[Forced],
) -> list[ResultT]: ...


@overload
def execute(
    func: Callable[[ItemT], Awaitable[ResultT]],
    data: Iterable[ItemT],
    *,
    verbose: bool = ...,
    return_optimization_result: Literal[True],
    **forced: Unpack[Forced],
) -> tuple[list[ResultT], OptimizationResult]: ...


@overload
def execute(
    func: Callable[[ItemT], ResultT],
    data: Iterable[ItemT],
    sample_size: int = ...,
    target_chunk_duration: float = ...,
    verbose: bool = ...,
    use_spawn_benchmark: bool = ...,
    use_chunking_benchmark: bool = ...,
    profile: bool = ...,
    auto_adjust_for_nested_parallelism: bool = ...,
    progress_callback: Callable[[str, float], None] | None = ...,
    return_optimization_result: Literal[False] = ...,
    prefer_threads_for_io: bool = ...,
    **forced: Unpack[Forced],
) -> list[ResultT]: ...


@overload
def execute(
    func: Callable[[ItemT], ResultT],
    data: Iterable[ItemT],
    sample_size: int = ...,
    target_chunk_duration: float = ...,
    verbose: bool = ...,
    use_spawn_benchmark: bool = ...,
    use_chunking_benchmark: bool = ...,
    profile: bool = ...,
    auto_adjust_for_nested_parallelism: bool = ...,
    progress_callback: Callable[[str, float], None] | None = ...,
    *,
    return_optimization_result: Literal[True],
    prefer_threads_for_io: bool = ...,
    **forced: Unpack[Forced],
) -> tuple[list[ResultT], OptimizationResult]: ...


def execute(
    func: Callable[[ItemT], Awaitable[ResultT]] | Callable[[ItemT], ResultT],
    data: Iterable[ItemT],
    sample_size: int = 5,
    target_chunk_duration: float = 0.2,
    verbose: bool = False,
    use_spawn_benchmark: bool = True,
    use_chunking_benchmark: bool = True,
    profile: bool = False,
    auto_adjust_for_nested_parallelism: bool = True,
    progress_callback: Callable[[str, float], None] | None = None,
    return_optimization_result: bool = False,
    prefer_threads_for_io: bool = True,
    *,
    n_jobs: int | None = None,
    chunksize: int | None = None,
    backend: Literal["auto", "serial", "threads", "processes"] = "auto",
    order: Literal["any", "input"] = "any",
    fail_fast: bool = False,
    rerun_lost: bool = True,
    progress: bool | Callable[..., object] = False,
    use_cache: bool = True,
    max_concurrency: int | None = None,
    is_overload: Callable[[BaseException], bool | float | None] | None = None,
) -> list[ResultT] | tuple[list[ResultT], OptimizationResult]:
    """Run ``func`` once on every item and return the results in input order.

    The caller starts at once, measures while it works, and brings in threads or processes only
    when they are sure to pay. ``func`` must not work by changing the caller's memory: in a
    process that change would stay in the worker.

    Args:
        func: Called with one item. Calls of an ``async`` function are awaited on an event loop of
            their own; inside a running loop (a notebook cell) that has its own thread.
        data: Any iterable. It is read as the plain loop would read it.
        sample_size: Kept for callers of 0.1; the run itself decides how much to measure.
        target_chunk_duration: Kept likewise; chunks follow what was measured.
        verbose: Print what was decided and why, to stdout.
        use_spawn_benchmark: Kept likewise.
        use_chunking_benchmark: Kept likewise.
        profile: Kept likewise; what was measured is always in ``result.profile``.
        auto_adjust_for_nested_parallelism: Keep BLAS and OpenMP to one thread per worker.
        progress_callback: Called with a phase and a share from 0.0 to 1.0.
        return_optimization_result: Return ``(results, result)``; ``result.run`` tells more, and
            ``result.data`` keeps every item, of one-shot input too.
        prefer_threads_for_io: Use threads for a function that waits.
        n_jobs: Force this many workers, the caller included where it works; -1: all usable.
        chunksize: Force this many items per chunk.
        backend: Force an engine.
        order: ``"input"`` starts items in input order only.
        fail_fast: Raise at the first failure seen, without finishing smaller items.
        rerun_lost: Run an item again whose result could not come back; else raise.
        progress: A bar on stderr; ``tqdm`` or a class like it; or a callable of (done, total), or
            of (done, total, time left), called in the caller's thread up to 20 times a second.
        use_cache: Use what earlier calls have learned about ``func``, and keep what this one
            learns; looked up after 2 ms of items, kept after runs of 0.2 s.
        max_concurrency: Have no more calls at the same time than this.
        is_overload: Called with an exception of ``func``: does it mean that the other side
            refused, as HTTP 429 and 503 do? A number is how many seconds it wants to be left
            alone (``Retry-After``), by all. Such an item is called again, up to 10 times, and
            fewer are in flight from then on.

    Raises:
        UsageError: a ``ValueError``: an argument is wrong, or a forced engine cannot be used.
        WorkerCrashedError: a worker process died; the message names the item.
        ResultLostError: only with ``rerun_lost=False``.
        BaseException: whatever ``func`` raises, as itself, with a note naming the item.
    """
    check_call(func, data, awaits=True)
    check_sampling(sample_size, target_chunk_duration)
    check_callback("progress_callback", progress_callback)
    check_flags(
        verbose=verbose,
        use_spawn_benchmark=use_spawn_benchmark,
        use_chunking_benchmark=use_chunking_benchmark,
        profile=profile,
        return_optimization_result=return_optimization_result,
        use_cache=use_cache,
    )
    options = options_from(
        n_jobs=n_jobs,
        chunksize=chunksize,
        backend=backend,
        order=order,
        fail_fast=fail_fast,
        rerun_lost=rerun_lost,
        prefer_threads_for_io=prefer_threads_for_io,
        auto_adjust_for_nested_parallelism=auto_adjust_for_nested_parallelism,
        max_concurrency=max_concurrency,
        is_overload=is_overload,
    )
    announcer = Announcer(verbose=bool(verbose), callback=progress_callback)
    announcer.phase("running", 0.0)
    memory = Memory(func, wanted=bool(use_cache))
    with shown(progress) as show:
        done = run(
            func,
            data,
            options,
            progress=show,
            keep=bool(return_optimization_result),
            memory=memory,
        )
    announcer.phase("done", 1.0)
    if not (verbose or return_optimization_result):
        return done.results
    result = result_of(done)
    if announcer.verbose:
        announcer.tell(memory.verdict, f"{result.explain()}\n\n{result}")
    return (done.results, result) if return_optimization_result else done.results


def result_of(done: Run) -> OptimizationResult:
    """The account of a run as users see it."""
    from amorsize.api.result import OptimizationResult

    return OptimizationResult.from_run(done.record, data=done.data)
