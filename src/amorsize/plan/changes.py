"""What would help, and by how much: the choice made again with one thing changed at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from amorsize.errors import BackendRefusedError
from amorsize.plan import tunables
from amorsize.plan.advise import advise
from amorsize.plan.choose import decide
from amorsize.plan.facts import Case, waits
from amorsize.plan.limits import limits_of_advice, limits_of_decision
from amorsize.vocab.advice import Advice, PoolKind
from amorsize.vocab.limits import Change, Remedy
from amorsize.vocab.options import Backend
from amorsize.vocab.plan import Decision
from amorsize.vocab.profile import CannotTravel, GilUse, NotMeasured, Transfer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from amorsize.vocab.limits import Limits
    from amorsize.vocab.options import Options
    from amorsize.vocab.profile import Profile
    from amorsize.vocab.situation import Situation

SMALL_BYTES: Final = 1000
"""What is sent instead of something larger: a path, a key, a few figures."""

FREE: Final = GilUse(free_share=1.0, ticks=100, threads_gain=2.0)


class _Time(NamedTuple):
    serial_s: float
    total_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Idea:
    """One thing otherwise, not weighed yet."""

    remedy: Remedy
    case: Case
    before: float = 0.0
    after: float = 0.0
    what: str = ""


_Weigh: TypeAlias = "Callable[[Case], _Time]"


def told_about(
    decision: Advice | Decision | None,
    *,
    profile: Profile | None,
    situation: Situation | None,
    options: Options,
) -> tuple[Limits | None, tuple[Change, ...]]:
    """What limits the choice, and what would help, as far as the model can tell."""
    if profile is None or situation is None or not profile.sampled:
        return None, ()
    case = Case(profile=profile, situation=situation, options=options)
    match decision:
        case Advice():
            return limits_of_advice(decision, case), changes_of_advice(decision, case)
        case Decision():
            return limits_of_decision(decision, case), changes_of_decision(case)
        case None:
            return None, ()


def changes_of_advice(advice: Advice, case: Case) -> tuple[Change, ...]:
    """What would make the advised pool, or another, faster; what helps most comes first."""
    ideas = [*_ideas(case), *_forked_pool(case), *_more_at_once(advice, case)]
    now = _advised(case)
    found = [_weighed(idea, now, _advised) for idea in ideas]
    return _telling([*found, _kept(advice)])


def changes_of_decision(case: Case) -> tuple[Change, ...]:
    """The same for ``execute``, from where it decided."""
    ideas = [*_ideas(case), *_safe_fork(case)]
    try:
        now = _decided(case)
        return _telling([_weighed(idea, now, _decided) for idea in ideas])
    except BackendRefusedError:  # what was forced turned out not to start
        return ()


def _advised(case: Case) -> _Time:
    advice = advise(case.profile, case.situation, case.options)
    return _Time(advice.serial_s, advice.expected.total_s)


def _decided(case: Case) -> _Time:
    decision = decide(case.profile, case.situation, case.options)
    return _Time(decision.serial_s, decision.expected.total_s)


def _weighed(idea: _Idea, now: _Time, weigh: _Weigh) -> Change:
    then = weigh(idea.case)
    then_s = then.total_s
    if idea.remedy is Remedy.MORE_ITEMS and then.serial_s > 0:
        then_s *= now.serial_s / then.serial_s
    return Change(
        remedy=idea.remedy,
        before=idea.before,
        after=idea.after,
        what=idea.what,
        now_s=now.total_s,
        then_s=then_s,
    )


def _telling(changes: list[Change]) -> tuple[Change, ...]:
    """Those that are worth telling, the best first."""
    worth = [change for change in changes if change.gain >= tunables.WORTH_TELLING]
    return tuple(sorted(worth, key=lambda change: -change.gain)[: tunables.MOST_TOLD])


# -- what could be otherwise


def _ideas(case: Case) -> Iterator[_Idea]:
    yield from _about_travel(case)
    yield from _about_the_function(case)
    yield from _about_the_input(case)
    cores = case.situation.cores
    yield _Idea(
        remedy=Remedy.MORE_CORES,
        case=replace(case, situation=_with_cores(case.situation)),
        before=cores,
        after=2 * cores,
    )


def _about_travel(case: Case) -> Iterator[_Idea]:
    profile = case.profile
    travels = {
        Remedy.SMALLER_RESULTS: ("result", profile.result),
        Remedy.SMALLER_ITEMS: ("argument", profile.argument),
        Remedy.SMALLER_FUNCTION: ("function", profile.function),
    }
    for remedy, (name, travel) in travels.items():
        if isinstance(travel, Transfer) and travel.size_bytes > SMALL_BYTES:
            yield _Idea(
                remedy=remedy,
                case=_with(case, **{name: _small(travel)}),
                before=travel.size_bytes,
                after=SMALL_BYTES,
            )
        if isinstance(travel, CannotTravel):
            possible = _with(case, **{name: NotMeasured()})
            yield _Idea(remedy=Remedy.PICKLABLE, case=possible, what=travel.what)


def _about_the_function(case: Case) -> Iterator[_Idea]:
    profile = case.profile
    gil = profile.gil
    if case.situation.gil and gil is not None and not waits(profile):
        yield _Idea(remedy=Remedy.FREE_LOCK, case=_with(case, gil=FREE))
    if profile.carries is not None:
        alone = _with(case, carries=None)
        yield _Idea(remedy=Remedy.NO_CONNECTION, case=alone, what=profile.carries)
    if profile.returns_its_item:
        yield _Idea(remedy=Remedy.NEW_VALUES, case=_with(case, returns_its_item=False))
    if profile.longest_s > profile.mean_s:
        equal = _with(case, longest_s=profile.mean_s, spread=tunables.LEAST_SPREAD)
        yield _Idea(
            remedy=Remedy.EQUAL_CALLS,
            case=equal,
            before=profile.longest_s,
            after=profile.mean_s,
        )


def _about_the_input(case: Case) -> Iterator[_Idea]:
    profile = case.profile
    if profile.read_s:
        yield _Idea(remedy=Remedy.FASTER_INPUT, case=_read_at_once(case), before=profile.read_s)
    items = profile.sampled + case.items
    more = replace(
        profile.remaining,
        median_s=profile.remaining.median_s + items * profile.mean_s * profile.trend,
        low_s=profile.remaining.low_s + items * profile.mean_s * profile.trend,
        high_s=profile.remaining.high_s + items * profile.mean_s * profile.trend,
    )
    yield _Idea(
        remedy=Remedy.MORE_ITEMS,
        case=_with(case, items_left=case.items + items, remaining=more),
        before=items,
        after=2 * items,
    )


def _read_at_once(case: Case) -> Case:
    """The input is there when it is wanted: calls are shorter by the reading."""
    profile = case.profile
    left = max(0.0, 1 - (profile.read_s or 0.0) / profile.mean_s) if profile.mean_s > 0 else 1.0
    remaining = replace(
        profile.remaining,
        median_s=left * profile.remaining.median_s,
        low_s=left * profile.remaining.low_s,
        high_s=left * profile.remaining.high_s,
    )
    return _with(
        case,
        read_s=0.0,
        mean_s=left * profile.mean_s,
        first_s=left * profile.first_s,
        wall_s=left * profile.wall_s,
        cpu_s=left * profile.cpu_s,
        process_cpu_s=left * profile.process_cpu_s,
        remaining=remaining,
    )


def _safe_fork(case: Case) -> Iterator[_Idea]:
    situation = case.situation
    if situation.fork_unsafe is not None:
        safe = replace(case, situation=replace(situation, fork_unsafe=None))
        yield _Idea(remedy=Remedy.SAFE_FORK, case=safe, what=situation.fork_unsafe)


def _forked_pool(case: Case) -> Iterator[_Idea]:
    situation = case.situation
    if situation.start_method != "fork" and situation.fork_unsafe is None:
        forked = replace(case, situation=replace(situation, start_method="fork"))
        yield _Idea(remedy=Remedy.FORKED_POOL, case=forked, what=situation.start_method)


def _more_at_once(advice: Advice, case: Case) -> Iterator[_Idea]:
    """Threads that wait: twice as many, if the other side serves them."""
    chosen = advice.chosen
    on_threads = chosen.kind is PoolKind.THREADS and chosen.n_jobs > 1
    if not on_threads or case.options.n_jobs is not None or not waits(case.profile):
        return
    jobs = min(2 * chosen.n_jobs, advice.items)
    options = replace(case.options, n_jobs=jobs, backend=Backend.THREADS)
    yield _Idea(
        remedy=Remedy.MORE_AT_ONCE,
        case=replace(case, options=options),
        before=chosen.n_jobs,
        after=jobs,
    )


def _kept(advice: Advice) -> Change:
    """The same pools, their start paid by an earlier call."""
    running = [
        pool.expected.total_s - pool.expected.startup_s
        for pool in advice.considered
        if pool.expected is not None
    ]
    return Change(remedy=Remedy.KEPT_WORKERS, now_s=advice.expected.total_s, then_s=min(running))


def _with(case: Case, **facts: object) -> Case:
    profile: Profile = replace(case.profile, **facts)  # type: ignore[arg-type]  # fields by name
    return replace(case, profile=profile)


def _with_cores(situation: Situation) -> Situation:
    quota = None if situation.quota is None else 2 * situation.quota
    return replace(situation, cores=2 * situation.cores, quota=quota)


def _small(travel: Transfer) -> Transfer:
    """Time goes with size."""
    part = SMALL_BYTES / travel.size_bytes
    return replace(
        travel,
        dumps_s=part * travel.dumps_s,
        loads_s=part * travel.loads_s,
        size_bytes=SMALL_BYTES,
        out_of_band_bytes=0.0,
    )
