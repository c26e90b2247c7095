"""Everything that is wrong with one entry, in words: a load stops at the first."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any

from amorsize.cache.clock import wall_clock
from amorsize.cache.codec import shown
from amorsize.cache.file_store import read_file
from amorsize.cache.kinds import BENCHMARK, OPTIMIZATION
from amorsize.cache.loader import Terms, read_and_judge
from amorsize.cache.wording import in_words
from amorsize.vocab.lookup import Hit, OtherFormat, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from amorsize.cache.kinds import Kind
    from amorsize.cache.loader import Examined


def issues_of_file(path: Path, kind: Kind[Any] | None, ttl_s: float) -> list[str]:
    """What keeps a load from serving this file; without a kind, its fields tell which it is."""
    meant = kind or OPTIMIZATION
    examined = read_and_judge(
        partial(read_file, os.fspath(path)),
        lambda: Terms(meant, wall_clock(), ttl_s, meant.here()),
    )
    if kind is None and "serial_time" in (examined.document or ()):
        return issues_of_file(path, BENCHMARK, ttl_s)
    return [*issues_of(examined, meant, absent=f"Cache file not found: {path}")]


def issues_of(examined: Examined[Any], kind: Kind[Any], *, absent: str) -> Iterator[str]:
    """What keeps a load from serving what was examined."""
    if isinstance(examined.verdict, Hit):
        return
    why, document = examined.verdict.why, examined.document
    if document is None or isinstance(why, OtherFormat):  # which has fields of its own
        yield in_words(why, absent)
        return
    complaints = [*kind.table.complaints(document)]
    yield from complaints
    if not isinstance(why, Unreadable):
        yield in_words(why, absent)
    elif not complaints:
        yield f"Invalid timestamp: {shown(document['timestamp'])} (must be at most a day ahead)"
