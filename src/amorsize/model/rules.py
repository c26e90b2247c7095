"""Who is given which items next: the rules of our engines, as the simulator plays them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from math import log
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from amorsize.model.chunks import (
    FLOOR_S,
    LAST_SENT_S,
    SPLIT_AFTER_S,
    TAPER,
    THREAD_QUANTUM_S,
    ItemCost,
    chunk_sizes,
    sent_chunk_s,
    thread_chunk,
)
from amorsize.vocab.plan import EngineKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amorsize.vocab.plan import Candidate

MOST_TOKENS: Final = 4096
"""Tokens that fit into a pipe of 64 KB."""

CALLER: Final = 0


class Shrinking(NamedTuple):
    """How chunks become smaller towards the end."""

    taper: int
    """A chunk is at most 1/(taper * workers) of what is left, ..."""
    least_s: float
    """... but not shorter than this."""


SHRINKING: Final = {
    EngineKind.TEAM: Shrinking(TAPER, FLOOR_S),
    EngineKind.LOKY: Shrinking(2, LAST_SENT_S),
    EngineKind.THREADS: Shrinking(TAPER, 0.0),
}


def first_chunk(engine: EngineKind, items: int, item_s: float, *, workers: int) -> int:
    """How many items the engine hands out first."""
    if engine is EngineKind.THREADS:
        return thread_chunk(items, ItemCost(item_s).fitting(THREAD_QUANTUM_S), workers)
    if engine is EngineKind.LOKY:
        return min(items, ItemCost(item_s).fitting(sent_chunk_s(items * item_s, workers)))
    return next(chunk_sizes(items, item_s, workers, most=MOST_TOKENS))


def chunks_of(candidate: Candidate, items: int, item_s: float) -> tuple[float, int]:
    """About how many chunks there will be, and the size of the last.

    From the first size to the last they shrink by the same share each time.
    """
    first = candidate.chunk
    if candidate.fixed or candidate.engine not in SHRINKING:
        return -(-items // first), first
    taper, least_s = SHRINKING[candidate.engine]
    last = min(first, ItemCost(item_s).fitting(least_s))
    return min(items, items / first + taper * candidate.workers * log(first / last)), last


class Rule(Protocol):
    """Hands out spans of consecutive items."""

    split_after_s: float | None
    """A chunk that takes longer is offered to whoever has nothing to do."""

    def claim(self, who: int) -> tuple[int, int] | None:
        """The next items from the first up to the last, not included; ``None``: no more."""

    def give_back(self, start: int, stop: int) -> bool:
        """Offer the rest of a chunk; refused while others wait to be claimed."""

    def learn(self, items: int, busy_s: float) -> None:
        """So many items took so long."""


def rule_for(candidate: Candidate, items: int, item_s: float) -> Rule:
    """The rule that this engine would follow, expecting items of ``item_s``."""
    if candidate.fixed:
        return Cut(range(0, items, candidate.chunk), items, shares=False)
    if candidate.engine is EngineKind.THREADS:
        return Threaded(items, item_s, candidate.workers)
    if candidate.engine is EngineKind.LOKY:
        return Posted(items, item_s, candidate.workers)
    most = max(1, MOST_TOKENS - candidate.workers - 1)
    sizes = chunk_sizes(items, item_s, candidate.workers, most=most)
    return Cut(_starts(sizes), items, shares=True)


def _starts(sizes: Iterable[int]) -> list[int]:
    starts, at = [], 0
    for size in sizes:
        starts.append(at)
        at += size
    return starts


class Cut:
    """All chunks are cut beforehand, as in the team's pipe of tokens."""

    __slots__ = ("_spans", "split_after_s")

    def __init__(self, starts: Iterable[int], items: int, *, shares: bool) -> None:
        begins = list(starts)
        self._spans = deque(zip(begins, [*begins[1:], items], strict=True))
        self.split_after_s = SPLIT_AFTER_S if shares else None

    def claim(self, _who: int) -> tuple[int, int] | None:
        return self._spans.popleft() if self._spans else None

    def give_back(self, start: int, stop: int) -> bool:
        if self._spans:
            return False
        self._spans.append((start, stop))
        return True

    def learn(self, items: int, busy_s: float) -> None:
        """Tokens are not cut anew."""


class Sized(ABC):
    """Chunks are cut when they are claimed, by what items were found to cost."""

    __slots__ = ("_at", "_cost", "_items", "_workers", "split_after_s")

    split_after_s: float | None

    def __init__(self, items: int, item_s: float, workers: int) -> None:
        self._at = 0
        self._items = items
        self._cost = ItemCost(item_s)
        self._workers = workers
        self.split_after_s = None

    def claim(self, who: int) -> tuple[int, int] | None:
        left = self._items - self._at
        if left <= 0:
            return None
        start = self._at
        self._at += min(left, self._size(left, who))
        return start, self._at

    def give_back(self, _start: int, _stop: int) -> bool:
        return False

    def learn(self, items: int, busy_s: float) -> None:
        self._cost.learn(items, busy_s)

    @abstractmethod
    def _size(self, left: int, who: int) -> int:
        """How many of the items left the next chunk takes."""


class Posted(Sized):
    """Spawned workers are sent what suits the time left; the caller takes short chunks."""

    OWN_S: Final = 5e-3

    def _size(self, left: int, who: int) -> int:
        seconds = sent_chunk_s(left * self._cost.item_s, self._workers)
        return self._cost.fitting(min(seconds, self.OWN_S) if who == CALLER else seconds)


class Threaded(Sized):
    """Threads are handed short chunks by the caller."""

    def _size(self, left: int, _who: int) -> int:
        return thread_chunk(left, self._cost.fitting(THREAD_QUANTUM_S), self._workers)
