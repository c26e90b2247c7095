"""Try real items on two threads for a moment, and keep what they give."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from amorsize.engines.base import Failure
from amorsize.engines.source import Chunk
from amorsize.engines.worker_state import end_of_worker
from amorsize.sample.gil import pair_trial

if TYPE_CHECKING:
    from collections.abc import Callable

    from amorsize.engines.source import Source
    from amorsize.runtime.ledger import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of it."""

    gain: float
    items: int
    wall_s: float


@dataclass(slots=True)
class _Claims:
    """Items of one chunk, taken by both threads in order; satisfies ``sample.gil.Claims``."""

    chunk: Chunk
    numbers: Iterator[int] = field(default_factory=count)
    results: dict[int, Any] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)

    def take(self) -> tuple[int, Any] | None:
        at = next(self.numbers)
        if at >= len(self.chunk.items):
            return None
        return self.chunk.start + at, self.chunk.items[at]

    def keep(self, index: int, result: Any, /) -> None:
        self.results[index] = result

    def fail(self, index: int, error: BaseException, /) -> None:
        self.failures.append(Failure(index, error, "a trial on two threads"))


def try_threads(func: Callable[[Any], Any], source: Source, ledger: Ledger, *, most: int) -> Tried:
    """Run up to ``most`` items on the caller and one more thread; what is not run is given back."""
    chunk = source.claim(most)
    if chunk is None:
        return Tried(gain=1.0, items=0, wall_s=0.0)
    claims = _Claims(chunk)
    trial = pair_trial(func, claims, at_end=end_of_worker)
    source.give_back(chunk.items[len(claims.results) + len(claims.failures) :])
    for failure in claims.failures:
        ledger.failed(failure)
    for index in sorted(claims.results):
        ledger.done(index, [claims.results[index]], 0.0)
    return Tried(gain=trial.gain, items=trial.items, wall_s=trial.wall_s)
