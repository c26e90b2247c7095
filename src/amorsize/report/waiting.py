"""How many items were in flight at once, and why, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amorsize.plan.units import seconds

if TYPE_CHECKING:
    from amorsize.vocab.waiting import Step, Waiting


def waiting_lines(waiting: Waiting | None, *, brief: bool = False) -> list[str]:
    """The number at the end, what was refused, and the steps that led there unless ``brief``."""
    if waiting is None:
        return []
    return [*_found(waiting), *([] if brief else _history(waiting))]


def _found(waiting: Waiting) -> list[str]:
    if not waiting.steps:
        return []
    most = "" if waiting.at_most is None else f" (max_concurrency: {waiting.at_most})"
    lines = [f"in flight at the end: {waiting.steps[-1].width}{most}"]
    if waiting.refused:
        lines.append(f"refused, and called again: {waiting.refused:,} calls")
    return lines


def _history(waiting: Waiting) -> list[str]:
    first, *others = waiting.steps
    left_out = waiting.moves - len(waiting.steps)
    lines = [f"in flight from the start: {first.width}", *map(_line, others)]
    if left_out:
        lines.insert(-(len(others) // 2) or len(lines), f"({left_out:,} more changes)")
    return lines


def _line(step: Step) -> str:
    seen = f"{step.rate:,.0f} per second, {seconds(step.latency_s)} each"
    return f"after {seconds(step.at_s)}: {step.width}, {step.move}; before: {seen}"
