"""What a forked worker does: claim, run, pack, commit, until there is nothing left."""

from __future__ import annotations

import os
import select
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, Protocol

from amorsize.engines.board import NOBODY, Board
from amorsize.engines.chunks import InputEndedError, Ran, run_chunk
from amorsize.engines.errors_travel import pack_error
from amorsize.engines.forking import Interrupted, flush_streams
from amorsize.engines.memfile import Frame, FrameKind, FrameWriter, Packed, pack
from amorsize.engines.nesting import INSIDE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from amorsize.engines.tokens import TokenPipe

SPLIT_AFTER_S: Final = 4e-3
"""A chunk that takes twice its quantum is shared if nobody else has anything to do."""


class Inbox(Protocol):
    """Where the items of a token are found."""

    exact: bool
    splits: bool

    def open(self, token: tuple[int, int]) -> tuple[int, int, Iterator[Any]]:
        """Start, stop and the items of a claimed token."""


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

    def watch(self, index: int, stop: int) -> int:
        """Note the item that is next; say where to stop."""
        board = self._shared.board
        limit = board.limit()
        if limit < stop:
            return max(limit, index)
        board.note_current(self._row, index)
        if stop - index > 1 and self._shared.inbox.splits and perf_counter() > self._split_at:
            self._offer_half(index, stop)
        return self.end

    def _offer_half(self, index: int, stop: int) -> None:
        self.begin(stop)
        middle = index + (stop - index + 1) // 2
        tokens = self._shared.tokens
        if tokens.is_empty() and tokens.give_back(middle, stop - middle):
            self.end = middle


def run_rest(shared: Shared, lookout: Lookout, start: int, items: Iterator[Any]) -> Ran:
    """Run a claimed chunk from ``start`` to where the lookout lets it end."""
    span = (start, lookout.end)
    return run_chunk(shared.func, items, span, exact=shared.inbox.exact, watch=lookout.watch)


def work(shared: Shared, row: int, memory: int, life: int) -> None:
    """The life of a worker; ``life`` is a pipe whose hang-up means that all is done."""
    INSIDE.set(f"worker process {os.getpid()}")
    writer, lookout = FrameWriter(memory), Lookout(shared, row)
    waiter = select.poll()
    waiter.register(shared.tokens.reader, select.POLLIN)
    waiter.register(life, select.POLLIN)
    while True:
        token = shared.tokens.claim()
        if token is not None:
            _serve(shared, row, token, writer, lookout)
        elif any(descriptor == life for descriptor, _ in waiter.poll()):
            return


def _serve(
    shared: Shared, row: int, token: tuple[int, int], writer: FrameWriter, lookout: Lookout
) -> None:
    shared.board.note_claim(row)
    for frame in _frames(shared, row, token, lookout):
        writer.append(frame)
    flush_streams()
    shared.board.commit(row, writer.end)
    shared.board.note_current(row, NOBODY)
    os.eventfd_write(shared.bell, 1)


def _frames(
    shared: Shared, row: int, token: tuple[int, int], lookout: Lookout
) -> Iterator[Frame]:
    """Run a chunk; yields the results, then the error; what cannot travel is named instead.

    An exception that cannot travel is no reason to stop: the caller will see to that item.
    """
    start, stop, items = shared.inbox.open(token)
    lookout.begin(stop)
    index = start
    while index < lookout.end:
        ran = run_rest(shared, lookout, index, items)
        if isinstance(ran.error, Interrupted):
            raise ran.error
        yield from _result_frames(index, ran.results, ran.busy_s)
        index = ran.next_index
        if ran.error is None:
            break
        ending = _ending(index, ran.error)
        if ending.kind is not FrameKind.STRANDED:
            shared.board.note_failure(row, index)
        yield ending
        index += ending.covered
        if ending.kind is not FrameKind.STRANDED:
            break
    if index < lookout.end:  # not started, because something smaller has failed
        yield _frame(FrameKind.RESULTS, index, lookout.end - index, pack([]))


def _frame(kind: FrameKind, start: int, covered: int, packed: Packed, busy_s: float = 0.0) -> Frame:
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
        return [_frame(FrameKind.RESULTS, start, len(results), pack(results), busy_s)]
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
    return _frame(FrameKind.STRANDED, start, 1, pack(why), busy_s)


def _ending(index: int, error: BaseException) -> Frame:
    if isinstance(error, InputEndedError):
        return _frame(FrameKind.ENDED, index, 0, pack(None))
    try:
        return _frame(FrameKind.FAILED, index, 1, Packed(pack_error(error), []))
    except Exception as trouble:  # noqa: BLE001 - an exception may hold what cannot be pickled
        return _stranded(index, trouble)
