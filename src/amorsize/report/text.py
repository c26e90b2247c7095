"""Runs in words, for a person to read."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Final

from amorsize.plan.units import seconds, three_digits
from amorsize.plan.wording import in_words, watching
from amorsize.report.candidates import Row, engine_name, kind_name
from amorsize.report.page import Page, lay_out, wrapped
from amorsize.report.waiting import waiting_lines
from amorsize.vocab.plan import EngineKind, Untried
from amorsize.vocab.situation import Priced

if TYPE_CHECKING:
    from amorsize.vocab.plan import Decision, Rejected
    from amorsize.vocab.record import RunRecord

_TOO_SHORT: Final = "too short to ask whether workers would pay"

ENGINES: Final = (Priced.TEAM, Priced.THREADS, Priced.LOKY_COLD)


def summary(record: RunRecord) -> str:
    """The account of a run, a few lines of ``name: value``."""
    lines = [
        f"items: {record.items:,}",
        f"workers: {record.workers}{_with_caller(record)}",
        f"engine: {kind_name(record.engine)}",
        f"time: {seconds(record.wall_s)}",
        *_against_the_loop(record),
        *(f"warning: {warning}" for warning in record.warnings),
    ]
    return "\n".join(wrapped(lines))


def explain(record: RunRecord) -> str:
    """What was measured before the decision, what each candidate would take, and why this one."""
    from amorsize.plan.changes import told_about

    if record.engine is EngineKind.WATCHED:
        return (
            f"{record.workers} watched processes, because {watching(record.options)} was asked for"
        )
    if record.engine is EngineKind.ASYNC:
        return "\n".join(wrapped([_async_line(record), *waiting_lines(record.waiting)]))
    if record.profile is None or record.decision is None:
        return f"the plain loop: {_why_serial(record)}"
    decision = record.decision
    chosen = Row(name=engine_name(decision.chosen), expected=decision.expected, chosen=True)
    others = (
        Row(name=engine_name(lost.candidate), expected=lost.expected)
        for lost in decision.rejected
        if lost.expected is not None
    )
    limits, changes = told_about(
        decision, profile=record.profile, situation=record.situation, options=record.options
    )
    page = lay_out(
        Page(
            head=(decision_line(decision), *_range(decision)),
            profile=record.profile,
            situation=record.situation,
            priced=ENGINES,
            rows=(chosen, *others),
            lost=tuple((_lost_name(lost), lost.reason) for lost in decision.rejected),
            limits=limits,
            changes=changes,
        )
    )
    told = [record.memory] if record.memory else []
    return "\n".join([page, *wrapped([*told, *waiting_lines(record.waiting)])])


def decision_line(decision: Decision) -> str:
    """The decision in one sentence."""
    name, loop = engine_name(decision.chosen), seconds(decision.serial_s)
    asked = f", because {decision.forced} was asked for" if decision.forced else ""
    if not decision.is_parallel:
        why = asked or f"; {_nearest(decision)}"
        return f"the plain loop: {loop} were left{why}"
    total = seconds(decision.expected.total_s)
    return f"{name}: about {total} instead of {loop} for what was left{asked}"


def _range(decision: Decision) -> list[str]:
    if not decision.is_parallel:
        return []
    least, most = sorted((decision.speedup_low, decision.speedup_high))
    middle = three_digits(decision.speedup)
    return [f"speed-up: {middle} ({three_digits(least)} to {three_digits(most)})"]


def _with_caller(record: RunRecord) -> str:
    if record.engine is EngineKind.ASYNC:
        return " at once, at most"
    others = record.engine in {EngineKind.THREADS, EngineKind.WATCHED}
    alone = record.workers == 1 or others
    return "" if alone else ", the caller among them"


def _against_the_loop(record: RunRecord) -> list[str]:
    if record.engine is EngineKind.ASYNC:
        loop = seconds(record.work_s)
        return [
            f"one after the other: about {loop}, estimated from the time of each",
            f"speed-up: {three_digits(record.speedup)}",
            *_in_flight(record),
        ]
    if record.workers == 1 and record.engine is not EngineKind.WATCHED:
        return [f"speed-up: none, it was the plain loop; {_why_serial(record)}"]
    loop = seconds(record.work_s)
    predicted = f" (predicted: {three_digits(record.predicted_speedup)})"
    return [
        f"plain loop: about {loop}, estimated from the time measured inside the function",
        f"speed-up: {three_digits(record.speedup)}{predicted if record.decision else ''}",
        *_in_flight(record),
    ]


def _in_flight(record: RunRecord) -> list[str]:
    return waiting_lines(record.waiting, brief=True)


def _async_line(record: RunRecord) -> str:
    how = f"{record.workers} at once, at most" if record.workers > 1 else "one after the other"
    asked = "" if record.waiting else "; the number was asked for"
    return f"coroutines on one event loop, {how}: no other engine can run an async function{asked}"


def _why_serial(record: RunRecord) -> str:
    decision = record.decision
    if record.items == 0:
        return "there was nothing to run"
    if asked := record.asked or (decision and decision.forced):
        return f"{asked} was asked for"
    if decision is None:
        return _TOO_SHORT if record.profile is None else "workers would not have paid"
    return _nearest(decision) or "nothing was left to share"


def _nearest(decision: Decision) -> str:
    """Why the best of those that lost did."""
    telling = [lost for lost in decision.rejected if not isinstance(lost.reason, Untried)]
    if not telling:
        return ""
    nearest = min(telling, key=lambda lost: lost.expected.total_s if lost.expected else inf)
    return f"{_lost_name(nearest)}: {in_words(nearest.reason)}"


def _lost_name(lost: Rejected) -> str:
    """An engine that was ruled out altogether has no size."""
    if lost.expected is not None:
        return engine_name(lost.candidate)
    return kind_name(lost.candidate.engine)
