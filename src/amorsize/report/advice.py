"""What to hand to a standard pool, in one sentence, as code, and with all the reasons."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Final

from amorsize.plan.changes import told_about
from amorsize.plan.prices import pools_priced
from amorsize.plan.units import seconds
from amorsize.plan.wording import in_words, times_faster
from amorsize.report.candidates import Row, pool_name
from amorsize.report.page import Page, lay_out, wrapped
from amorsize.vocab.advice import PoolKind
from amorsize.vocab.options import DEFAULT_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amorsize.vocab.advice import Advice, PoolCandidate, PricedPool
    from amorsize.vocab.options import Options
    from amorsize.vocab.profile import Profile
    from amorsize.vocab.situation import Situation

_LOOP: Final = ("results = [func(item) for item in data]",)

_CODE: Final = {
    PoolKind.PROCESSES: (
        "with multiprocessing.Pool({n_jobs}) as pool:",
        "    results = pool.map(func, data, chunksize={chunksize})",
    ),
    PoolKind.THREADS: (
        "with concurrent.futures.ThreadPoolExecutor({n_jobs}) as pool:",
        "    results = list(pool.map(func, data))",
    ),
}


def advice_line(advice: Advice) -> str:
    """The advice in one sentence."""
    loop = seconds(advice.serial_s)
    if advice.chosen.n_jobs == 1:
        return f"the plain loop is best and takes about {loop}; {_why_serial(advice)}"
    name, total = pool_name(advice.chosen), seconds(advice.expected.total_s)
    return f"{name} takes about {total} instead of {loop}, {times_faster(advice.speedup)}"


def advice_text(advice: Advice, profile: Profile) -> list[str]:
    """The advice, how sure it is, and what it rests on."""
    left = "" if profile.items_left is None else f" of {profile.sampled + profile.items_left:,}"
    one = f"{seconds(profile.mean_s)} a call"
    items = "item" if left in {"", " of 1"} and profile.sampled == 1 else "items"
    basis = f"measured: {profile.sampled:,}{left} {items}, {one}; explain() tells the rest"
    return wrapped([advice_line(advice), *_range(advice), basis])


def explain_advice(
    advice: Advice,
    profile: Profile,
    situation: Situation | None = None,
    *,
    options: Options = DEFAULT_OPTIONS,
) -> str:
    """What was measured, what each choice would take, why this one, and what would help."""
    limits, changes = told_about(advice, profile=profile, situation=situation, options=options)
    return lay_out(
        Page(
            head=(advice_line(advice), *_range(advice)),
            code=_code(advice.chosen),
            profile=profile,
            situation=situation,
            priced=pools_priced(situation),
            rows=tuple(_rows(advice)),
            lost=tuple(
                (_lost_name(pool), pool.reason)
                for pool in advice.considered
                if pool.reason is not None
            ),
            limits=limits,
            changes=changes,
        )
    )


def _range(advice: Advice) -> tuple[str, ...]:
    if advice.chosen.n_jobs == 1:
        return ()
    low, high = seconds(advice.low_s), seconds(advice.high_s)
    least, most = sorted((advice.speedup_low, advice.speedup_high))
    faster = f"{times_faster(least)} to {times_faster(most)}"
    if (least < 1) == (most < 1):  # said once
        faster = f"{times_faster(least).partition(' ')[0]} to {times_faster(most)}"
    return (f"between {low} and {high}, {faster}, the pool made and closed",)


def _code(chosen: PoolCandidate) -> tuple[str, ...]:
    lines = _CODE[chosen.kind] if chosen.n_jobs > 1 else _LOOP
    return tuple(line.format(n_jobs=chosen.n_jobs, chunksize=chosen.chunksize) for line in lines)


def _why_serial(advice: Advice) -> str:
    """What keeps the nearest pool from paying."""
    lost = [pool for pool in advice.considered if pool.reason is not None]
    nearest = min(lost, key=lambda pool: pool.expected.total_s if pool.expected else inf)
    return f"{_lost_name(nearest)}: {in_words(nearest.reason)}" if nearest.reason else ""


def _rows(advice: Advice) -> Iterator[Row]:
    """The choice, the loop, and of each pool some sizes: doubling, and the greatest."""
    greatest = {
        kind: max(
            (p.candidate.n_jobs for p in advice.considered if p.candidate.kind is kind), default=1
        )
        for kind in PoolKind
    }
    for pool in advice.considered:
        candidate, jobs = pool.candidate, pool.candidate.n_jobs
        shown = jobs.bit_count() == 1 or jobs == greatest[candidate.kind]
        if pool.expected is not None and (shown or pool is advice.considered[0]):
            chosen = pool is advice.considered[0]
            yield Row(name=pool_name(candidate), expected=pool.expected, chosen=chosen)


def _lost_name(pool: PricedPool) -> str:
    """A pool that was ruled out altogether has no size."""
    if pool.expected is not None:
        return pool_name(pool.candidate)
    return "Pool" if pool.candidate.kind is PoolKind.PROCESSES else "ThreadPoolExecutor"
