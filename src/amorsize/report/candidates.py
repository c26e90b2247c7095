"""The table of candidates: what each would take, part by part."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final, assert_never

from amorsize.plan.units import seconds
from amorsize.vocab.advice import PoolCandidate, PoolKind
from amorsize.vocab.plan import Candidate, EngineKind, Makespan

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_HEADINGS: Final = ("start-up", "compute", "hand out", "transfer", "tail", "total")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One candidate of the table."""

    name: str
    expected: Makespan
    chosen: bool = False


def kind_name(engine: EngineKind) -> str:
    """Who runs the items, as a person would say it."""
    match engine:
        case EngineKind.SERIAL:
            return "plain loop"
        case EngineKind.THREADS:
            return "threads"
        case EngineKind.TEAM:
            return "processes, forked"
        case EngineKind.LOKY:
            return "processes, spawned"
        case EngineKind.WATCHED:
            return "processes, watched"
        case EngineKind.ASYNC:
            return "coroutines"
        case _:
            assert_never(engine)


def engine_name(candidate: Candidate) -> str:
    """The same with their number."""
    name = kind_name(candidate.engine)
    return name if candidate.engine is EngineKind.SERIAL else f"{candidate.workers} {name}"


def pool_name(candidate: PoolCandidate) -> str:
    """The same for the standard pools, in the words of the call."""
    if candidate.n_jobs == 1:
        return "plain loop"
    match candidate.kind:
        case PoolKind.PROCESSES:
            return f"Pool({candidate.n_jobs}), chunksize={candidate.chunksize}"
        case PoolKind.THREADS:
            return f"ThreadPoolExecutor({candidate.n_jobs})"
        case _:
            assert_never(candidate.kind)


def candidate_name(candidate: PoolCandidate | Candidate) -> str:
    """Whichever of the two it is."""
    return engine_name(candidate) if isinstance(candidate, Candidate) else pool_name(candidate)


def table(rows: Sequence[Row]) -> list[str]:
    """Lines of the table: names to the left, times to the right, the total last."""
    cells = [["", *_HEADINGS], *(_cells(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    marks = ["", *("  <- chosen" if row.chosen else "" for row in rows)]
    return [_line(line, widths) + mark for line, mark in zip(cells, marks, strict=True)]


def _cells(row: Row) -> list[str]:
    parts = [getattr(row.expected, field.name) for field in fields(row.expected)]
    times = (seconds(part) if part else "-" for part in parts)
    return [row.name, *times, seconds(row.expected.total_s)]


def _line(cells: Iterable[str], widths: Sequence[int]) -> str:
    name, *times = (
        cell.ljust(width) if at == 0 else cell.rjust(width)
        for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join([name, *times])
