"""Carry entries to another machine or folder: one JSON document for all of a cache.

What is imported goes through the codec, entry by entry, and under checked keys; nothing else
of the file is believed.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, assert_never

from amorsize.cache import CACHE_VERSION, DEFAULT_TTL_SECONDS
from amorsize.cache.asked import asked_path, asked_ttl
from amorsize.cache.clock import wall_clock
from amorsize.cache.codec import MALFORMED, shown, strictly
from amorsize.cache.file_store import put_file
from amorsize.cache.kinds import OPTIMIZATION, kind_called
from amorsize.cache.loader import check_not_ahead
from amorsize.cache.opening import cache_of
from amorsize.cache.store import is_key
from amorsize.cache.system import here, system_info
from amorsize.cache.upkeep import INCOMPATIBLE, state_of
from amorsize.errors import FileMissingError, UsageError
from amorsize.machine.outputs import landing_of
from amorsize.vocab.lookup import Hit

if TYPE_CHECKING:
    from amorsize.cache.kinds import Kind
    from amorsize.cache.loader import Cache

BAD_FORMAT: Final = "Invalid export file format: missing required fields"

MOST_EXPORT_BYTES: Final = 1 << 28
"""256 MB: some hundred thousand entries."""

FOREVER_S: Final = float("inf")


class Merge(StrEnum):
    """What becomes of an entry that is there already."""

    SKIP = "skip"
    """It stays."""
    OVERWRITE = "overwrite"
    """It goes."""
    UPDATE = "update"
    """The newer one stays."""


def export_cache(
    output_file: str | os.PathLike[str],
    include_expired: bool = False,
    include_incompatible: bool = False,
    ttl_seconds: float = DEFAULT_TTL_SECONDS,
    *,
    cache_type: str = OPTIMIZATION.name,
) -> int:
    """Write one cache into a file, whole or not at all; returns the number of entries.

    Of an entry the fields that this version knows are written, checked; one of another machine
    only with ``include_incompatible``, expired or not. Links are followed; a device or a pipe is
    written into, and a pipe waits for its reader.

    Raises:
        UsageError: the time to live is no number, the file no path, or there is no such cache.
        OSError: the file cannot be written.
    """
    file, ttl_s = asked_path("output_file", output_file), asked_ttl(ttl_seconds)
    kind = kind_called(cache_type)
    wanted: set[Any] = {Hit, *INCOMPATIBLE} if include_incompatible else {Hit}
    oldest_s = FOREVER_S if include_expired else ttl_s
    entries = [
        kind.table.encode(entry) | {"cache_key": key}
        for key, examined in cache_of(kind).survey(oldest_s)
        if state_of(examined.verdict) in wanted
        and (entry := _decoded(kind, examined.document)) is not None
    ]
    document = {
        "version": CACHE_VERSION,
        "export_timestamp": wall_clock(),
        "export_system": system_info(here()),
        "entries": entries,
    }
    _write(file, f"{json.dumps(document, indent=2, allow_nan=False)}\n".encode())
    return len(entries)


def import_cache(
    input_file: str | os.PathLike[str],
    merge_strategy: str = "skip",
    validate_compatibility: bool = True,
    update_timestamps: bool = False,
    *,
    cache_type: str = OPTIMIZATION.name,
) -> tuple[int, int, int]:
    """Take over the entries of an export; returns how many were imported, skipped, incompatible.

    Skipped is what is there already, and what is not a proper entry or has no proper key.

    Raises:
        UsageError: the file is not there or is no export of this version, or an argument is
            wrong.
        OSError: the file cannot be read.
    """
    return import_into(
        cache_of(kind_called(cache_type)),
        input_file,
        merge_strategy,
        compatible=bool(validate_compatibility),
        dated_now=bool(update_timestamps),
    )


def import_into(
    cache: Cache[Any],
    input_file: str | os.PathLike[str],
    merge_strategy: str,
    *,
    compatible: bool,
    dated_now: bool,
) -> tuple[int, int, int]:
    """The same for a cache that is open, which then tells what it could not keep."""
    if merge_strategy not in [*Merge]:  # a set would ask for a hash
        choices = "'skip', 'overwrite', or 'update'"
        msg = f"Invalid merge_strategy: {merge_strategy}. Must be {choices}"
        raise UsageError(msg)
    importer = _Importer(cache, Merge(merge_strategy), compatible=compatible, dated_now=dated_now)
    outcomes = [importer.take(raw) for raw in _entries_of(asked_path("input_file", input_file))]
    imported, skipped, incompatible = map(outcomes.count, _Outcome)
    return imported, skipped, incompatible


class _Outcome(StrEnum):
    IMPORTED = "imported"
    SKIPPED = "skipped"
    INCOMPATIBLE = "incompatible"


class _Importer:
    """Takes one entry after the other."""

    def __init__(
        self, cache: Cache[Any], merge: Merge, *, compatible: bool, dated_now: bool
    ) -> None:
        self._cache = cache
        self._merge = merge
        self._compatible = compatible
        self._dated_now = dated_now

    def take(self, raw: object) -> _Outcome:
        key = raw.get("cache_key") if isinstance(raw, dict) else None
        entry = _decoded(self._cache.kind, raw)
        if entry is None or not is_key(key):
            return _Outcome.SKIPPED
        same_version = entry.cache_version == CACHE_VERSION
        if not same_version or (self._compatible and not entry.is_system_compatible()[0]):
            return _Outcome.INCOMPATIBLE
        if self._keeps_the_old(str(key), entry):
            return _Outcome.SKIPPED
        if self._dated_now:
            entry = replace(entry, timestamp=self._cache.clock())
        return _Outcome.IMPORTED if self._cache.save(str(key), entry) else _Outcome.SKIPPED

    def _keeps_the_old(self, key: str, entry: Any) -> bool:
        old = _decoded(self._cache.kind, self._cache.examine(key, FOREVER_S).document)
        match self._merge:
            case Merge.SKIP:
                return old is not None
            case Merge.UPDATE:
                return old is not None and old.timestamp >= entry.timestamp
            case Merge.OVERWRITE:
                return False
            case _:
                assert_never(self._merge)


def _decoded(kind: Kind[Any], raw: object) -> Any:
    """The entry; ``None`` where it is not a proper one."""
    try:
        entry = kind.table.decode(raw)
        check_not_ahead(entry.timestamp, wall_clock())
    except MALFORMED:
        return None
    return entry


def _write(name: str, data: bytes) -> None:
    path, is_replaced = landing_of(name)
    if is_replaced:
        put_file(os.path.abspath(path), data)
    else:
        path.write_bytes(data)


def _entries_of(path: str) -> list[Any]:
    """The entries that an export claims to hold."""
    try:
        document = strictly(_text_of(path))
    except FileNotFoundError as error:
        raise FileMissingError.for_import(path) from error
    except (ValueError, RecursionError) as error:
        msg = f"Invalid export file format: {type(error).__name__}"
        raise UsageError(msg) from error
    if not isinstance(document, dict) or not {"version", "entries"} <= document.keys():
        raise UsageError(BAD_FORMAT)
    version, entries = document["version"], document["entries"]
    if type(version) is not int or version != CACHE_VERSION:
        words = f"export={shown(version)}, current={CACHE_VERSION}"
        msg = f"Incompatible cache version: {words}"
        raise UsageError(msg)
    if type(entries) is not list:
        raise UsageError(BAD_FORMAT)
    return entries


def _text_of(path: str) -> str:
    with open(path, "rb") as file:
        data = file.read(MOST_EXPORT_BYTES + 1)
    if len(data) > MOST_EXPORT_BYTES:
        msg = f"must have at most {MOST_EXPORT_BYTES} bytes"
        raise ValueError(msg)
    return data.decode()
