"""What becomes of an item that ended without a result and without an exception of its own."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from amorsize.engines.base import Failure
from amorsize.engines.collected import Failure as Collected
from amorsize.engines.collected import Skipped
from amorsize.engines.per_item import PerItem
from amorsize.vocab.policies import OnError

if TYPE_CHECKING:
    from amorsize.engines.base import Job, Reports
    from amorsize.engines.source import Chunk
    from amorsize.engines.watched_handout import Handout


class Verdicts:
    """Policies that workers apply to what ``func`` raises are applied here to what ends workers."""

    def __init__(self, job: Job, reports: Reports, handout: Handout) -> None:
        self._policies = job.func if isinstance(job.func, PerItem) else None
        self._numbered = job.source.numbered
        self._reports = reports
        self._handout = handout
        self._attempts: Counter[int] = Counter()

    def named(self, lost: Chunk) -> tuple[int, Any]:
        """Index and item of the first of a chunk, as the user knows them."""
        index, item = lost.items[0] if self._numbered else (lost.start, lost.items[0])
        return index, item

    def try_again(self, lost: Chunk, error: Exception, where: str) -> None:
        """Run one item again as often as ``retries`` says; then give it up."""
        retries = None if self._policies is None else self._policies.retries
        self._attempts[lost.start] += 1
        if retries is not None and retries.tries_again(self._attempts[lost.start], error):
            index, _ = self.named(lost)
            self._handout.take_back(lost)
            self._reports.note(f"item {index} ran again: {error.args[0]}")
        else:
            self.give_up(lost, error, where)

    def give_up(self, lost: Chunk, error: Exception, where: str) -> None:
        """Raise the error in its turn, or put something in the place of the result."""
        if self._policies is None or self._policies.on_error is OnError.RAISE:
            self._reports.failed(Failure(lost.start, error, where))
        else:
            self.skip(lost, error)

    def skip(self, lost: Chunk, error: Exception) -> None:
        """Put something in the place of the result."""
        index, item = self.named(lost)
        left_out = self._policies is not None and self._policies.on_error is OnError.SKIP
        given = Skipped.of(index, error) if left_out else Collected.of(index, item, error)
        self._reports.done(lost.start, [given], 0.0)
