"""What limits the speed-up and what would help, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from amorsize.plan.units import seconds, size
from amorsize.plan.wording import times_faster
from amorsize.vocab.limits import Cause, Remedy

if TYPE_CHECKING:
    from amorsize.vocab.limits import Change, Limit, Limits

SMALL: Final = 0.03
"""Parts below this share are told together."""

_MEANINGS: Final = {
    Cause.CORES: "the calls themselves, {at_once} at once on all cores",
    Cause.LOCK: "the calls themselves, no more than {at_once} at once",
    Cause.SERVICE: "the calls wait, {at_once} at once",
    Cause.WORKERS: "the calls themselves, {at_once} at once: there are no more workers",
    Cause.ALONE: "the calls themselves, one after the other",
    Cause.START_UP: "workers are made, and ended",
    Cause.HAND_OUT: "chunks are handed out and collected",
    Cause.TRANSFER: "items and results pass from process to process",
    Cause.READING: "only the caller reads the input",
    Cause.SKEW: "calls differ, and the last to end is waited for",
    Cause.UNEVEN: "the last chunks do not end together",
}


def limit_lines(limits: Limits) -> list[tuple[str, str]]:
    """Each part with its share; the small ones, together, make it up to the whole."""
    total_s = limits.total_s
    large = [part for part in limits.parts if part.time_s >= SMALL * total_s]
    lines = [
        (part.cause.value, f"{_share(part.time_s, total_s)}: {_meaning(part)}") for part in large
    ]
    rest_s = sum(part.time_s for part in limits.parts if part not in large)
    return [*lines, *([("the rest", _share(rest_s, total_s))] if rest_s > 0 else [])]


def _share(part_s: float, total_s: float) -> str:
    return f"{part_s / total_s:.1%} ({seconds(part_s)})"


def _meaning(part: Limit) -> str:
    return _MEANINGS[part.cause].format(at_once=f"{part.at_once:.3g}")


def change_line(change: Change) -> str:
    """One sentence: what, and by how much."""
    then, now = seconds(change.then_s), seconds(change.now_s)
    if change.remedy is Remedy.MORE_ITEMS:
        return f"{change_name(change)}: {times_faster(change.gain)}, counted by item"
    return f"{change_name(change)}: {then} instead of {now}, {times_faster(change.gain)}"


def change_name(change: Change) -> str:  # noqa: C901, PLR0911, PLR0912 - one case for each remedy
    """What would have to be otherwise."""
    before, after, what = change.before, change.after, change.what
    match change.remedy:
        case Remedy.SMALLER_RESULTS:
            return f"returning {size(after)} instead of {size(before)}"
        case Remedy.SMALLER_ITEMS:
            return f"items of {size(after)} instead of {size(before)}"
        case Remedy.SMALLER_FUNCTION:
            return f"a function that takes {size(after)} to send, not {size(before)}"
        case Remedy.FREE_LOCK:
            return "a function that releases the interpreter lock, on threads"
        case Remedy.PICKLABLE:
            return f"a {what} that can be pickled"
        case Remedy.NO_CONNECTION:
            return f"opening {what} inside the function"
        case Remedy.NEW_VALUES:
            return "returning new values instead of changing the items"
        case Remedy.FASTER_INPUT:
            return f"input that is at hand; reading an item takes {seconds(before)}"
        case Remedy.EQUAL_CALLS:
            return f"equal calls of {seconds(after)}; the longest takes {seconds(before)}"
        case Remedy.MORE_ITEMS:
            return f"twice as many items, {after:,.0f}"
        case Remedy.MORE_CORES:
            return f"{after:.0f} cores instead of {before:.0f}"
        case Remedy.MORE_AT_ONCE:
            return f"n_jobs={after:.0f}, if as many calls are served at once"
        case Remedy.KEPT_WORKERS:
            return "a pool that is kept from one call to the next"
        case Remedy.SAFE_FORK:
            return f"a process that can be forked, without {what}"
        case Remedy.FORKED_POOL:
            return f"the start method 'fork' instead of {what!r}"
        case _:
            assert_never(change.remedy)
