"""Results of a coroutine function as they come, on the running loop."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from amorsize.engines.aio import flight_for, take
from amorsize.engines.base import Failure
from amorsize.runtime.awaiting import job_for
from amorsize.runtime.ledger import Hooks
from amorsize.runtime.streaming import StreamLedger, taken

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from amorsize.engines.window import WindowedSource
    from amorsize.vocab.options import Options


async def await_batches(
    func: Callable[[Any], Awaitable[Any]],
    source: WindowedSource,
    *,
    options: Options,
    ordered: bool,
) -> AsyncGenerator[list[Any], None]:
    """Results as they come, none of them empty; items go on while the consumer awaits others.

    Closed or cancelled, it cancels all that is in the air, and awaits it.
    """
    ledger = StreamLedger(Hooks(), source.length, ordered=ordered)
    async with aclosing(flight_for(job_for(func, source, options)).batches()) as landing:
        async for landed in landing:
            take(landed, ledger)
            for results in taken(source, ledger):
                yield results
            if options.fail_fast and ledger.limit is not None:
                break
    if source.broken is not None:
        ledger.failed(Failure(source.position, source.broken, "the input"))
    ledger.finish()
    ledger.raise_failure()
