"""From what was measured to what is remembered, and from that to a profile to decide by."""

from __future__ import annotations

from dataclasses import replace
from math import ceil, hypot, sqrt
from typing import TYPE_CHECKING, Final

from amorsize.plan.hindsight import foretold
from amorsize.plan.tunables import SWITCHES_PER_ITEM, WAITING_SHARE
from amorsize.stats.means import SUPPOSED_SPREAD, interval
from amorsize.vocab.estimate import Measured
from amorsize.vocab.learned import Learned
from amorsize.vocab.plan import EngineKind
from amorsize.vocab.profile import NotMeasured, Profile

if TYPE_CHECKING:
    from amorsize.vocab.profile import Travel
    from amorsize.vocab.record import RunRecord
    from amorsize.vocab.situation import Situation

MOST_PAST: Final = 20
"""Runs whose prediction is kept beside what they took: enough to see which way it errs."""

DOUBT: Final = 0.1
"""Share by which the mean of another day differs, however many calls it rests on.

Other programs, other clock speeds: a guess, not measured yet."""

COUNTED_AS_RUN: Final = 0.1
"""Share of the items that stand for those that would have been sampled, at most.

However many were run before, what these cost today is not known: a prediction from memory has an
interval, too."""

CHANGED: Final = 1.5
"""Times by which a call must differ from what is remembered before that is given up, ..."""

SURE: Final = 3.0
"""... and standard errors."""

SHARED: Final = 2.0
"""Times by which calls take longer where workers share cores, caches and memory, at most: no change
of the function. What two threads of one core take from each other; not measured yet."""

FEW: Final = 3
"""Calls below which nothing is concluded: the first of a process warm up."""


def learned_from(
    profile: Profile,
    *,
    situation: Situation | None = None,
    by_name: bool = False,
    run: RunRecord | None = None,
    before: Learned | None = None,
) -> Learned:
    """What to remember, of a sample or, with ``run``, of everything that was run.

    ``by_name`` says that the function's travel was measured as the standard pools send it.
    What this time was not measured stays as it was ``before``, if neither the function nor the
    kind of its items has changed. What a sample says of the cost does not count beside a whole run
    of such items; only another run does.
    """
    if before is not None and run is None and _is_of_a_run(before, profile):
        return _with_sample(before, profile, by_name=by_name)
    known = before if before is not None and _holds(before, profile) else None
    learned = Learned(
        sampled=profile.sampled,
        runs=1 if before is None else before.runs + 1,
        items=None if profile.items_left is None else profile.sampled + profile.items_left,
        inherited=profile.inherited,
        first_s=profile.first_s,
        mean_s=profile.mean_s,
        spread=profile.spread,
        longest_s=profile.longest_s,
        trend=profile.trend,
        cpu_share=profile.cpu_share,
        process_cpu_share=_share(profile.process_cpu_s, profile.wall_s),
        waits_per_call=profile.waits / profile.sampled,
        preemptions_per_call=profile.preemptions / profile.sampled,
        argument=profile.argument,
        result=profile.result,
        function=profile.function,
        function_by_name=by_name,
        gil=profile.gil,
        read_s=profile.read_s,
        item_kind=profile.item_kind,
        item_bytes=profile.item_bytes,
        returns_its_item=profile.returns_its_item,
        carries=profile.carries,
        heap_bytes=0 if situation is None else situation.heap_bytes,
        past=() if known is None else known.past,
    )
    if known is not None:
        learned = _completed(learned, known)
    return learned if run is None else _with_run(learned, run)


def profile_from(
    learned: Learned,
    *,
    items: int | None,
    inherited: bool | None = None,
    by_name: bool = False,
) -> Profile:
    """The profile of ``items`` items as if the first of them had just been sampled.

    Nothing was run: ``sampled`` and ``wall_s`` stand for what would have been. ``items`` is
    ``None`` where the input does not know its length: then there are as many as last time.
    """
    items = learned.items if items is None else items
    sampled = learned.sampled
    if items is not None:
        sampled = max(1, min(sampled, ceil(COUNTED_AS_RUN * items)))
    left = None if items is None else max(0, items - sampled)
    wall_s = sampled * learned.mean_s
    lies = learned.inherited if inherited is None else inherited
    alike = lies == learned.inherited
    return Profile(
        sampled=sampled,
        items_left=left,
        first_s=learned.mean_s,
        mean_s=learned.mean_s,
        spread=learned.spread,
        longest_s=learned.longest_s,
        wall_s=wall_s,
        cpu_s=learned.cpu_share * wall_s,
        process_cpu_s=learned.process_cpu_share * wall_s,
        waits=round(learned.waits_per_call * sampled),
        preemptions=round(learned.preemptions_per_call * sampled),
        remaining=remaining_from(learned, sampled if left is None else left),
        trend=learned.trend,
        argument=learned.argument,
        result=learned.result,
        function=_function_travel(learned, by_name=by_name),
        gil=learned.gil,
        inherited=lies,
        read_s=learned.read_s if alike else None,
        item_kind=learned.item_kind,
        item_bytes=learned.item_bytes if lies else 0.0,
        returns_its_item=learned.returns_its_item,
        carries=learned.carries,
        past=learned.past,
    )


def profile_of_run(run: RunRecord, profile: Profile) -> Profile:
    """All items of a run as they turned out, as if they were to be run once more."""
    learned = learned_from(profile, run=run)
    past = (*profile.past, *learned.past)[-MOST_PAST:]
    return profile_from(replace(learned, past=past), items=max(1, run.items))


