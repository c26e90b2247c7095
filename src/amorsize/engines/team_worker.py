"""What a forked worker does: claim, run, pack, commit, until there is nothing left."""

from __future__ import annotations

import os
import select
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Protocol

from amorsize.engines.board import Board
from amorsize.engines.chunks import InputEndedError, Ran, run_chunk
from amorsize.engines.errors_travel import packed_error
from amorsize.engines.forking import Interrupted, flush_streams
from amorsize.engines.memfile import Frame, FrameKind, FrameWriter, Packed, pack
from amorsize.engines.nesting import INSIDE
from amorsize.engines.tokens import TokenPipe
from amorsize.engines.worker_logs import Outlet
from amorsize.engines.worker_state import end_of_worker
from amorsize.model.chunks import SPLIT_AFTER_S


class Inbox(Protocol):
    """Where the items of a token are found."""

    exact: bool
    splits: bool

    def items_of(self, token: tuple[int, int]) -> tuple[int, int, Iterator[Any] | None]:
        """Start, stop and the items of a claimed token; ``None``: they cannot be read here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What caller and workers have in common."""

    func: Callable[[Any], Any]
    tokens: TokenPipe
    board: Board
    inbox: Inbox
    bell: int
    """An event counter that wakes the caller."""


class Lookout:
    """Watches, between the pieces of a chunk, for failures elsewhere and for idle workers."""

    def __init__(self, shared: Shared, row: int) -> None:
        self._shared = shared
        self._row = row
        self._split_at = 0.0
        self.end = 0
        """Where the chunk ends now: what lies beyond was given back to the pipe."""

    def begin(self, stop: int) -> None:
        self.end = stop
        self._split_at = perf_counter() + SPLIT_AFTER_S

    def watch(self, index: int, stop: int, size: int) -> int:
        """Note the items that are next; say where to stop."""
        board = self._shared.board
        limit = board.limit()
        if limit < stop:
            if limit > index:
                board.note_current(self._row, index, min(size, limit - index))
            return max(limit, index)
        if stop - index > 1 and self._shared.inbox.splits and perf_counter() > self._split_at:
            self._offer_half(index, stop)
        board.note_current(self._row, index, min(size, self.end - index))
        return self.end

    def _offer_half(self, index: int, stop: int) -> None:
        self.begin(stop)
        middle = index + (stop - index + 1) // 2
        tokens = self._shared.tokens
        if tokens.is_empty() and tokens.give_back(middle, stop - middle):
            self.end = middle

    def run(self, start: int, items: Iterator[Any]) -> Ran:
        """Run what is left of a claimed chunk, from ``start`` to where it ends by then."""
        func, inbox = self._shared.func, self._shared.inbox
        return run_chunk(func, items, (start, self.end), exact=inbox.exact, watch=self.watch)


class Worker:
    """A forked worker; ``life`` is a pipe whose hang-up means that all is done."""

    def __init__(self, shared: Shared, row: int, *, memory: int, life: int) -> None:
        self._shared = shared
        self._row = row
        self._life = life
        self._writer = FrameWriter(memory)
        self._lookout = Lookout(shared, row)
        self._outlet = Outlet(self._send_log)

    def work(self) -> None:
        """Serve tokens until there are no more."""
        INSIDE.set(f"worker process {os.getpid()}")
        self._outlet.open()
        try:
            self._serve_all()
        finally:
            end_of_worker()
            self._outlet.end_chunk()

    def _serve_all(self) -> None:
        tokens = self._shared.tokens
        waiter = select.poll()
        waiter.register(tokens.reader, select.POLLIN)
        waiter.register(self._life, select.POLLIN)
        while self._shared.board.may_stay(self._row):
            token = tokens.claim()
            if token is not None:
                self._serve(token)
            elif any(descriptor == self._life for descriptor, _ in waiter.poll()):
                return

    def _serve(self, token: tuple[int, int]) -> None:
        board = self._shared.board
        board.note_claim(self._row)
        for frame in self._frames(token):
            self._writer.append(frame)
        flush_streams()
        self._outlet.end_chunk()
        board.commit(self._row, self._writer.end)
        board.note_idle(self._row)
        os.eventfd_write(self._shared.bell, 1)

    def _send_log(self, packed: bytes) -> None:
        """At once: what a worker says before it dies is what one wants to know."""
        with suppress(OSError):  # no memory for it
            self._writer.append(_frame(FrameKind.LOG, 0, Packed(packed, []), covered=0))
        self._shared.board.commit(self._row, self._writer.end)
        os.eventfd_write(self._shared.bell, 1)

    def _frames(self, token: tuple[int, int]) -> Iterator[Frame]:
        """Run a chunk; yield the results, then the error; name instead what cannot travel.

        An exception that cannot travel is no reason to stop: the caller will see to that item.
        """
        index, stop, items = self._shared.inbox.items_of(token)
        if items is None:
            yield _frame(FrameKind.UNREAD, index, pack(None), covered=stop - index)
            return
        lookout = self._lookout
        lookout.begin(stop)
        while index < lookout.end:
            ran = lookout.run(index, items)
            if isinstance(ran.error, Interrupted):
                raise ran.error
            start, index = index, ran.next_index
            ending = None if ran.error is None else _ending(index, ran.error)
            stops = ending is not None and ending.kind is not FrameKind.STRANDED
            if stops:  # before results are packed, so that nobody starts a larger item meanwhile
                self._shared.board.note_failure(self._row, index)
            yield from _result_frames(start, ran.results, ran.busy_s)
            if ending is None:
                break
            yield ending
            index += ending.covered
            if stops:
                break
        if index < lookout.end:  # not started, because something smaller has failed
            yield _frame(FrameKind.RESULTS, index, pack([]), covered=lookout.end - index)


def _frame(
    kind: FrameKind, start: int, packed: Packed, *, covered: int, busy_s: float = 0.0
) -> Frame:
    return Frame(
        kind=kind,
        start=start,
        covered=covered,
        busy_s=busy_s,
        payload=packed.payload,
        buffers=packed.buffers,
    )


def _result_frames(start: int, results: list[Any], busy_s: float) -> list[Frame]:
    if not results:
        return []
    try:
        return [
            _frame(FrameKind.RESULTS, start, pack(results), covered=len(results), busy_s=busy_s)
        ]
    except Exception as error:  # noqa: BLE001 - the user's __reduce__ may raise anything
        if len(results) == 1:
            return [_stranded(start, error, busy_s)]
    half = len(results) // 2
    return [
        *_result_frames(start, results[:half], busy_s),
        *_result_frames(start + half, results[half:], 0.0),
    ]


def _stranded(start: int, error: Exception, busy_s: float = 0.0) -> Frame:
    why = f"{type(error).__name__}: {error}"
    return _frame(FrameKind.STRANDED, start, pack(why), covered=1, busy_s=busy_s)


def _ending(index: int, error: BaseException) -> Frame:
    if isinstance(error, InputEndedError):
        return _frame(FrameKind.ENDED, index, pack(None), covered=0)
    try:
        packed = Packed(packed_error(error), [])
        return _frame(FrameKind.FAILED, index, packed, covered=1)
    except Exception as trouble:  # noqa: BLE001 - an exception may hold what cannot be pickled
        return _stranded(index, trouble)
