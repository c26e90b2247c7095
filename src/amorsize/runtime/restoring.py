"""Begin where an earlier run ended: what its journal has is neither run again nor shared out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amorsize.engines.source import IteratedSource, bare

if TYPE_CHECKING:
    from amorsize.engines.source import IndexedSource, Source
    from amorsize.journal.journal import Journal
    from amorsize.runtime.ledger import Ledger


def restore(journal: Journal, source: Source, ledger: Ledger) -> None:
    """Take finished items out of ``source``; input that is iterated passes them when it is read.

    Raises:
        CheckpointRefusedError: the data have changed.
    """
    journal.report = ledger.restored
    if isinstance(source, IteratedSource):
        source.finished = journal
        return
    journal.check_length(source.length)
    for span in journal.spans():
        _take_out(journal, source, span)


def _take_out(journal: Journal, source: IndexedSource, span: range) -> None:
    begin = span.start
    for index, item in zip(span, bare(source, source.items(span.start, span.stop)), strict=True):
        if not journal.passes(index, item):
            source.probe(begin, index - begin)
            begin = index + 1
    source.probe(begin, span.stop - begin)
