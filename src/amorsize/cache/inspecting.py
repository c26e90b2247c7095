"""Everything that is wrong with one file, in words: a load stops at the first."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from amorsize.cache.clock import wall_clock
from amorsize.cache.codec import UNDECODABLE, parse, shown
from amorsize.cache.file_store import read_file
from amorsize.cache.kinds import BENCHMARK, OPTIMIZATION
from amorsize.cache.loader import Terms, judge
from amorsize.cache.wording import in_words
from amorsize.vocab.lookup import Miss, OtherFormat, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from amorsize.cache.codec import Document
    from amorsize.cache.kinds import Kind


def issues_of_file(path: Path, kind: Kind[Any] | None, ttl_s: float) -> list[str]:
    """What keeps a load from serving this file; without a kind, its fields tell which it is."""
    try:
        data = read_file(os.fspath(path))
        if data is None:
            return [f"Cache file not found: {path}"]
        document = parse(data)
    except (*UNDECODABLE, OSError) as error:
        return [in_words(Unreadable(type(error).__name__), "")]
    if kind is None:
        kind = BENCHMARK if "serial_time" in document else OPTIMIZATION
    return [*_issues(document, Terms(kind, wall_clock(), ttl_s, kind.here()))]


def _issues(document: Document, terms: Terms[Any]) -> Iterator[str]:
    verdict = judge(document, terms)
    if not isinstance(verdict, Miss):
        return
    if isinstance(verdict.why, OtherFormat):  # which has fields of its own
        yield in_words(verdict.why, "")
        return
    complaints = [*terms.kind.table.complaints(document)]
    yield from complaints
    if not isinstance(verdict.why, Unreadable):
        yield in_words(verdict.why, "")
    elif not complaints:
        yield f"Invalid timestamp: {shown(document['timestamp'])} (must be at most a day ahead)"
