"""What a profile says about the work that is left, in the terms of the model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, inf, sqrt
from typing import TYPE_CHECKING

from amorsize.model.makespan import NO_TIME_S, Capacity, Work
from amorsize.plan import tunables
from amorsize.plan.footprint import workers_that_fit
from amorsize.plan.prices import GIGABYTE, gigabyte_here
from amorsize.vocab.options import Options
from amorsize.vocab.plan import EngineKind
from amorsize.vocab.profile import GilUse, Profile, Transfer
from amorsize.vocab.situation import Situation

if TYPE_CHECKING:
    from amorsize.vocab.profile import Travel
    from amorsize.vocab.situation import Gigabyte, JointSpeed


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All that a decision is made from."""

    profile: Profile
    situation: Situation
    options: Options

    @property
    def items(self) -> int:
        """Items left; where the length is unknown, as many again as were seen."""
        left = self.profile.items_left
        return self.profile.sampled if left is None else left


def waits(profile: Profile) -> bool:
    """Tell whether the function waits for something, rather than for a busy machine.

    A wait is a voluntary switch; a preempted or stolen CPU makes for involuntary ones, or none.
    """
    if profile.cpu_share >= tunables.WAITING_SHARE:
        return False
    each_call = profile.waits >= tunables.SURE_SWITCHES_PER_ITEM * profile.sampled
    often = profile.waits >= tunables.SWITCHES_PER_ITEM * profile.sampled
    return each_call or (often and profile.waits > profile.preemptions)


def mostly_waits(profile: Profile, situation: Situation) -> bool:
    """Tell whether threads, which share one lock, overlap more calls than processes need to."""
    enough = max(1.0, tunables.CALLS_PER_CORE * usable_cores(situation))
    return waits(profile) and load_of(profile) * enough < 1


def load_of(profile: Profile) -> float:
    """Cores that one call keeps busy.

    Threads of its own are what the process used beyond the thread that called: that thread's
    own use would count our asking, too.
    """
    own = profile.cpu_share if waits(profile) else 1.0
    sure = has_own_threads(profile) and profile.wall_s >= tunables.SPIN_S
    return own + (_other_threads(profile) if sure else 0.0)


def has_own_threads(profile: Profile) -> bool:
    """Tell whether calls keep further threads busy, which no calls of ours are."""
    return _other_threads(profile) > tunables.OWN_THREADS


def _other_threads(profile: Profile) -> float:
    return max(0.0, profile.process_cpu_s - profile.cpu_s) / max(profile.wall_s, NO_TIME_S)


def usable_cores(situation: Situation) -> float:
    """Cores, or what the container grants of them, or what they were seen to do together."""
    quota = situation.cores if situation.quota is None else situation.quota
    return min(situation.cores, quota, _joint_speed(situation))


def _joint_speed(situation: Situation) -> float:
    """CPUs that share a core or a clock do less together, where that was clearly seen."""
    known = situation.calibration and situation.calibration.joint_speed
    if not known or known.cpus != situation.cores or not joint_speed_counts(known):
        return situation.cores
    return max(1.0, known.times)


def joint_speed_counts(speed: JointSpeed) -> bool:
    """Tell whether it is clearly below the number of CPUs, and known well enough to go by."""
    narrow = speed.high - speed.low <= tunables.NARROW_SPEED * speed.times
    return speed.undisturbed and narrow and speed.high < tunables.CLEARLY_FEWER * speed.cpus


def free_cores(case: Case) -> float:
    """Cores that workers would get, in the share of one that the caller gets now.

    The kernel gives every thread that wants to run the same share. While fewer want one than there
    are cores the caller has one for itself; workers in its place would have to share.
    """
    situation, cores = case.situation, usable_cores(case.situation)
    machine = max(cores, situation.machine_cores or situation.cores)
    if cores + situation.others <= machine:
        return cores
    fair = machine * cores / (cores + situation.others)
    alone = 1.0 if waits(case.profile) else min(1.0, max(0.1, case.profile.cpu_share))
    return max(1.0, min(cores, fair / alone))


def work_of(case: Case, engine: EngineKind, *, cautious: bool = True) -> Work:
    """The work that is left, as the middle of the forecast has it.

    To be ``cautious`` is to take transfers for dearer than measured: right for whether workers
    pay, but by it fewer of them would seem enough.
    """
    profile = case.profile
    items, remaining_s = max(1, case.items), profile.remaining.median_s
    away_s, caller_s = transfers_of(
        profile, engine, gigabyte_here(case.situation), cautious=cautious
    )
    longest_s = profile.longest_s if profile.longest_left_s is None else profile.longest_left_s
    return Work(
        items=items,
        item_s=remaining_s / items,
        spread=max(profile.spread, tunables.LEAST_SPREAD),
        longest_s=min(longest_s, remaining_s),
        load=load_of(profile),
        away_s=away_s,
        caller_s=caller_s,
        read_s=profile.read_s or 0.0,
    )


