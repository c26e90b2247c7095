"""``execute``: what ``[func(x) for x in data]`` returns, in parallel only when that pays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict, TypeVar, Unpack, overload

from amorsize.api.announce import Announcer
from amorsize.api.checks import (
    check_call,
    check_callback,
    check_flags,
    check_sampling,
    checkpoint_from,
    options_from,
)
from amorsize.api.policies import check_awaited, check_rate_is_kept, policies_from
from amorsize.api.progress import shown
from amorsize.api.run import Run, run
from amorsize.runtime.memory import Memory
from amorsize.sample.facts import gives_coroutines

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from os import PathLike

    from amorsize.api.result import OptimizationResult
    from amorsize.vocab.policies import RetryPolicy

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")
StateT = TypeVar("StateT")


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
    timeout: float | None
    deadline: float | None
    on_crash: Literal["raise", "retry", "skip"]
    isolate: bool
    checkpoint: str | PathLike[str] | None
    checkpoint_format: Literal["json", "pickle"]
    checkpoint_force: bool
    on_error: Literal["raise", "skip", "collect"]
    retries: int | RetryPolicy
    max_rate: str | float | None
    seed: int | None
    teardown: Callable[[Any], object] | None
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


@overload
def execute(
    func: Callable[[ItemT, StateT], ResultT],
    data: Iterable[ItemT],
    *,
    setup: Callable[[], StateT],
    verbose: bool = ...,
    return_optimization_result: Literal[False] = ...,
    **forced: Unpack[Forced],
) -> list[ResultT]: ...


@overload
def execute(
    func: Callable[[ItemT, StateT], ResultT],
    data: Iterable[ItemT],
    *,
    setup: Callable[[], StateT],
    verbose: bool = ...,
    return_optimization_result: Literal[True],
    **forced: Unpack[Forced],
) -> tuple[list[ResultT], OptimizationResult]: ...


def execute(
    func: Callable[..., Awaitable[ResultT]] | Callable[..., ResultT],
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
    timeout: float | None = None,
    deadline: float | None = None,
    on_crash: Literal["raise", "retry", "skip"] = "raise",
    isolate: bool = False,
    checkpoint: str | PathLike[str] | None = None,
    checkpoint_format: Literal["json", "pickle"] = "json",
    checkpoint_force: bool = False,
    on_error: Literal["raise", "skip", "collect"] = "raise",
    retries: int | RetryPolicy = 0,
    max_rate: str | float | None = None,
    seed: int | None = None,
    setup: Callable[[], Any] | None = None,
    teardown: Callable[[Any], object] | None = None,
    max_concurrency: int | None = None,
    is_overload: Callable[[BaseException], bool | float | None] | None = None,
) -> list[ResultT] | tuple[list[ResultT], OptimizationResult]:
    """Run ``func`` once on every item and return the results in input order.

    The caller starts at once, measures while it works, and brings in threads or processes only
    when they are sure to pay. ``func`` must not work by changing the caller's memory: in a
    process that change would stay in the worker.

    Args:
        func: Called with one item, and with the value of ``setup`` if there is one. Calls of an
            ``async`` function are awaited on an event loop of their own; inside a running loop (a
            notebook cell) that has its own thread.
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
            learns; looked up after 2 ms of items, kept after runs of 0.2 s. Not with a
            ``max_rate``: times that are waited for say nothing about ``func``.
        timeout: Seconds that an item may take; its worker process is ended then. Retries are
            items of their own, and waits for ``setup``, ``max_rate`` or a retry do not count.
        deadline: Seconds that the whole run may take.
        on_crash: When a worker process dies: raise; ``"retry"`` what was lost, an item that
            kills its worker three times at most; ``"skip"`` puts a ``Failure`` in its place.
        isolate: Run no item in this process. So do the three before: the caller only watches.
        checkpoint: A file in which finished items are kept, made where there is none. A later
            call with the same file, function and data runs only what is not in it; at most 100 ms
            of work per worker, or its current item, runs again after a kill. Results come back
            as they are written, as copies.
        checkpoint_format: ``"json"`` keeps what JSON gives back type for type, and raises for
            anything else. ``"pickle"`` keeps what can be pickled; reading it, which needs this
            again, can run anything that somebody with access has written into the file.
        checkpoint_force: Go on with a file whose function has changed (its results stay), or
            whose data have (changed items run again).
        on_error: ``"collect"`` puts a ``Failure`` in the place of the result of an item that
            raised an ``Exception``; ``"skip"`` leaves it out, so that results are fewer than
            items, and says so in ``warnings``. Interrupts and exits are raised in any case.
        retries: How many times an item that raised is tried again, at once; a ``RetryPolicy``
            tells of waits and of the exceptions that it applies to.
        max_rate: Starts of all workers together, retries included: ``"20/s"``, ``"100/min"``,
            ``"1000/h"``, or a number per second. Nothing is saved up for a burst.
        seed: Inside ``func``, ``item_rng()`` then gives a generator that depends on the seed and
            the item's index only.
        setup: Called without arguments once per worker (process or thread; the caller, too,
            where it works), before its first item; ``func(item, value)`` gets what it returned.
        teardown: Called with that value when the worker runs no more items. What it raises is
            warned of. A process that is killed does not get to it.
        max_concurrency: Have no more calls at the same time than this.
        is_overload: Called with an exception of ``func``: does it mean that the other side
            refused, as HTTP 429 and 503 do? A number is how many seconds it wants to be left
            alone (``Retry-After``), by all. Such an item is called again, up to 10 times, and
            fewer are in flight from then on. Only what comes of it then is an error to
            ``on_error`` and ``retries``.

    Raises:
        UsageError: a ``ValueError``: an argument is wrong, or a forced engine cannot be used.
        WorkerCrashedError: a worker process died; the message names the item.
        CheckpointRefusedError: a ``ValueError``: the checkpoint is in use, is no checkpoint, or is
            another function's or other data's.
        CheckpointError: it cannot be read or written, or a result does not fit into it.
        MemoryShortError: a ``MemoryError``: results have nearly filled the memory.
        ItemTimeoutError: a ``TimeoutError``: an item took longer than ``timeout``.
        DeadlineExceededError: a ``TimeoutError``: the run took longer than ``deadline``.
        ItemStuckError: an item cannot be sent to a process, where none may run in the caller.
        ResultLostError: with ``rerun_lost=False``, and where no item may run in the caller.
        BaseException: whatever ``func`` raises, as itself, with a note naming the item.

    Each of these but the first carries ``results``, a mapping of index to result, and
    ``remaining``, the indices that are not done.
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
    policies = policies_from(
        on_error=on_error,
        retries=retries,
        max_rate=max_rate,
        seed=seed,
        setup=setup,
        teardown=teardown,
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
        timeout=timeout,
        deadline=deadline,
        on_crash=on_crash,
        isolate=isolate,
        max_concurrency=max_concurrency,
        is_overload=is_overload,
    )
    wanted = checkpoint_from(checkpoint, form=checkpoint_format, force=checkpoint_force)
    if gives_coroutines(func):
        check_awaited(options, policies, wanted)
    else:
        check_rate_is_kept(policies, options.backend)
    announcer = Announcer(verbose=bool(verbose), callback=progress_callback)
    announcer.phase("running", 0.0)
    memory = Memory(func, wanted=bool(use_cache) and policies.rate_per_s is None)
    with shown(progress) as show:
        done = run(
            func,
            data,
            options,
            progress=show,
            keep=bool(return_optimization_result),
            memory=memory,
            checkpoint=wanted,
            policies=policies,
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
