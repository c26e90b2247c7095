"""Results as plain data, for programs: what ``json.dumps`` takes, strictly, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from math import isfinite
from operator import index
from typing import TYPE_CHECKING, Any

from amorsize.plan.wording import in_words
from amorsize.report.candidates import candidate_name
from amorsize.report.limits import change_name
from amorsize.vocab.advice import Advice
from amorsize.vocab.plan import Decision
from amorsize.vocab.profile import NotMeasured

if TYPE_CHECKING:
    from amorsize.vocab.advice import PoolCandidate
    from amorsize.vocab.limits import Change, Limits
    from amorsize.vocab.plan import Candidate, Makespan, Rejection
    from amorsize.vocab.record import RunRecord


def plain(value: object) -> Any:
    """Numbers, text, lists and dictionaries; what is not known, or not finite, is ``None``."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if is_dataclass(value):
        shown = {field.name: getattr(value, field.name) for field in fields(value) if field.repr}
        return None if isinstance(value, NotMeasured) else plain(shown)
    return _atom(value)


def _atom(value: object) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float):
        return value if isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    return index(value) if hasattr(value, "__index__") else str(value)


def run_fields(record: RunRecord) -> dict[str, Any]:
    """The account of a run, as ``report.text.summary`` tells it in words."""
    known = {
        "items": record.items,
        "engine": record.engine,
        "workers": record.workers,
        "wall_s": record.wall_s,
        "work_s": record.work_s,
        "speedup": record.speedup,
        "predicted_speedup": record.predicted_speedup,
        "serial_items": record.serial_items,
        "warnings": record.warnings,
        "reruns": record.reruns,
    }
    fields_: dict[str, Any] = plain(known)
    return fields_


def candidate_fields(decision: Advice | Decision | None) -> list[dict[str, Any]]:
    """Everything that was compared, the choice first."""
    match decision:
        case Advice():
            return [
                _candidate(pool.candidate, pool.expected, pool.reason)
                for pool in decision.considered
            ]
        case Decision():
            chosen = _candidate(decision.chosen, decision.expected, None)
            lost = (
                _candidate(one.candidate, one.expected, one.reason) for one in decision.rejected
            )
            return [chosen, *lost]
        case None:
            return []


def limit_fields(limits: Limits | None) -> dict[str, Any] | None:
    """The parts of the predicted time, with their shares of it."""
    if limits is None:
        return None
    total_s = limits.total_s
    parts = [
        plain(part) | {"share": part.time_s / total_s if total_s > 0 else 0.0}
        for part in limits.parts
    ]
    return {
        "candidate": candidate_name(limits.candidate),
        "total_s": plain(total_s),
        "parts": parts,
    }


def change_fields(change: Change) -> dict[str, Any]:
    """What would help, in words and in figures."""
    return {"what": change_name(change), "gain": plain(change.gain)} | {
        name: value for name, value in plain(change).items() if name != "what"
    }


def _candidate(
    candidate: PoolCandidate | Candidate, expected: Makespan | None, reason: Rejection | None
) -> dict[str, Any]:
    time = None if expected is None else plain(expected) | {"total_s": plain(expected.total_s)}
    return {
        "name": candidate_name(candidate),
        **plain(candidate),
        "expected": time,
        "reason": None if reason is None else in_words(reason),
    }


def result_fields(
    shown: Mapping[str, object],
    told: tuple[Limits | None, tuple[Change, ...]],
    *,
    decision: Advice | Decision | None,
    run: RunRecord | None,
) -> dict[str, Any]:
    """A result: its own attributes, what was compared, what limits it, and what was run."""
    limits, changes = told
    attributes: dict[str, Any] = plain(shown)
    return attributes | {
        "candidates": candidate_fields(decision),
        "limits": limit_fields(limits),
        "changes": [change_fields(change) for change in changes],
        "run": None if run is None else run_fields(run),
    }
