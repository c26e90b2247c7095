"""The library's own way in, with options already checked: for commands and for ``execute``."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from amorsize.engines.source import all_items, iterated, source_of
from amorsize.plan.wording import refusal
from amorsize.runtime.driver import run as run_source
from amorsize.runtime.ledger import Hooks
from amorsize.sample.facts import gives_coroutines
from amorsize.vocab.options import DEFAULT_OPTIONS, Backend, Options
from amorsize.vocab.plan import Untried
from amorsize.vocab.policies import NO_POLICIES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from amorsize.engines.source import Source
    from amorsize.runtime.awaiting import Awaiting
    from amorsize.runtime.memory import Memory
    from amorsize.runtime.outcome import Outcome
    from amorsize.vocab.checkpoint import CheckpointWanted
    from amorsize.vocab.policies import Policies
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
    checkpoint: CheckpointWanted | None = None,
    policies: Policies = NO_POLICIES,
) -> Run:
    """Run ``func`` on every item; see ``runtime.driver.run`` for what it raises.

    ``progress`` gets (done, total), ``deliver`` consecutive results in input order as soon as
    they are there; both are called in this thread, and what they raise stops the run. On Ctrl-C
    ``interrupted`` gets all consecutive results once more: a delivery may have been cut short.
    ``keep`` remembers the items of an input that can be read once only, in ``Run.data``.
    ``memory`` is what earlier calls have learned; without it nothing is looked up or kept.
    ``checkpoint`` is the file in which finished items are kept, for another run to go on from.
    ``policies`` is what is wanted of each item.
    """
    hooks = Hooks(progress=progress, deliver=deliver, interrupted=interrupted)
    awaits = gives_coroutines(func)
    with ExitStack() as closing:
        if checkpoint is not None:
            from amorsize.journal.journal import opened

            also = (policies.setup, policies.seed)
            hooks.journal = closing.enter_context(opened(checkpoint, func, also=also))
            func = hooks.journal.wrapped(func)
        ready = _ready(closing, func, data, options, policies=policies, hooks=hooks, keep=keep)
        if awaits:
            done = _awaiting(ready, hooks).run()
        else:
            done = run_source(
                ready.func, ready.source, options=ready.options, hooks=hooks, memory=memory
            )
    return _told(done, data, ready.source)


async def arun(
    func: Callable[[Any], Awaitable[Any]],
    data: Iterable[Any],
    options: Options = DEFAULT_OPTIONS,
    *,
    progress: Callable[[int, int | None], None] | None = None,
    keep: bool = False,
    policies: Policies = NO_POLICIES,
) -> Run:
    """``run`` for a coroutine function, on the running loop."""
    hooks = Hooks(progress=progress)
    with ExitStack() as closing:
        ready = _ready(closing, func, data, options, policies=policies, hooks=hooks, keep=keep)
        done = await _awaiting(ready, hooks).arun()
    return _told(done, data, ready.source)


class _Ready(NamedTuple):
    """What is run in the end."""

    func: Callable[[Any], Any]
    source: Source
    options: Options


def _ready(
    closing: ExitStack,
    func: Callable[[Any], Any],
    data: Iterable[Any],
    options: Options,
    *,
    policies: Policies,
    hooks: Hooks,
    keep: bool,
) -> _Ready:
    """With policies: the function with them around it, and a source of items with their index.

    ``closing`` undoes it; a context manager of our own would touch what passes through it.
    """
    if policies == NO_POLICIES:
        return _Ready(func, _read(data, hooks, keep=keep), options)
    from amorsize.runtime.applied import applied, users_view

    options = replace(options, rate_per_s=policies.rate_per_s)
    hooks.deliver = _seen_by(hooks.deliver, users_view)
    hooks.interrupted = _seen_by(hooks.interrupted, users_view)
    source = _read(data, hooks, keep=keep, numbered=True)
    per_item = closing.enter_context(applied(func, policies, awaits=gives_coroutines(func)))
    return _Ready(per_item, source, options)


def _read(data: Iterable[Any], hooks: Hooks, *, keep: bool, numbered: bool = False) -> Source:
    """With a journal, what has only ``__getitem__`` is iterated: it may end before it says."""
    source = source_of(data, keep=keep, numbered=numbered)
    if hooks.journal is None or source.exact:
        return source
    return iterated(data, keep=keep, numbered=numbered)


def _told(done: Outcome, data: Iterable[Any], source: Source) -> Run:
    """The outcome as the user is given it."""
    if not source.numbered:
        return Run(done.results, done.record, all_items(source, data))
    from amorsize.runtime.applied import notes_on, users_view

    warnings = (*done.record.warnings, *notes_on(done.results))
    record = replace(done.record, warnings=warnings)
    return Run(users_view(done.results), record, all_items(source, data))


def _seen_by(
    hook: Callable[[Sequence[Any]], None] | None, view: Callable[[Sequence[Any]], list[Any]]
) -> Callable[[Sequence[Any]], None] | None:
    return None if hook is None else lambda results: hook(view(results))


def _awaiting(ready: _Ready, hooks: Hooks) -> Awaiting:
    from amorsize.runtime.awaiting import Awaiting

    if ready.options.backend not in {Backend.AUTO, Backend.SERIAL}:
        raise refusal(ready.options, [Untried("an async function runs on an event loop")])
    return Awaiting(ready.func, ready.source, options=ready.options, hooks=hooks)
