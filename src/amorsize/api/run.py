"""The library's own way in, with options already checked: for commands and for ``execute``."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple

from amorsize.engines.source import all_items, iterated, source_of
from amorsize.runtime.driver import run as run_source
from amorsize.runtime.ledger import Hooks
from amorsize.vocab.options import DEFAULT_OPTIONS, Options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from amorsize.runtime.memory import Memory
    from amorsize.vocab.checkpoint import CheckpointWanted
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
) -> Run:
    """Run ``func`` on every item; see ``runtime.driver.run`` for what it raises.

    ``progress`` gets (done, total), ``deliver`` consecutive results in input order as soon as
    they are there; both are called in this thread, and what they raise stops the run. On Ctrl-C
    ``interrupted`` gets all consecutive results once more: a delivery may have been cut short.
    ``keep`` remembers the items of an input that can be read once only, in ``Run.data``.
    ``memory`` is what earlier calls have learned; without it nothing is looked up or kept.
    ``checkpoint`` is the file in which finished items are kept, for another run to go on from.
    """
    hooks = Hooks(progress=progress, deliver=deliver, interrupted=interrupted)
    source = source_of(data, keep=keep)
    with ExitStack() as closing:
        if checkpoint is not None:
            from amorsize.journal.journal import opened

            hooks.journal = closing.enter_context(opened(checkpoint, func))
            if not source.exact:  # what has only __getitem__ may end earlier than it says
                source = iterated(data, keep=keep)
        done = run_source(func, source, options=options, hooks=hooks, memory=memory)
    return Run(done.results, done.record, all_items(source, data))
