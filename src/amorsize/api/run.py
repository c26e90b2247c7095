"""The library's own way in, with options already checked: for commands and for ``execute``."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from amorsize.engines.source import all_items, iterated, source_of
from amorsize.runtime.driver import run as run_source
from amorsize.runtime.ledger import Hooks
from amorsize.vocab.options import DEFAULT_OPTIONS, Options
from amorsize.vocab.policies import NO_POLICIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from amorsize.engines.numbered import Numbering
    from amorsize.engines.source import Source
    from amorsize.runtime.memory import Memory
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
    with ExitStack() as closing:
        if checkpoint is not None:
            from amorsize.journal.journal import opened

            also = (policies.setup, policies.seed)
            hooks.journal = closing.enter_context(opened(checkpoint, func, also=also))
            func = hooks.journal.wrapped(func)
        if policies != NO_POLICIES:
            return _run_with(
                policies, func, data, options=options, hooks=hooks, keep=keep, memory=memory
            )
        source = _read(data, hooks, keep=keep)
        done = run_source(func, source, options=options, hooks=hooks, memory=memory)
        return Run(done.results, done.record, all_items(source, data))


def _read(
    data: Iterable[Any], hooks: Hooks, *, keep: bool, numbering: Numbering | None = None
) -> Source:
    """With a journal, what has only ``__getitem__`` is iterated: it may end before it says."""
    source = source_of(data, keep=keep, numbering=numbering)
    if hooks.journal is None or source.exact:
        return source
    return iterated(data, keep=keep, numbering=numbering)


def _run_with(
    policies: Policies,
    func: Callable[[Any], Any],
    data: Iterable[Any],
    *,
    options: Options,
    hooks: Hooks,
    keep: bool,
    memory: Memory | None,
) -> Run:
    """The same for what needs each item's index beside it."""
    from amorsize.engines.numbered import Numbering
    from amorsize.runtime.applied import applied, notes_on, users_view

    options = replace(options, rate_per_s=policies.rate_per_s)
    hooks.deliver = _seen_by(hooks.deliver, users_view)
    hooks.interrupted = _seen_by(hooks.interrupted, users_view)
    source = _read(data, hooks, keep=keep, numbering=Numbering())
    with applied(func, policies) as per_item:
        done = run_source(per_item, source, options=options, hooks=hooks, memory=memory)
    warnings = (*done.record.warnings, *notes_on(done.results))
    record = replace(done.record, warnings=warnings)
    return Run(users_view(done.results), record, all_items(source, data))


def _seen_by(
    hook: Callable[[Sequence[Any]], None] | None, view: Callable[[Sequence[Any]], list[Any]]
) -> Callable[[Sequence[Any]], None] | None:
    return None if hook is None else lambda results: hook(view(results))
