"""Results as they come: the driver's own run, paused wherever some lie ready.

The run is the one that ``execute`` makes, over a source that is never read further ahead than
the window. Nothing runs in a thread of its own, so forking stays safe; between two results the
caller is where its consumer is, and workers go on with what they were given.
"""

from __future__ import annotations

from contextvars import copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from amorsize.runtime.driver import SteppedRun
from amorsize.runtime.ledger import Hooks, Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from amorsize.engines.base import Failure
    from amorsize.engines.window import WindowedSource
    from amorsize.runtime.memory import Memory
    from amorsize.vocab.options import Options
    from amorsize.vocab.record import RunRecord

FIRST: Final = 2
"""Results that are kept, to be compared with their items."""


LOOK_UP_S: Final = 0.05
"""Who waits for a long item sees after so long that more input has come, for other workers."""


@dataclass(slots=True, kw_only=True)
class StreamLedger(Ledger):
    """Lets go of results that have been taken."""

    ordered: bool
    tried: int = 0
    """Index after the item that failed, or could not be read."""
    _first: list[Any] = field(default_factory=list)

    @property
    def ready(self) -> bool:
        return bool(self.results)

    @property
    def patience_s(self) -> float:
        return min(LOOK_UP_S, self.guard.patience_s)

    @property
    def first(self) -> list[Any]:
        return [*self._first, *self.results[: FIRST - len(self._first)]]

    def done(self, start: int, results: Sequence[Any], busy_s: float) -> None:
        """See ``Reports.done``; where order does not matter, all are ready at once."""
        if self.ordered:
            super(StreamLedger, self).done(start, results, busy_s)
        else:
            self.work_s += busy_s
            self.results.extend(results)
            self.tick()

    def failed(self, failure: Failure) -> None:
        """See ``Reports.failed``."""
        self.tried = max(self.tried, failure.index + 1)
        super(StreamLedger, self).failed(failure)

    def take(self) -> list[Any]:
        """All that lie ready."""
        taken, self.results = self.results, []
        if len(self._first) < FIRST:
            self._first += taken[: FIRST - len(self._first)]
        self.base += len(taken)
        return taken


class Streaming:
    """One run, a batch of results at a time."""

    def __init__(
        self,
        func: Callable[[Any], Any],
        source: WindowedSource,
        *,
        options: Options,
        memory: Memory,
        ordered: bool,
    ) -> None:
        self._source = source
        self._ledger = StreamLedger(Hooks(), source.length, ordered=ordered)
        self._run = SteppedRun(func, source, self._ledger, options=options, memory=memory)
        self._steps = self._run.steps()
        self._context = copy_context()
        self.record: RunRecord | None = None
        """How it went, once the last result was given."""

    @property
    def pulled(self) -> int:
        """Items read so far, the one that failed among them."""
        return max(self._source.pulled, self._ledger.tried)

    def batches(self) -> Generator[list[Any], None, None]:
        """Results as they come, none of them empty. Use it once.

        Closed, it ends all workers. What is asked of the context while it works (whether a call
        runs inside another, for one) is not seen by the consumer: it has a copy of its own.
        """
        try:
            while self._step():
                yield from taken(self._source, self._ledger)
            yield from taken(self._source, self._ledger)
            self.record = self._context.run(self._run.concluded).record
        finally:
            self._context.run(self._steps.close)

    def _step(self) -> bool:
        try:
            self._context.run(next, self._steps)
        except StopIteration:
            return False
        return True


def taken(source: WindowedSource, ledger: StreamLedger) -> Generator[list[Any], None, None]:
    """What lies ready, if anything; it is in flight until the consumer comes back for more."""
    index, results = ledger.base, ledger.take()
    if results:
        source.window.landed(results, index)
        yield results
        source.window.delivered = ledger.base
