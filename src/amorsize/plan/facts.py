"""What a profile says about the work that is left, in the terms of the model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, sqrt
from typing import TYPE_CHECKING

from amorsize.model.makespan import NO_TIME_S, Capacity, Work
from amorsize.plan import tunables
from amorsize.vocab.options import Options
from amorsize.vocab.plan import EngineKind
from amorsize.vocab.profile import GilUse, Profile, Transfer
from amorsize.vocab.situation import Situation

if TYPE_CHECKING:
    from amorsize.vocab.profile import Travel


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
    """Cores, or what the container grants of them."""
    quota = situation.quota
    return situation.cores if quota is None else min(situation.cores, quota)


def work_of(case: Case, engine: EngineKind, *, cautious: bool = True) -> Work:
    """The work that is left, as the middle of the forecast has it.

    To be ``cautious`` is to take transfers for dearer than measured: right for whether workers
    pay, but by it fewer of them would seem enough.
    """
    profile = case.profile
    items, remaining_s = max(1, case.items), profile.remaining.median_s
    away_s, caller_s = transfers_of(profile, engine, cautious=cautious)
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
    cores = usable_cores(case.situation)
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


def shipping_s(profile: Profile) -> float:
    """Sending the function itself to one process, and reading it there."""
    sent_s, read_s = _sent_and_read(profile.function, cautious=True)
    return sent_s + read_s


def useful_workers(case: Case, engine: EngineKind) -> int:
    """Beyond this number they have no core, even if each of them waits as much as was seen."""
    cores, load = usable_cores(case.situation), min(1.0, max(load_of(case.profile), NO_TIME_S))
    if engine.crosses_process:
        return ceil(min(cores / load, cores * tunables.PROCESSES_PER_CORE))
    return ceil(cores / load)


def transfers_of(
    profile: Profile, engine: EngineKind, *, cautious: bool = True
) -> tuple[float, float]:
    """Seconds per item that another process runs: the worker's, and the caller's.

    Forked workers inherit items that lie in memory; results are written by the workers and
    read by the caller.
    """
    if not engine.crosses_process:
        return 0.0, 0.0
    away_s, caller_s = _sent_and_read(profile.result, cautious=cautious)
    if engine is EngineKind.LOKY or not profile.inherited:
        sent_s, read_s = _sent_and_read(profile.argument, cautious=cautious)
        return away_s + read_s, caller_s + sent_s
    return away_s, caller_s


def _sent_and_read(travel: Travel, *, cautious: bool) -> tuple[float, float]:
    if not isinstance(travel, Transfer):
        return 0.0, 0.0
    few = cautious and travel.sampled < tunables.MANY_TRANSFERS
    safety = tunables.TRANSFER_SAFETY if few else 1.0
    copied_bytes = travel.size_bytes - travel.out_of_band_bytes
    read_s = copied_bytes / tunables.COPY_BYTES_PER_S
    mapped_s = travel.out_of_band_bytes / tunables.MAP_BYTES_PER_S
    sent_s = travel.size_bytes / tunables.COPY_BYTES_PER_S
    return safety * (travel.dumps_s + sent_s), safety * (travel.loads_s + read_s + mapped_s)
