"""``Session``: workers that stay warm between many calls, and a plain executor besides."""

from __future__ import annotations

from concurrent.futures import Executor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakSet

from amorsize.api.checks import positive_number, resolved_jobs
from amorsize.api.execute import execute
from amorsize.api.stream import Stream, stream
from amorsize.cache.calibrations import CALIBRATIONS
from amorsize.engines.base import EngineStartError
from amorsize.engines.lent import Workshop
from amorsize.engines.spawned_alive import LENDER
from amorsize.engines.spawned_pool import IDLE_S, pack_call
from amorsize.machine.facts import usable_cpus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


class Session(Executor):
    """Many calls that share worker processes, a budget, and what is known of the machine.

    ``execute`` and ``stream`` are those of the package, and decide as they do; where processes
    pay, workers of this session take part, which are there already: a call sends them function
    and items, within a millisecond. Where the function or its data are dear to send, and forking
    is still safe, workers are forked as without a session. It is a ``concurrent.futures.Executor``
    too. All of it may be used by several threads at once: together they use ``max_workers``.

    Args:
        max_workers: Items that run at once, callers among them; all usable CPUs if not said.
        idle_s: After so many seconds without work a worker leaves; new ones come when needed.

    Raises:
        UsageError: a ``ValueError``: an argument is wrong.
    """

    def __init__(self, max_workers: int | None = None, *, idle_s: float = IDLE_S) -> None:
        budget = usable_cpus() if max_workers is None else resolved_jobs(max_workers)
        self._workshop = Workshop(budget, positive_number("idle_s", idle_s))
        self._futures: WeakSet[Future[Any]] = WeakSet()
        CALIBRATIONS.read()

    def execute(self, func: Callable[..., Any], data: Iterable[Any], **options: Any) -> Any:
        """Do what ``amorsize.execute`` does, with this session's workers; options are the same.

        Raises:
            RuntimeError: the session has been shut down.
        """
        with self._lending(), self._workshop.calling():
            return execute(func, data, **options)

    def stream(
        self, func: Callable[[ItemT], ResultT], data: Iterable[ItemT], **options: Any
    ) -> Stream[ResultT]:
        """Do what ``amorsize.stream`` does, with this session's workers; options are the same.

        Raises:
            RuntimeError: the session has been shut down.
        """
        with self._lending():
            return stream(func, data, **options)

    @contextmanager
    def _lending(self) -> Iterator[None]:
        if not self._workshop.is_open:
            raise _shut_down()
        before = LENDER.set(self._workshop)
        try:
            yield
        finally:
            LENDER.reset(before)

    def submit(self, fn: Callable[..., ResultT], /, *args: Any, **kwargs: Any) -> Future[ResultT]:
        """Run ``fn(*args, **kwargs)`` in a worker; it may be a lambda or a closure.

        Raises:
            RuntimeError: the session has been shut down.
            Exception: what pickling raises for what cannot travel.
        """
        if not self._workshop.is_open:
            raise _shut_down()
        packed = pack_call(fn, args, kwargs)
        try:
            future: Future[ResultT] = self._workshop.for_tasks().call(packed)
        except EngineStartError as error:
            raise RuntimeError(str(error)) from error
        self._futures.add(future)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let the workers go, when what was submitted is done. Safe to call twice."""
        if cancel_futures:
            for future in list(self._futures):
                future.cancel()
        self._workshop.close(wait=wait)


def _shut_down() -> RuntimeError:
    return RuntimeError("cannot schedule new futures after shutdown of the session")