def between(work: Work, *, sure_s: float, likely_s: float) -> Work:
    """The work as it is in the middle between what is sure and what is likely.

    Too many workers lose by the same factor if little is left as too few do if much is: the
    geometric mean of both ends makes that factor equal.
    """
    sure = sure_s / likely_s if likely_s > 0 else 1.0
    share = sqrt(min(1.0, max(tunables.LEAST_SURE, sure)))
    return replace(
        work,
        item_s=share * work.item_s,
        longest_s=share * work.longest_s,
        away_s=share * work.away_s,
        caller_s=share * work.caller_s,
        read_s=share * work.read_s,
    )


def capacity_of(case: Case, engine: EngineKind) -> Capacity:
    """What caps the joint speed of this engine's workers."""
    cores = free_cores(case)
    if engine is not EngineKind.THREADS:
        return Capacity(cores=cores)
    gil = case.profile.gil
    if gil is not None and gil.threads_gain is not None and not waits(case.profile):
        adds = min(1.0, max(0.0, gil.threads_gain - 1))
        return Capacity(cores=cores, each_adds=adds, locked=_locked(gil, case.situation))
    locked = load_of(case.profile) if case.situation.gil else 0.0
    return Capacity(cores=cores, locked=min(1.0, locked))


def _locked(gil: GilUse, situation: Situation) -> float:
    """Share of a call that only one thread at a time can be in, by the kinder of two signs.

    Ticks come late for other reasons, too. Two calls that want the lock for a share h of their
    time gain 2/(1 + h^2) together (mean value analysis: Reiser and Lavenberg, JACM 1980).
    """
    if not situation.gil or gil.threads_gain is None:
        return 0.0
    in_each_others_way = sqrt(max(0.0, 2 / max(gil.threads_gain, NO_TIME_S) - 1))
    return min(1.0, 1 - gil.free_share, in_each_others_way)


def shipping_s(profile: Profile, gigabyte: Gigabyte = GIGABYTE) -> float:
    """Sending the function itself to one process, and reading it there."""
    sent_s, read_s = _sent_and_read(profile.function, gigabyte, cautious=True)
    return sent_s + read_s


def useful_workers(case: Case, engine: EngineKind) -> int:
    """Beyond this number they have no core, even if each waits as much as was seen, or no room."""
    most = _with_a_core(case, engine)
    fit = workers_that_fit(case.profile, case.situation)
    return most if fit is None else min(most, fit)


def _with_a_core(case: Case, engine: EngineKind) -> int:
    cores, load = usable_cores(case.situation), min(1.0, max(load_of(case.profile), NO_TIME_S))
    if engine.crosses_process:
        return ceil(min(cores / load, cores * tunables.PROCESSES_PER_CORE))
    return ceil(cores / load)


def allowed_workers(case: Case) -> float:
    """Beyond this number they would wait for their turn, by ``max_rate``; without it no limit.

    One worker that is held up takes an interval per item, give or take what timers do.
    """
    rate_per_s = case.options.rate_per_s
    if rate_per_s is None:
        return inf
    busy = rate_per_s * case.profile.mean_s * case.profile.trend
    return max(1, ceil(busy * (1 - tunables.RATE_SLACK)))


def transfers_of(
    profile: Profile, engine: EngineKind, gigabyte: Gigabyte = GIGABYTE, *, cautious: bool = True
) -> tuple[float, float]:
    """Seconds per item that another process runs: the worker's, and the caller's.

    Forked workers inherit items that lie in memory; results are written by the workers and
    read by the caller.
    """
    if not engine.crosses_process:
        return 0.0, 0.0
    away_s, caller_s = _sent_and_read(profile.result, gigabyte, cautious=cautious)
    if engine is EngineKind.LOKY or not profile.inherited:
        sent_s, read_s = _sent_and_read(profile.argument, gigabyte, cautious=cautious)
        return away_s + read_s, caller_s + sent_s
    return away_s, caller_s


def _sent_and_read(travel: Travel, gigabyte: Gigabyte, *, cautious: bool) -> tuple[float, float]:
    if not isinstance(travel, Transfer):
        return 0.0, 0.0
    took_s = travel.sampled * (travel.dumps_s + travel.loads_s)
    sure = travel.sampled >= tunables.MANY_TRANSFERS or took_s >= tunables.SURE_TRANSFER_S
    safety = tunables.TRANSFER_SAFETY if cautious and not sure else 1.0
    copy_s, map_s = gigabyte.copy.median_s / 1e9, gigabyte.mapped.median_s / 1e9
    inside_s = (travel.size_bytes - travel.out_of_band_bytes) * copy_s
    beside_bytes = travel.out_of_band_bytes  # nothing is pickled: a size is all there is to know
    return (
        safety * (travel.dumps_s + inside_s) + beside_bytes * copy_s,
        safety * (travel.loads_s + inside_s) + beside_bytes * map_s,
    )
