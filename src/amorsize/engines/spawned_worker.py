"""What a spawned worker runs. It imports the standard library, and cloudpickle where pickle fails.

A worker keeps the last few functions it was sent, so that heavy constants travel once. It works
in the caller's directory, environment, ``sys.path`` and decimal context.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections import OrderedDict
from contextlib import contextmanager, suppress
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from amorsize.engines.chunks import run_chunk, to_its_end
from amorsize.engines.errors_travel import portable
from amorsize.engines.homeward import pack
from amorsize.engines.marks import seen_marks
from amorsize.engines.nesting import INSIDE
from amorsize.engines.worker_logs import Outlet, adopt_filters, adopt_levels
from amorsize.engines.worker_state import end_of_worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from amorsize.engines.chunks import Watch
    from amorsize.engines.marks import Marks

KEPT_FUNCTIONS: Final = 4
"""Enough for a caller that takes turns between a few; each may be large."""


class Setting(NamedTuple):
    """Where the caller is; a worker goes there too."""

    directory: str | None
    environment: dict[str, str]
    path: list[str]
    decimal: Any
    levels: dict[str, Any]
    """Of loggers."""
    filters: list[Any] | None
    """For warnings; ``None``: they cannot travel."""


class Order(NamedTuple):
    """A chunk for a worker."""

    start: int
    items: bytes
    digest: bytes
    """Which function; ``payload`` is the function itself, for a worker that may not have it."""
    payload: bytes | None
    slot: int
    marks: str | None
    singly: bool
    """Pickle results one by one: some could not be unpickled."""


class PartKind(IntEnum):
    RESULTS = 0
    FAILED = 1
    """An item raised; the payload is the exception."""
    STRANDED = 2
    """A result or an exception cannot travel; the payload says why."""


class Part(NamedTuple):
    """What came of consecutive items."""

    kind: PartKind
    start: int
    covered: int
    busy_s: float
    payload: bytes


class Reply(NamedTuple):
    """What came of a chunk; the items of a reply without parts have not been run."""

    worker: int
    parts: tuple[Part, ...] = ()
    lacks_function: bool = False
    bad_function: str | None = None
    """The function cannot be loaded here, and this is why."""
    bad_items: str | None = None
    logs: tuple[bytes, ...] = ()
    """Log records and warnings, in order."""


class _Kept:
    """What stays in a worker between chunks."""

    def __init__(self) -> None:
        self.is_worker = False
        self.functions: OrderedDict[bytes, tuple[Setting, Callable[[Any], Any]]] = OrderedDict()
        self.digest = b""
        self.logs: list[bytes] = []
        self.outlet: Outlet | None = None

    def listen(self) -> Outlet:
        """Keep what is logged, for the next reply."""
        if self.outlet is None:
            self.outlet = Outlet(self.logs.append)
            self.outlet.open()
            _see_to_the_end()
        return self.outlet

    def take_logs(self) -> tuple[bytes, ...]:
        self.listen().end_chunk()
        logs = tuple(self.logs)
        self.logs.clear()
        return logs

    def function(self, order: Order) -> Callable[[Any], Any] | None:
        """The function of this order, the caller's setting around it; ``None`` if unknown."""
        if order.digest not in self.functions:
            if order.payload is None:
                return None
            self._load(order.digest, order.payload)
        setting, func = self.functions[order.digest]
        if self.digest != order.digest:
            end_of_worker()
            adopt(setting)
            self.digest = order.digest
            self.functions.move_to_end(order.digest)
        return func

    def adopt(self, setting: Setting) -> None:
        """Go where this caller is, whatever function is next."""
        adopt(setting)
        self.digest = b""

    def _load(self, digest: bytes, payload: bytes) -> None:
        setting, packed = pickle.loads(payload)
        end_of_worker()
        adopt(setting)
        self.functions[digest] = setting, pickle.loads(packed)
        self.digest = digest
        while len(self.functions) > KEPT_FUNCTIONS:
            self.functions.popitem(last=False)


_KEPT: Final = _Kept()


def in_spawned_worker() -> bool:
    """Whether this process is a worker of some other process's call."""
    return _KEPT.is_worker


def report_for_duty() -> int:
    """The first thing a new worker is asked for."""
    _KEPT.is_worker = True
    if hasattr(signal, "pthread_sigmask"):  # held while it started, to die quietly with its caller
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    return os.getpid()


