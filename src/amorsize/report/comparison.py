"""What a comparison of several ways has shown, in plain sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amorsize.plan.rounds import CLEAR
from amorsize.report.trials import choice_words, ratio_words, series_line
from amorsize.stats.repeated import choice_by, interval_of, ratio_of
from amorsize.vocab.trials import Choice, Ended

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from amorsize.vocab.trials import Series


def comparison_lines(series: Mapping[str, Series], base: str, items: int) -> Iterator[str]:
    """One for each way: its time, and how it compares with the base."""
    for name, one in series.items():
        told = series_line(one, interval_of(one.seconds), items)
        ratio = ratio_of(series[base].seconds, one.seconds)
        if name == base or ratio is None:
            yield told
            continue
        how = choice_by(ratio)
        words = ratio_words(ratio) if how is not Choice.NO_DIFFERENCE else choice_words(how)
        yield f"{told}; {words}"


def comparison_remarks(series: Mapping[str, Series], base: str, best: str) -> Iterator[str]:
    """What cannot be told, and who is as good as the best."""
    for name, one in series.items():
        if one.stopped is not None and one.stopped.ended is Ended.FAILED:
            yield f"{name} {_failed(one.stopped.why)}"
    if next(iter(series)) != base:
        yield f"speed-ups are over {base}: what comes before it has not come to its end"
    equals = [name for name, one in series.items() if name != best and _equal(series[best], one)]
    if equals:
        yield f"{', '.join(equals)}: no difference from {best} beyond the noise"
    if any(len(one.seconds) == 1 for one in series.values()):
        yield "what ran once only may be faster or slower by chance: give more time, or fewer items"


def _equal(best: Series, other: Series) -> bool:
    """As good, as far as few runs can tell: what looks clearly slower is not called equal."""
    ratio = ratio_of(other.seconds, best.seconds)
    return ratio is not None and choice_by(ratio) is Choice.NO_DIFFERENCE and ratio.middle < CLEAR


def _failed(why: str) -> str:
    return f"was {why}" if why.startswith("not run") else f"did not work: {why}"
