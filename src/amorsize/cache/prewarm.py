"""Decide for a function before it was ever run, from what its user says that it costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

from amorsize.cache import DEFAULT_TTL_SECONDS
from amorsize.cache.asked import asked_function, asked_size, asked_time
from amorsize.cache.codec import shown
from amorsize.cache.dating import dated
from amorsize.cache.entries import CacheEntry
from amorsize.cache.identity import identify
from amorsize.cache.kinds import OPTIMIZATION
from amorsize.cache.opening import cache_of
from amorsize.errors import UsageError
from amorsize.machine.facts import (
    cpu_quota,
    gil_enabled,
    start_method_in_force,
    usable_cpus,
)
from amorsize.plan.advise import advise
from amorsize.plan.units import seconds
from amorsize.stats.means import SUPPOSED_SPREAD, interval
from amorsize.vocab.estimate import Measured
from amorsize.vocab.lookup import Hit
from amorsize.vocab.options import DEFAULT_OPTIONS
from amorsize.vocab.profile import Profile
from amorsize.vocab.situation import Situation

if TYPE_CHECKING:
    from collections.abc import Callable

    from amorsize.cache.loader import Cache

PROFILES: Final = 'workload_profiles must be a list of {"data_size": n, "avg_time": s}'

USUAL: Final[tuple[Mapping[str, float], ...]] = ({"data_size": 1000, "avg_time": 0.01},)
"""What is supposed where nothing is said: ten seconds of work."""


class Chosen(Protocol):
    """What of an ``OptimizationResult`` is kept."""

    n_jobs: int
    chunksize: int
    executor_type: str
    estimated_speedup: float
    reason: str
    warnings: list[str]


def prewarm_cache(
    func: Callable[..., Any],
    workload_profiles: Iterable[Mapping[str, float]] | None = None,
    optimization_result: Chosen | None = None,
    force: bool = False,
) -> int:
    """Keep a decision for ``func`` without running it; returns the number of entries written.

    A function has one entry, whatever the length of its input: of several profiles the one
    with the most work decides. An entry that a load would serve stays, unless ``force``; one
    that cannot be identified has none.

    Args:
        func: The function that will be optimised later.
        workload_profiles: What it will be asked to do: ``{"data_size": n, "avg_time": s}``.
        optimization_result: A decision to keep, instead of making one.
        force: Write over what is there.

    Raises:
        UsageError: ``func`` cannot be called, a profile is not as described, or the result is no
            decision that a load would serve.
    """
    return prewarm(
        cache_of(OPTIMIZATION),
        func,
        workload_profiles,
        result=optimization_result,
        force=bool(force),
    )


def prewarm(
    cache: Cache[CacheEntry],
    func: Callable[..., Any],
    workload_profiles: Iterable[Mapping[str, float]] | None,
    *,
    result: Chosen | None = None,
    force: bool,
) -> int:
    """The same for a cache that is open, which then tells what it could not keep."""
    identity = identify(asked_function(func))
    jobs = _asked_jobs(USUAL if workload_profiles is None else workload_profiles)
    kept = None if result is None else _from_result(result)
    if not identity.shared or not (kept or jobs):
        return 0
    if not force and isinstance(cache.look(identity.key, DEFAULT_TTL_SECONDS), Hit):
        return 0
    return int(cache.save(identity.key, kept or _decided(*max(jobs))))


def _asked_jobs(profiles: Any) -> list[tuple[float, int, float]]:
    """Work in seconds, items, and seconds for each, of every profile."""
    if isinstance(profiles, Mapping) or not isinstance(profiles, Iterable):
        msg = f"{PROFILES}, got {shown(profiles)}"
        raise UsageError.parameter(msg)
    return [_asked_job(profile) for profile in profiles]


def _asked_job(profile: Any) -> tuple[float, int, float]:
    try:
        size, time = profile["data_size"], profile["avg_time"]
    except (KeyError, TypeError, IndexError):
        msg = f"{PROFILES}, got {shown(profile)} in it"
        raise UsageError.parameter(msg) from None
    items, item_s = asked_size(size), asked_time(time)
    if items < 1:
        msg = f"data_size must be positive, got {items}"
        raise UsageError.parameter(msg)
    return items * item_s, items, item_s


def _from_result(result: Chosen) -> CacheEntry:
    try:
        return CacheEntry(
            result.n_jobs,
            result.chunksize,
            result.executor_type,
            result.estimated_speedup,
            result.reason,
            result.warnings,
            **dated(),
        )
    except AttributeError as error:
        msg = f"optimization_result must be an OptimizationResult, got {shown(result)}"
        raise UsageError.parameter(msg) from error


def _decided(_work_s: float, items: int, item_s: float) -> CacheEntry:
    advice = advise(_supposed(items, item_s), _situation(), DEFAULT_OPTIONS)
    chosen = advice.chosen
    reason = f"decided beforehand for {items:,} items of {seconds(item_s)} each, not measured"
    return CacheEntry(
        chosen.n_jobs,
        chosen.chunksize,
        chosen.kind.value,
        advice.speedup,
        reason,
        [],
        **dated(),
    )


def _supposed(items: int, item_s: float) -> Profile:
    """A function that computes, as nothing says that it waits; sending costs nothing."""
    left = items - 1
    mean = interval(item_s, 0.0, spread=SUPPOSED_SPREAD, left=left)
    return Profile(
        sampled=1,
        items_left=left,
        first_s=item_s,
        mean_s=item_s,
        spread=SUPPOSED_SPREAD,
        longest_s=item_s,
        wall_s=item_s,
        cpu_s=item_s,
        process_cpu_s=item_s,
        waits=0,
        preemptions=0,
        remaining=Measured(
            median_s=left * item_s,
            low_s=left * mean.low_s,
            high_s=left * mean.high_s,
            samples=1,
        ),
    )


def _situation() -> Situation:
    return Situation(
        cores=usable_cpus(),
        quota=cpu_quota(),
        gil=gil_enabled(),
        start_method=start_method_in_force(),
    )
