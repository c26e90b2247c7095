"""The library's own way in, with options already checked: for commands and for ``execute``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from amorsize.engines.source import all_items, source_of
from amorsize.plan.wording import refusal
from amorsize.runtime.driver import run as run_source
from amorsize.runtime.ledger import Hooks
from amorsize.sample.facts import gives_coroutines
from amorsize.vocab.options import DEFAULT_OPTIONS, Backend, Options
from amorsize.vocab.plan import Untried

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from amorsize.engines.source import Source
    from amorsize.runtime.awaiting import Awaiting
    from amorsize.runtime.memory import Memory
    from amorsize.vocab.record import RunRecord


class Run(NamedTuple):
    """The results in input order, how they came about, and every item, as far as it was kept."""

    results: list[Any]
    record: RunRecord
    data: Any


def run(
    func: Callable[[Any], Any],
    data: Iterable[Any],
    options: Options = DEFAULT_OPTIONS,
    *,
    progress: Callable[[int, int | None], None] | None = None,
    deliver: Callable[[Sequence[Any]], None] | None = None,
    interrupted: Callable[[Sequence[Any]], None] | None = None,
    keep: bool = False,
    memory: Memory | None = None,
) -> Run:
    """Run ``func`` on every item; see ``runtime.driver.run`` for what it raises.

    ``progress`` gets (done, total), ``deliver`` consecutive results in input order as soon as
    they are there; both are called in this thread, and what they raise stops the run. On Ctrl-C
    ``interrupted`` gets all consecutive results once more: a delivery may have been cut short.
    ``keep`` remembers the items of an input that can be read once only, in ``Run.data``.
    ``memory`` is what earlier calls have learned; without it nothing is looked up or kept.
    """
    hooks = Hooks(progress=progress, deliver=deliver, interrupted=interrupted)
    source = source_of(data, keep=keep)
    if gives_coroutines(func):
        done = _awaiting(func, source, options, hooks).run()
    else:
        done = run_source(func, source, options=options, hooks=hooks, memory=memory)
    return Run(done.results, done.record, all_items(source, data))


async def arun(
    func: Callable[[Any], Awaitable[Any]],
    data: Iterable[Any],
    options: Options = DEFAULT_OPTIONS,
    *,
    progress: Callable[[int, int | None], None] | None = None,
    keep: bool = False,
) -> Run:
    """``run`` for a coroutine function, on the running loop."""
    source = source_of(data, keep=keep)
    done = await _awaiting(func, source, options, Hooks(progress=progress)).arun()
    return Run(done.results, done.record, all_items(source, data))


def _awaiting(
    func: Callable[[Any], Awaitable[Any]], source: Source, options: Options, hooks: Hooks
) -> Awaiting:
    from amorsize.runtime.awaiting import Awaiting

    if options.backend not in {Backend.AUTO, Backend.SERIAL}:
        raise refusal(options, [Untried("an async function runs on an event loop")])
    return Awaiting(func, source, options=options, hooks=hooks)
