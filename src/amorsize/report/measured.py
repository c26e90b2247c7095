"""What a profile tells, line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from amorsize.plan.facts import load_of, waits
from amorsize.plan.hindsight import correction_of, runs_against_the_model
from amorsize.plan.units import seconds, size, three_digits
from amorsize.plan.wording import times_faster
from amorsize.report.candidates import kind_name
from amorsize.vocab.profile import CannotTravel, NotMeasured, Transfer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amorsize.vocab.estimate import Measured
    from amorsize.vocab.profile import GilUse, Profile
    from amorsize.vocab.situation import Situation


def measured_lines(profile: Profile, situation: Situation | None = None) -> list[tuple[str, str]]:
    """Pairs of what was looked at and what was found; what nobody looked at is left out."""
    return [
        ("items", f"{_run_of(profile)}, in {seconds(profile.wall_s)}"),
        ("one call", _call(profile)),
        ("left to do", interval(profile.remaining) + _trend(profile)),
        ("nature", _nature(profile)),
        *([("reading", f"{seconds(profile.read_s)} of a call")] if profile.read_s else ()),
        *_travels(profile),
        *_past(profile, situation),
    ]


def _past(profile: Profile, situation: Situation | None) -> Iterator[tuple[str, str]]:
    """How far off the model was for this function; it is corrected by part of that."""
    kinds = {run.engine for run in profile.past if run.engine is not None}
    for engine in sorted(kinds):
        ratios = runs_against_the_model(profile, {engine})
        if ratios:
            took = three_digits(sorted(ratios)[len(ratios) // 2])
            factor = three_digits(correction_of(profile, {engine}, situation))
            runs = f"{len(ratios)} run" + ("s" if len(ratios) > 1 else "")
            name = kind_name(engine)
            yield (
                "before",
                f"{runs} ({name}) took {took} times the model's time; corrected by {factor}",
            )
    others = {} if situation is None or situation.experience is None else situation.experience.runs
    for engine in sorted(set(others) - kinds):
        factor = three_digits(correction_of(profile, {engine}, situation))
        yield "before", f"by runs of other functions ({kind_name(engine)}), corrected by {factor}"


def interval(value: Measured) -> str:
    """The middle, and between which ends it lies with 95 %, one-sided each."""
    return f"{seconds(value.median_s)} ({seconds(value.low_s)} to {seconds(value.high_s)})"


def _run_of(profile: Profile) -> str:
    if profile.items_left is None:
        return f"{profile.sampled:,} run, how many are left is not known"
    return f"{profile.sampled:,} run of {profile.sampled + profile.items_left:,}"


def _call(profile: Profile) -> str:
    parts = [
        f"{seconds(profile.mean_s)} on average, give or take {profile.spread:.0%}",
        f"longest {seconds(profile.longest_s)}",
        f"first {seconds(profile.first_s)}",
    ]
    return "; ".join(parts)


def _trend(profile: Profile) -> str:
    if 1 / 1.2 < profile.trend < 1.2:  # noqa: PLR2004 - nothing to tell within a fifth
        return ""
    way = "dearer" if profile.trend > 1 else "cheaper"
    factor = max(profile.trend, 1 / profile.trend) if profile.trend > 0 else 0
    return f"; items get {way}, by a factor of {three_digits(factor)}" if factor else ""


def _nature(profile: Profile) -> str:
    if waits(profile):
        return f"it waits: {profile.cpu_share:.0%} of its time is spent computing"
    load = load_of(profile)
    threads = f", on {load:.1f} cores at once" if load > 1 else ""
    return f"it computes{threads}{_lock(profile.gil)}"


def _lock(gil: GilUse | None) -> str:
    if gil is None:
        return ""
    gain = (
        "" if gil.threads_gain is None else f"; two threads were {times_faster(gil.threads_gain)}"
    )
    return f"; the interpreter lock was free {gil.free_share:.0%} of the time{gain}"


def _travels(profile: Profile) -> Iterator[tuple[str, str]]:
    travels = {
        "a result": profile.result,
        "an item": profile.argument,
        "the function": profile.function,
    }
    for name, travel in travels.items():
        if not isinstance(travel, NotMeasured):
            yield name, _travel(travel)


def _travel(travel: Transfer | CannotTravel) -> str:
    match travel:
        case CannotTravel(_, why):
            return f"cannot be pickled: {why}"
        case Transfer():
            times = f"{seconds(travel.dumps_s)} to pickle, {seconds(travel.loads_s)} to unpickle"
            return f"{size(travel.size_bytes)}, {times}"
        case _:
            assert_never(travel)
