"""What came of holding a prediction against the clock, in plain sentences."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, Final

from amorsize.plan.tunables import MIN_ADVISED
from amorsize.plan.units import three_digits
from amorsize.plan.wording import times_faster
from amorsize.report.trials import ratio_words
from amorsize.stats.repeated import Ratio
from amorsize.vocab.trials import Choice

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOP: Final = "the plain loop"

LEAST_ACCURACY: Final = 75.0
"""In percent; below it a prediction is called off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A prediction, and what was measured."""

    advised: str
    """The way of running that was advised, in words."""
    other: str | None
    """What the plain loop was held against; another way where the loop itself was advised."""
    predicted: float
    """Speed-up of what was advised."""
    speedup: Ratio | None
    """Of ``other`` over the plain loop."""
    choice: Choice
    why_no_other: str = ""

    @property
    def is_serial(self) -> bool:
        return self.advised == LOOP


def verdict_line(held: Held) -> str:
    """Whether the advice was right, and how near the prediction came."""
    if held.other is None:
        why = f": {held.why_no_other}" if held.why_no_other else ""
        return f"{LOOP} was advised, and there is nothing to hold it against{why}"
    if held.speedup is None:
        return "not enough was measured for a verdict"
    return _of_the_loop(held, held.speedup) if held.is_serial else _of_the_pool(held, held.speedup)


def _of_the_pool(held: Held, speedup: Ratio) -> str:
    measured = f"{held.advised} is {ratio_words(speedup)} than {LOOP}"
    predicted = f"{times_faster(held.predicted)} was predicted"
    match held.choice:
        case Choice.FASTER:
            return f"right: {measured}; {predicted}"
        case Choice.SLOWER:
            return f"wrong: {measured}; {predicted}"
        case Choice.NO_DIFFERENCE:
            return f"no difference beyond the noise: {measured}; {predicted}"
        case Choice.UNKNOWN:
            return f"{measured}, which is no proof; {predicted}"


def _of_the_loop(held: Held, speedup: Ratio) -> str:
    measured = f"{held.other} is {ratio_words(speedup)}"
    if held.choice is Choice.UNKNOWN:
        return f"{LOOP} was advised; {measured}, which is no proof"
    if held.choice is Choice.FASTER and speedup.middle >= MIN_ADVISED:
        return f"wrong: {LOOP} was advised, and {measured}"
    return f"right: {LOOP} was advised, and {measured}"


def accuracy_of(predicted: float, actual: float) -> tuple[float, float]:
    """Accuracy and error in percent: the error is relative to what was predicted, with its sign."""
    if predicted <= 0:
        return nan, nan
    error = 100 * (actual - predicted) / predicted
    return 100 * (1 - abs(actual - predicted) / max(actual, predicted)), error


def remarks(held: Held, accuracy: float) -> Iterator[str]:
    """What to do about it."""
    if held.is_serial or held.speedup is None:
        return
    if held.choice is Choice.SLOWER:
        yield f"use {LOOP} for this job"
    elif held.choice is Choice.NO_DIFFERENCE:
        yield f"{LOOP} does as well, and is simpler"
    if accuracy < LEAST_ACCURACY:
        actual, predicted = three_digits(held.speedup.middle), three_digits(held.predicted)
        side = "more" if held.speedup.middle > held.predicted else "less"
        yield (
            f"the prediction is off: a speed-up of {predicted} was predicted, {actual} is what "
            f"it gains, which is {side}; is the machine busy with something else?"
        )
