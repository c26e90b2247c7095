"""How an explanation is laid out: what was chosen, what was measured, what else there was."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, Final

from amorsize.plan.wording import in_words
from amorsize.report.calibration import prices_line
from amorsize.report.candidates import Row, candidate_name, table
from amorsize.report.limits import change_line, limit_lines
from amorsize.report.measured import measured_lines
from amorsize.vocab.limits import Change, Limits
from amorsize.vocab.plan import NotForced, Rejection, Slower
from amorsize.vocab.profile import Profile
from amorsize.vocab.situation import Priced, Situation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


WIDTH: Final = 100
INDENT: Final = "  "


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One explanation, before it is laid out."""

    head: tuple[str, ...]
    code: tuple[str, ...] = ()
    profile: Profile
    situation: Situation | None
    priced: tuple[Priced, ...]
    """Whose prices stand in the table."""
    rows: tuple[Row, ...]
    lost: tuple[tuple[str, Rejection], ...]
    """Names of candidates, and why each was not chosen."""
    limits: Limits | None = None
    changes: tuple[Change, ...] = ()


def lay_out(page: Page) -> str:
    """The page as text, at most 100 wide."""
    measured = measured_lines(page.profile, page.situation)
    if page.situation is not None:
        measured.append(("machine", _machine(page.situation)))
    lines = [
        *wrapped(page.head),
        *(["", *(INDENT * 2 + line for line in page.code)] if page.code else ()),
        "",
        "What was measured",
        *pairs(measured),
        "",
        "What each choice would take",
        *(INDENT + line for line in table(page.rows)),
        *(_prices(page) if len(page.rows) > 1 else ()),
    ]
    reasons = list(_reasons(page.lost))
    if reasons:
        lines += ["", "Why not the others", *reasons]
    if page.limits is not None:
        name = candidate_name(page.limits.candidate)
        lines += ["", f"What limits {name}", *pairs(limit_lines(page.limits))]
    if page.changes:
        lines += ["", "What would help", *_bullets(map(change_line, page.changes))]
    return "\n".join(lines)


def wrapped(sentences: Iterable[str]) -> list[str]:
    """Each sentence on a line of its own, or on several."""
    return [
        line
        for sentence in sentences
        for line in wrap(sentence, WIDTH, subsequent_indent=INDENT, break_long_words=False)
    ]


def pairs(facts: Iterable[tuple[str, str]]) -> list[str]:
    """Names in one column, what there is to say in the other, wrapped."""
    facts = list(facts)
    column = max(len(name) for name, _ in facts) + len(INDENT)
    lines = []
    for name, words in facts:
        first = INDENT + name.ljust(column)
        lines += wrap(
            words,
            WIDTH,
            initial_indent=first,
            subsequent_indent=" " * len(first),
            break_long_words=False,
        )
    return lines


def _prices(page: Page) -> list[str]:
    calibration = None if page.situation is None else page.situation.calibration
    experience = None if page.situation is None else page.situation.experience
    origin = prices_line(calibration, page.priced, experience=experience)
    words = f"(start-up and hand out: {origin})"
    return wrap(words, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT * 2)


def _machine(situation: Situation) -> str:
    cores = f"{situation.cores} usable core{'s' if situation.cores > 1 else ''}"
    if situation.others:
        cores += f", {situation.others} wanted by other programs"
    return cores if situation.quota is None else f"{cores}, limited to {situation.quota:.3g}"


def _reasons(lost: Iterable[tuple[str, Rejection]]) -> Iterator[str]:
    """Being slower shows in the table; being told otherwise, in the first line."""
    for name, reason in lost:
        if not isinstance(reason, Slower | NotForced):
            yield from _bullets([f"{name}: {in_words(reason)}"])


def _bullets(sentences: Iterable[str]) -> Iterator[str]:
    for sentence in sentences:
        yield from wrap(
            sentence,
            WIDTH,
            initial_indent=INDENT,
            subsequent_indent=INDENT * 2,
            break_long_words=False,
        )
