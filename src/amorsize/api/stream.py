"""``stream``: results one after the other, while the input is read no further than needed."""

from __future__ import annotations

from operator import length_hint
from typing import TYPE_CHECKING, Any, Generic, Literal, Self, TypeVar

from amorsize.api.checks import check_call, check_flags, options_from, positive_integer
from amorsize.engines.source import promised_length
from amorsize.engines.window import WINDOW, WINDOW_BYTES, Window, WindowedSource
from amorsize.runtime.memory import Memory
from amorsize.runtime.streaming import Streaming

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from types import TracebackType

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


class Stream(Generic[ResultT]):
    """An iterator over results; made by ``stream``.

    ``close`` it, or use it in a ``with`` statement, to end early and surely; a ``for`` loop that
    is left by ``break`` closes it once nothing else refers to it, as with any generator.
    """

    def __init__(self, run: Streaming) -> None:
        self._run = run
        self._count = _Count()
        self._results: Generator[ResultT, None, None] = _one_by_one(run, self._count)

    def __iter__(self) -> Iterator[ResultT]:
        """The generator itself: half as dear per item as ``next(self)``."""
        return self._results

    def __next__(self) -> ResultT:
        return next(self._results)

    def close(self) -> None:
        """End now: workers are stopped, and no more is read. Safe to call twice."""
        self._results.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def delivered(self) -> int:
        """Results handed out so far."""
        return self._count.delivered

    @property
    def pulled(self) -> int:
        """Items read from the input so far: never more than the window above ``delivered``.

        Those between the two were read, and may have been run; their results are dropped when
        the stream is closed. The input goes on with item number ``pulled``.
        """
        return self._run.pulled

    def explain(self) -> str:
        """How it went, once it has come to its end."""
        from amorsize.report.text import explain

        record = self._run.record
        return "the stream has not come to its end" if record is None else explain(record)


class _Count:
    """Results handed out: whole batches, and as much of the latest one as was taken."""

    def __init__(self) -> None:
        self._before = 0
        self._batch: Iterator[Any] = iter(())

    def begin(self, batch: list[Any]) -> Iterator[Any]:
        self._before += len(batch)
        self._batch = iter(batch)
        return self._batch

    @property
    def delivered(self) -> int:
        return self._before - length_hint(self._batch)


def _one_by_one(run: Streaming, count: _Count) -> Generator[Any, None, None]:
    batches = run.batches()
    try:
        for batch in batches:
            yield from count.begin(batch)
    finally:
        batches.close()


def stream(
    func: Callable[[ItemT], ResultT],
    data: Iterable[ItemT],
    *,
    ordered: bool = True,
    window: int | None = None,
    window_bytes: int | None = None,
    n_jobs: int | None = None,
    chunksize: int | None = None,
    backend: Literal["auto", "serial", "threads", "processes"] = "auto",
    fail_fast: bool = False,
    rerun_lost: bool = True,
    prefer_threads_for_io: bool = True,
    auto_adjust_for_nested_parallelism: bool = True,
    max_concurrency: int | None = None,
    is_overload: Callable[[BaseException], bool | float | None] | None = None,
    use_cache: bool = True,
) -> Stream[ResultT]:
    """Give the results of ``func`` one after the other, for input that is long, or never ends.

    Starts as ``execute`` does: the caller runs items, measures, and brings in workers only when
    they are sure to pay. It works while it is asked for a result; workers go on in between, as
    far as the window lets them. Nothing runs, and nothing is read, before the first is asked for.

    Args:
        func: Called with one item, once per item.
        data: Any iterable; read in the caller's thread, in order.
        ordered: Give results in input order; else as soon as they are there.
        window: Items in flight at most: read, and their result not taken. 16,384 if not said.
            With 1 an item is read only when all earlier results have been taken.
        window_bytes: What these items and their results may weigh, as measured on some of them;
            128 MiB if not said. One item at least is always in flight.
        n_jobs: Force this many workers, the caller included where it works; -1: all usable.
        chunksize: Force this many items per chunk.
        backend: Force an engine.
        fail_fast: Raise at the first failure seen, without finishing smaller items.
        rerun_lost: Run an item again whose result could not come back; else raise.
        prefer_threads_for_io: Use threads for a function that waits.
        auto_adjust_for_nested_parallelism: Keep BLAS and OpenMP to one thread per worker, and in
            the caller as long as workers are there.
        max_concurrency: Have no more calls at the same time than this.
        is_overload: As with ``execute``.
        use_cache: Use what earlier calls have learned about ``func``, and keep what is learned.

    Raises:
        UsageError: a ``ValueError``: an argument is wrong.
        BaseException: while results are taken, whatever ``func`` raises or reading ``data`` does,
            as itself, when all results before that item have been given.
    """
    check_call(func, data)
    check_flags(ordered=ordered, use_cache=use_cache)
    limits = window_from(window, window_bytes)
    options = options_from(
        n_jobs=n_jobs,
        chunksize=chunksize,
        backend=backend,
        order="input",
        fail_fast=fail_fast,
        rerun_lost=rerun_lost,
        prefer_threads_for_io=prefer_threads_for_io,
        auto_adjust_for_nested_parallelism=auto_adjust_for_nested_parallelism,
        max_concurrency=max_concurrency,
        is_overload=is_overload,
    )
    source = WindowedSource(data, length=promised_length(data), window=limits)
    memory = Memory(func, wanted=bool(use_cache))
    return Stream(Streaming(func, source, options=options, memory=memory, ordered=bool(ordered)))


def window_from(window: Any, window_bytes: Any) -> Window:
    """The two limits of what is in flight, checked; ``None``: as documented."""
    return Window(
        WINDOW if window is None else positive_integer("window", window),
        WINDOW_BYTES if window_bytes is None else positive_integer("window_bytes", window_bytes),
    )
