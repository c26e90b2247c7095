"""What a run had done when it was stopped, told by the exception that stopped it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import accumulate, groupby
from typing import TYPE_CHECKING, Any, overload

from amorsize.engines.collected import Skipped
from amorsize.runtime.applied import users_view

if TYPE_CHECKING:
    from amorsize.runtime.ledger import Ledger


class PartialResults(Mapping[int, Any]):
    """Index to result, of the items that are done. Nothing is copied before it is asked for."""

    def __init__(self, pieces: Sequence[tuple[int, Sequence[Any]]]) -> None:
        """``pieces``: consecutive results with the index of the first, in order, apart."""
        self._pieces = [piece for piece in pieces if piece[1]]
        self._starts = [start for start, _ in self._pieces]

    def __getitem__(self, index: int) -> Any:
        if isinstance(index, int):
            at = bisect_right(self._starts, index) - 1
            if at >= 0:
                start, results = self._pieces[at]
                if index - start < len(results):
                    return results[index - start]
        raise KeyError(index)

    def __iter__(self) -> Iterator[int]:
        for span in self.spans():
            yield from span

    def __len__(self) -> int:
        return sum(len(results) for _, results in self._pieces)

    def __repr__(self) -> str:
        return f"<results of {len(self)} items>"

    def spans(self) -> list[range]:
        """The indices, as intervals."""
        return [range(start, start + len(results)) for start, results in self._pieces]


class Remaining(Sequence[int]):
    """Indices that are not done, in order.

    Where the input did not tell its length, those below the last item that is done, and
    ``is_open``: more may follow from ``next_index`` on, which only the input knows.
    """

    def __init__(self, spans: Sequence[range], *, next_index: int, is_open: bool) -> None:
        self.spans = [span for span in spans if span]
        self.next_index = next_index
        self.is_open = is_open
        self._ends = list(accumulate(map(len, self.spans)))

    @overload
    def __getitem__(self, at: int) -> int: ...
    @overload
    def __getitem__(self, at: slice) -> list[int]: ...
    def __getitem__(self, at: int | slice) -> int | list[int]:
        if isinstance(at, slice):
            return [self[number] for number in range(*at.indices(len(self)))]
        number = at + len(self) if at < 0 else at
        if not 0 <= number < len(self):
            msg = f"there are {len(self)} of them"
            raise IndexError(msg)
        which = bisect_right(self._ends, number)
        before = self._ends[which - 1] if which else 0
        return self.spans[which][number - before]

    def __contains__(self, index: object) -> bool:
        return any(index in span for span in self.spans)

    def __iter__(self) -> Iterator[int]:
        for span in self.spans:
            yield from span

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __repr__(self) -> str:
        more = f", and what the input has from {self.next_index} on" if self.is_open else ""
        return f"<{len(self)} indices{more}>"


def carry(error: BaseException, ledger: Ledger, *, marked: bool = False) -> None:
    """Let ``error`` say what is done, where it takes attributes and has none of these names.

    Results may be ``marked`` by policies: the user is shown none of that. An item that was skipped
    has no result, and does not remain to be done.
    """
    pieces = ledger.pieces()
    done = PartialResults(pieces)
    with suppress(Exception):
        _put(error, "results", PartialResults(list(_unmarked(pieces))) if marked else done)
    with suppress(Exception):
        _put(error, "remaining", _remaining(done.spans(), ledger.total))


def _unmarked(pieces: Sequence[tuple[int, Sequence[Any]]]) -> Iterator[tuple[int, list[Any]]]:
    for start, results in pieces:
        at = start
        for is_skipped, some in groupby(results, lambda result: type(result) is Skipped):
            run = list(some)
            if not is_skipped:
                yield at, users_view(run)
            at += len(run)


def _put(error: BaseException, name: str, value: object) -> None:
    """An attribute of the user's stays; that of a run inside this one is replaced."""
    if isinstance(getattr(error, name, value), type(value)):
        setattr(error, name, value)


def _remaining(done: Sequence[range], total: int | None) -> Remaining:
    stops = [0, *(span.stop for span in done)]
    gaps = [range(stop, span.start) for stop, span in zip(stops, done, strict=False)]
    rest = range(stops[-1], stops[-1] if total is None else max(total, stops[-1]))
    return Remaining([*gaps, rest], next_index=rest.stop, is_open=total is None)