def serve(order: Order) -> Reply:
    """Run a chunk."""
    worker = report_for_duty()
    INSIDE.set(f"worker process {worker}")
    _KEPT.listen()
    try:
        func = _KEPT.function(order)
    except Exception as error:  # noqa: BLE001 - loading runs code of the user's
        return Reply(worker, bad_function=describe(error))
    if func is None:
        return Reply(worker, lacks_function=True)
    try:
        items = pickle.loads(order.items)
    except Exception as error:  # noqa: BLE001 - as does loading items
        return Reply(worker, bad_items=describe(error))
    with _marks_of(order) as marks:
        watch = to_its_end if marks is None else _watch_for(order.slot, marks)
        stop_at = _unheard if marks is None else marks.lower_limit
        parts = tuple(_parts(func, items, order, watch=watch, stop_at=stop_at))
    _flush_streams()
    return Reply(worker, parts, logs=_KEPT.take_logs())


def serve_call(packed: bytes) -> Any:
    """Make one call of a session's."""
    INSIDE.set(f"worker process {report_for_duty()}")
    setting, call = pickle.loads(packed)
    _KEPT.adopt(setting)
    func, args, kwargs = pickle.loads(call)
    try:
        return func(*args, **kwargs)
    finally:
        _flush_streams()


def describe(error: BaseException) -> str:
    """Type and text on one line."""
    return f"{type(error).__name__}: {error}"


@contextmanager
def _marks_of(order: Order) -> Iterator[Marks | None]:
    if order.marks is None:
        yield None
        return
    with seen_marks(order.marks) as marks:
        yield marks


def _watch_for(slot: int, marks: Marks) -> Watch:
    return lambda index, stop, size: marks.start(slot, (index, stop), size)


def _unheard(_index: int) -> None:
    """Nobody else can be told to stop."""


def _parts(
    func: Callable[[Any], Any],
    items: list[Any],
    order: Order,
    *,
    watch: Watch,
    stop_at: Callable[[int], None],
) -> Iterator[Part]:
    """Run the items; an error that cannot travel is no reason to stop: the caller sees to it."""
    index, stop = order.start, order.start + len(items)
    iterator = iter(items)
    while index < stop:
        ran = run_chunk(func, iterator, (index, stop), watch=watch)
        ending = None if ran.error is None else _ending(ran.next_index, ran.error)
        if ending is not None and ending.kind is PartKind.FAILED:
            stop_at(ran.next_index)  # first, so that nobody starts a larger item meanwhile
        size = 1 if order.singly else max(1, len(ran.results))
        for at in range(0, len(ran.results), size):
            busy_s = ran.busy_s if at == 0 else 0.0
            yield from _result_parts(index + at, ran.results[at : at + size], busy_s)
        index = ran.next_index
        if ending is None:
            return
        yield ending
        if ending.kind is PartKind.FAILED:
            return
        index += 1


def _result_parts(start: int, results: list[Any], busy_s: float) -> Iterator[Part]:
    """Pickled together, or, where some cannot be, as many together as can."""
    try:
        packed = pack(results)
    except Exception as error:  # noqa: BLE001 - the user's __reduce__ may raise anything
        if len(results) == 1:
            why = describe(error).encode()
            yield Part(PartKind.STRANDED, start, 1, busy_s, why)
            return
    else:
        yield Part(PartKind.RESULTS, start, len(results), busy_s, packed)
        return
    half = len(results) // 2
    yield from _result_parts(start, results[:half], busy_s)
    yield from _result_parts(start + half, results[half:], 0.0)


def _ending(index: int, error: BaseException) -> Part:
    try:
        return Part(PartKind.FAILED, index, 1, 0.0, pack(portable(error)))
    except Exception as trouble:  # noqa: BLE001 - an exception may hold what cannot be pickled
        return Part(PartKind.STRANDED, index, 1, 0.0, describe(trouble).encode())


def adopt(setting: Setting) -> None:
    """Go where the caller is."""
    if sys.path != setting.path:
        sys.path[:] = setting.path
    if os.environ != setting.environment:
        for name in os.environ.keys() - setting.environment.keys():
            del os.environ[name]
        os.environ.update(setting.environment)
    if setting.directory is not None:
        with suppress(OSError):  # gone meanwhile: the function will notice if it matters
            os.chdir(setting.directory)
    adopt_levels(setting.levels)
    if setting.filters is not None:
        adopt_filters(setting.filters)
    if setting.decimal is not None:
        import decimal

        decimal.setcontext(setting.decimal.copy())


def _see_to_the_end() -> None:
    """When this process ends by itself, it ends as a worker does."""
    from multiprocessing.util import Finalize

    Finalize(None, _end, exitpriority=10)


def _end() -> None:
    if _KEPT.outlet is not None:
        _KEPT.outlet.close()
    end_of_worker()


def _flush_streams() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with suppress(OSError, ValueError):  # closed, or nobody reads
                stream.flush()
