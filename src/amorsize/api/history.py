"""Results of earlier days: one file per entry, in the user's own data folder.

An entry is read field by field through rules. What is hostile or broken is passed over, and no
name of an entry leads out of the folder.
"""

from __future__ import annotations

import json
import logging
import operator
from contextlib import suppress
from dataclasses import dataclass
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final

from amorsize.api.fields import FACTS, MOMENT, as_moment, exactly, now_as_text
from amorsize.api.saved import SavedResult, best_of, plain_fields
from amorsize.cache.codec import MOST_BYTES, UNDECODABLE, Table, as_object, parse, unparse
from amorsize.cache.file_store import FileStore
from amorsize.cache.rules import Rule, text, whole
from amorsize.cache.store import is_key
from amorsize.cache.system import here, system_info
from amorsize.errors import UsageError
from amorsize.machine.folders import DATA, own_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amorsize.cache.codec import Document
    from amorsize.cache.store import Store

ID_BYTES: Final = 6

MOST_NAME_CHARS: Final = 200

SAME_SYSTEM: Final = ("platform", "physical_cores")
"""What must be equal for two entries to be of the same system."""

LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A result with when, where and on what it was found."""

    id: str
    name: str
    timestamp: str
    """ISO 8601."""
    result: SavedResult
    """Its fields, as keys and as attributes."""
    function_name: str
    data_size: int
    system_info: dict[str, Any]
    metadata: dict[str, Any]
    result_type: str = "ComparisonResult"
    """The class it was of; 0.1.0 knew only this one."""

    def to_dict(self) -> dict[str, Any]:
        """The fields as they stand in a file."""
        return {"id": self.id} | ENTRY.encode(self)


OBJECT: Final = Rule(as_object, dict)

ENTRY: Final[Table[Any]] = Table.of(
    dict,
    {
        "name": exactly(text(MOST_NAME_CHARS)),
        "timestamp": MOMENT,
        "result": OBJECT,
        "function_name": exactly(text()),
        "data_size": whole(0),
        "system_info": FACTS,
    },
    optional={"metadata": OBJECT, "result_type": text()},
)


def save_result(
    result: object,
    name: str,
    function_name: str = "unknown",
    data_size: int = 0,
    metadata: Mapping[str, Any] | None = None,
) -> str:
    """Keep a result; returns the id of its entry.

    Args:
        result: Of any kind that this library gives, or any object with ``to_dict()``, any
            dataclass, or a dict. What is no plain value is not kept, nor is ``data``.
        name: What to find it by, at most 200 characters; need not be unique.
        function_name: What was run.
        data_size: On how many items.
        metadata: What else should be kept: a dict that JSON can hold.

    Raises:
        UsageError: one of these cannot be kept, or is too large: an entry has at most 1 MiB.
        OSError: the folder cannot be written to.
    """
    entry = HistoryEntry(
        token_hex(ID_BYTES),
        name,
        now_as_text(),
        SavedResult(plain_fields(result)),
        function_name,
        data_size,
        system_info(here()),
        _plain_metadata(metadata),
        type(result).__name__,
    )
    document = entry.to_dict()
    if complaints := [*ENTRY.complaints(document)]:
        raise UsageError("; ".join(complaints))
    data = unparse(document)
    if len(data) > MOST_BYTES:
        msg = f"the result takes {len(data):,} bytes as JSON; at most {MOST_BYTES:,} are kept"
        raise UsageError(msg, hint="save a smaller result, or less metadata")
    _store().put(entry.id, data)
    return entry.id


def load_result(entry_id: str) -> HistoryEntry | None:
    """The entry; ``None`` where there is none, or none that can be read.

    Raises:
        UsageError: no entry can have such an id.
    """
    return _read(_store(), checked_id(entry_id))


def list_results(name_filter: str | None = None, limit: int | None = None) -> list[HistoryEntry]:
    """The entries, newest first; what cannot be read is passed over.

    Args:
        name_filter: Only those with this in their names, in whatever case.
        limit: At most so many.

    Raises:
        UsageError: a filter that is no text, or a limit that is no whole number from 0 on.
    """
    wanted = "" if name_filter is None else _asked_filter(name_filter)
    most = None if limit is None else _asked_limit(limit)
    store = _store()
    entries = [entry for key in _keys(store) if (entry := _read(store, key)) is not None]
    entries.sort(key=lambda entry: (as_moment(entry.timestamp), entry.id), reverse=True)
    return [entry for entry in entries if wanted in entry.name.casefold()][:most]


def delete_result(entry_id: str) -> bool:
    """Remove an entry, whatever it holds; tell whether it was there.

    Raises:
        UsageError: no entry can have such an id.
        OSError: it is there, and cannot be removed.
    """
    return _store().delete(checked_id(entry_id))


def clear_history() -> int:
    """Remove every entry that can be removed; returns how many that were."""
    store, removed = _store(), 0
    for key in _keys(store):
        with suppress(OSError):
            removed += store.delete(key)
    with suppress(OSError):
        store.tidy()
    return removed


def compare_entries(entry_id1: str, entry_id2: str) -> dict[str, Any] | None:
    """How the second differs from the first, by the best that each knows.

    Gives ``entry1`` and ``entry2``, each with ``id``, ``name``, ``timestamp``,
    ``best_strategy``, ``speedup``, ``execution_time`` (in seconds) and ``system``, and
    ``comparison``: ``speedup_delta``, ``time_delta_seconds`` and ``time_delta_percent`` (second
    less first), ``same_system``, and ``is_regression``: the second is slower. A figure that one
    of them does not have is ``None``. ``None`` where one of the entries is not there.

    Raises:
        UsageError: no entry can have such an id.
    """
    first, second = load_result(entry_id1), load_result(entry_id2)
    if first is None or second is None:
        return None
    one, other = _told(first), _told(second)
    more_s = _difference(one["execution_time"], other["execution_time"])
    faster_by = _difference(one["speedup"], other["speedup"])
    return {
        "entry1": one,
        "entry2": other,
        "comparison": {
            "speedup_delta": faster_by,
            "time_delta_seconds": more_s,
            "time_delta_percent": _percent(more_s, one["execution_time"]),
            "same_system": all(
                first.system_info.get(name) == second.system_info.get(name) for name in SAME_SYSTEM
            ),
            "is_regression": more_s > 0 if more_s is not None else (faster_by or 0) < 0,
        },
    }


def checked_id(entry_id: object) -> str:
    """The id.

    Raises:
        UsageError: no entry can have it.
    """
    if not isinstance(entry_id, str) or not is_key(entry_id):
        msg = (
            f"entry_id must be 1 to 200 of A-Z a-z 0-9 . _ -, and not . or .., got {entry_id!r:.80}"
        )
        raise UsageError.parameter(msg)
    return entry_id


def _asked_filter(name_filter: Any) -> str:
    if not isinstance(name_filter, str):
        msg = f"name_filter must be a string, got {type(name_filter).__name__}"
        raise UsageError.parameter(msg)
    return name_filter.casefold()


def _asked_limit(limit: Any) -> int:
    try:
        number = operator.index(limit)
    except TypeError:
        number = -1
    if number < 0:
        msg = f"limit must be a whole number from 0 on, got {limit!r:.80}"
        raise UsageError.parameter(msg)
    return number


def _store() -> Store:
    return FileStore(own_folder(DATA, "history"))


def _keys(store: Store) -> list[str]:
    try:
        return sorted(store.keys())
    except OSError as error:
        LOG.debug("cannot list the history: %s", error)
        return []


def _read(store: Store, key: str) -> HistoryEntry | None:
    try:
        data = store.get(key)
        return None if data is None else _entry(key, parse(data))
    except (*UNDECODABLE, OSError) as error:
        LOG.debug("cannot read %s: %s", key, error)
        return None


def _entry(key: str, document: Document) -> HistoryEntry:
    """Its id is the name of its file, whatever the file says."""
    fields = {"metadata": {}} | ENTRY.decode(document)
    return HistoryEntry(id=key, **(fields | {"result": SavedResult.of(fields["result"])}))


def _plain_metadata(metadata: Mapping[str, Any] | None) -> dict[str, Any]:
    try:
        plain: dict[str, Any] = json.loads(json.dumps(dict(metadata or {}), allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        msg = f"metadata must be a dict that JSON can hold: {error}"
        raise UsageError.parameter(msg) from error
    return plain


def _told(entry: HistoryEntry) -> dict[str, Any]:
    best = best_of(entry.result)
    return {
        "id": entry.id,
        "name": entry.name,
        "timestamp": entry.timestamp,
        "best_strategy": best.strategy,
        "speedup": best.speedup,
        "execution_time": best.time_s,
        "system": entry.system_info,
    }


def _difference(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else second - first


def _percent(more: float | None, of: float | None) -> float | None:
    if more is None or not of:
        return None if more is None else 0.0
    return 100 * more / of