def remaining_from(learned: Learned, left: int) -> Measured:
    """The serial time of ``left`` items: from mean, spread and how many calls they rest on."""
    error = hypot(DOUBT, max(learned.spread, _doubtful(learned)) / sqrt(learned.sampled))
    mean = interval(learned.mean_s * learned.trend, error, spread=learned.spread, left=left)
    return Measured(
        median_s=left * mean.mean_s,
        low_s=left * mean.low_s,
        high_s=left * mean.high_s,
        samples=learned.sampled,
    )


def filled_in(profile: Profile, learned: Learned) -> Profile:
    """A profile of this run, with what it has not measured taken from what is remembered.

    Not what hangs on the data: whether items and results travel is seen on those at hand.
    """
    alike = profile.inherited == learned.inherited
    return replace(
        profile,
        gil=profile.gil or learned.gil,
        read_s=learned.read_s if profile.read_s is None and alike else profile.read_s,
        past=learned.past,
    )


def contradicts(learned: Learned, profile: Profile) -> bool:
    """Whether calls now cost so much more or less that the function must have changed.

    Of a function that computes, then and now, it is the CPU time that counts: a busy machine
    makes every function slower.
    """
    if profile.sampled < FEW:
        return False
    now_s, then_s = profile.mean_s, learned.mean_s
    if _computed(learned) and profile.waits < SWITCHES_PER_ITEM * profile.sampled:
        now_s, then_s = now_s * profile.cpu_share, then_s * learned.cpu_share
    if now_s < CHANGED * then_s and then_s < CHANGED * now_s:
        return False
    noise_s = hypot(
        profile.spread * now_s / sqrt(profile.sampled),
        learned.spread * then_s / sqrt(learned.sampled),
    )
    return abs(now_s - then_s) > SURE * noise_s


def turned_out_otherwise(learned: Learned, run: RunRecord) -> bool:
    """Whether the items that workers ran have shown the same, where few were seen before."""
    if run.workers == 1 or run.items < FEW or run.work_s <= 0:
        return False
    now_s, then_s = run.work_s / run.items, learned.mean_s
    if now_s < CHANGED * SHARED * then_s and then_s < CHANGED * now_s:
        return False
    noise_s = learned.spread * hypot(now_s / sqrt(run.items), then_s / sqrt(learned.sampled))
    return abs(now_s - then_s) > SURE * noise_s


def _computed(learned: Learned) -> bool:
    return learned.waits_per_call < SWITCHES_PER_ITEM and learned.cpu_share >= WAITING_SHARE


def _is_of_a_run(learned: Learned, profile: Profile) -> bool:
    """Whether it rests on all items of a run, and on more of this kind than were sampled now."""
    same = learned.item_kind == profile.item_kind
    return same and learned.engine is not None and learned.sampled > profile.sampled


def _with_sample(learned: Learned, profile: Profile, *, by_name: bool) -> Learned:
    """With what a sample has measured beside the cost of calls."""
    unsent = isinstance(profile.function, NotMeasured)
    return replace(
        learned,
        runs=learned.runs + 1,
        argument=_known(profile.argument, learned.argument),
        result=_known(profile.result, learned.result),
        function=learned.function if unsent else profile.function,
        function_by_name=learned.function_by_name if unsent else by_name,
        gil=profile.gil or learned.gil,
        read_s=learned.read_s if profile.read_s is None else profile.read_s,
        inherited=profile.inherited,
        returns_its_item=profile.returns_its_item,
        carries=profile.carries,
    )


def _holds(learned: Learned, profile: Profile) -> bool:
    """Whether it is of the same function, on items of the same kind."""
    return learned.item_kind == profile.item_kind and not contradicts(learned, profile)


def _completed(learned: Learned, known: Learned) -> Learned:
    """With what only the earlier run has measured."""
    alike = learned.inherited == known.inherited
    function = learned
    if isinstance(learned.function, NotMeasured):
        function = known
    return replace(
        learned,
        argument=_known(learned.argument, known.argument),
        result=_known(learned.result, known.result),
        function=function.function,
        function_by_name=function.function_by_name,
        gil=learned.gil or known.gil,
        read_s=known.read_s if learned.read_s is None and alike else learned.read_s,
        heap_bytes=learned.heap_bytes or known.heap_bytes,
        engine=known.engine,
        workers=known.workers,
    )


def _with_run(learned: Learned, run: RunRecord) -> Learned:
    """The mean is that of all items now, so that nothing is left to foretell by a trend.

    Threads that came late got the interpreter lock less often than was thought.
    """
    items, told = max(1, run.items), foretold(run)
    late = any(one.actual_s > CHANGED * one.predicted_s for one in told)
    mean_s = run.work_s / items if run.work_s > 0 else learned.mean_s
    return replace(
        learned,
        sampled=items,
        items=run.items,
        mean_s=mean_s,
        trend=1.0,
        longest_s=max(learned.longest_s, mean_s),
        gil=None if late and run.engine is EngineKind.THREADS else learned.gil,
        engine=run.engine,
        workers=max(1, run.workers),
        past=(*learned.past, *told)[-MOST_PAST:],
    )


def _doubtful(learned: Learned) -> float:
    """Few calls may be alike by luck."""
    return SUPPOSED_SPREAD if learned.sampled < FEW else 0.0


def _function_travel(learned: Learned, *, by_name: bool) -> Travel:
    return learned.function if learned.function_by_name == by_name else NotMeasured()


def _known(now: Travel, before: Travel) -> Travel:
    return before if isinstance(now, NotMeasured) else now


def _share(part_s: float, whole_s: float) -> float:
    return part_s / whole_s if whole_s > 0 else 1.0
