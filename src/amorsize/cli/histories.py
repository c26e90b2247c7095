"""What ``amorsize history`` does: each action gives a document, the same in lines, an exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from amorsize.api.history import (
    clear_history,
    compare_entries,
    delete_result,
    list_results,
    load_result,
)
from amorsize.api.saved import as_factor, best_of
from amorsize.cli.caches import Answer
from amorsize.cli.confirm import confirmed
from amorsize.cli.exits import EntryMissingError, Exit, OutputFailedError
from amorsize.plan.units import seconds

if TYPE_CHECKING:
    from argparse import Namespace

    from amorsize.api.history import HistoryEntry

PLACE: Final = "the history"


def list_entries(args: Namespace) -> Answer:
    """Name the entries, newest first."""
    entries = list_results(args.filter, args.limit)
    lines = [
        f"{entry.id}  {entry.timestamp}  {entry.name}: {_best(entry)}, {entry.function_name}"
        for entry in entries
    ]
    return Answer([entry.to_dict() for entry in entries], lines or ["no entries"])


def show(args: Namespace) -> Answer:
    """Show one entry.

    Raises:
        EntryMissingError: there is none.
    """
    entry = load_result(args.id)
    if entry is None:
        raise _missing(args.id)
    document = entry.to_dict()
    told = {"best": _best(entry)} | document | {"result": entry.result_type}
    return Answer(document, [f"{name}: {_shown(value)}" for name, value in told.items()])


def compare(args: Namespace) -> Answer:
    """Say how the second entry differs from the first.

    Raises:
        EntryMissingError: one of them is not there.
    """
    found = compare_entries(args.id1, args.id2)
    if found is None:
        raise _missing(args.id1 if load_result(args.id1) is None else args.id2)
    delta = found["comparison"]
    lines = [_compared(found["entry1"]), _compared(found["entry2"])]
    if delta["time_delta_seconds"] is not None:
        more, percent = delta["time_delta_seconds"], delta["time_delta_percent"]
        sign = "+" if more >= 0 else "-"
        lines.append(f"time: {sign}{seconds(abs(more))}, {percent:+.1f} %")
    if delta["speedup_delta"] is not None:
        lines.append(f"speed-up: {delta['speedup_delta']:+.2f}")
    lines.append(f"same system: {'yes' if delta['same_system'] else 'no'}")
    lines.append(f"regression: {'yes' if delta['is_regression'] else 'no'}")
    return Answer(found, lines)


def delete(args: Namespace) -> Answer:
    """Remove one entry.

    Raises:
        EntryMissingError: there is none.
        OutputFailedError: it cannot be removed.
    """
    try:
        was_there = delete_result(args.id)
    except OSError as error:
        raise OutputFailedError.for_place(PLACE, error) from error
    if not was_there:
        raise _missing(args.id)
    return Answer({"removed": 1}, ["removed: 1"])


def clear(args: Namespace) -> Answer:
    """Remove every entry, once the user has said so."""
    if not args.yes and not confirmed("remove every entry of the history?"):
        return Answer({"removed": 0}, ["removed: 0"], Exit.FAILED)
    removed = clear_history()
    return Answer({"removed": removed}, [f"removed: {removed:,}"])


def _missing(entry_id: str) -> EntryMissingError:
    return EntryMissingError(f"No entry of the history is called {entry_id}")


def _best(entry: HistoryEntry) -> str:
    best = best_of(entry.result)
    return ", ".join(
        [
            best.strategy or entry.result_type,
            *([] if best.time_s is None else [seconds(best.time_s)]),
            *([] if best.speedup is None else [as_factor(best.speedup)]),
        ]
    )


def _compared(told: dict[str, Any]) -> str:
    time = "?" if told["execution_time"] is None else seconds(told["execution_time"])
    return (
        f"{told['id']}  {told['name']}: {told['best_strategy'] or '?'}, {time}, "
        f"{as_factor(told['speedup'])}"
    )


def _shown(value: object) -> object:
    if isinstance(value, dict):
        return ", ".join(f"{name} {inner}" for name, inner in value.items())
    return value
