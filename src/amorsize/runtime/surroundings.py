"""What is true around this call, found out step by step: the dear facts only when they matter."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from amorsize.cache.calibrations import CALIBRATIONS
from amorsize.cache.experiences import EXPERIENCES
from amorsize.calibrate.imports import IMPORTS
from amorsize.engines.nesting import INSIDE
from amorsize.engines.reaper import REAPER
from amorsize.engines.spawned_alive import LENDER, spawned_workers_alive
from amorsize.machine.facts import (
    cpu_quota,
    gil_enabled,
    resident_bytes,
    start_method_in_force,
    usable_cpus,
)
from amorsize.machine.forksafety import fork_verdict, in_daemonic_worker
from amorsize.machine.load import others_running
from amorsize.machine.room import room_gauge
from amorsize.plan.footprint import is_hungry
from amorsize.vocab.machine import ForkUnsafe
from amorsize.vocab.plan import EngineKind
from amorsize.vocab.situation import Room, Situation

if TYPE_CHECKING:
    from amorsize.vocab.profile import Profile


class Surroundings:
    """Looks once per call; engines that turned out not to start are ruled out for the rest."""

    def __init__(self, *, now: bool = True) -> None:
        """``now``: what others do at the moment counts; advice is for later, and does without."""
        self._now = now
        self._full: Situation | None = None
        self.has_lender = LENDER.get() is not None
        """Whether a session keeps workers for this call."""

    def situation(self, *, may_read: bool = False, profile: Profile | None = None) -> Situation:
        """Everything a decision looks at.

        ``may_read``: there is time to read what engines cost here, once in a process.
        ``profile`` tells whether it matters how much memory is free.
        """
        if self._full is None:
            REAPER.reap()
            others = others_running() if self._now else 0
            self._full = Situation(
                cores=_cores(),
                quota=cpu_quota(),
                fork_unsafe=_what_rules_forking_out(),
                nested_in=INSIDE.get(),
                spawn_impossible="a daemonic worker" if in_daemonic_worker() else None,
                gil=gil_enabled(),
                spawned_warm=spawned_workers_alive(),
                heap_bytes=resident_bytes(),
                start_method=start_method_in_force(),
                # twice: one that only woke for a moment is gone by now
                others=others and min(others, others_running()),
                machine_cores=os.cpu_count(),
                calibration=CALIBRATIONS.at_hand,
                experience=EXPERIENCES.at_hand,
                imports=IMPORTS.at_hand,
            )
        elif self._full.others:
            # others who are at work stay at it; a daemon of the kernel's has gone back to sleep
            self._full = replace(self._full, others=min(self._full.others, others_running()))
        if may_read and self._full.calibration is None:
            self._full = replace(self._full, calibration=CALIBRATIONS.read())
        if profile is not None and self._full.room is None and is_hungry(profile):
            self._full = replace(self._full, room=_room())
        if may_read and self._full.experience is None:
            self._full = replace(self._full, experience=EXPERIENCES.read())
        return self._full

    def measure_imports(self, patience_s: float) -> None:
        """Time what spawned workers import, where the standard pools spawn theirs."""
        here = self.situation()
        if here.start_method != "fork" and here.cores > 1 and here.spawn_impossible is None:
            self._full = replace(here, imports=IMPORTS.measure(patience_s))

    @property
    def known(self) -> Situation | None:
        """As much as was found out."""
        return self._full

    def rule_out(self, engine: EngineKind, why: str) -> None:
        """This engine could not be started."""
        if engine is EngineKind.TEAM:
            self._full = replace(self.situation(), fork_unsafe=why)
        else:
            self._full = replace(self.situation(), fork_unsafe=why, spawn_impossible=why, cores=1)


def _room() -> Room | None:
    found = room_gauge().room()
    return None if found is None else Room(found.free_bytes, found.limit.size_bytes)


def _cores() -> int:
    """All that are usable, or as many as a session's budget leaves to this call."""
    lender = LENDER.get()
    return usable_cpus() if lender is None else min(lender.cores, usable_cpus())


def _what_rules_forking_out() -> str | None:
    verdict = fork_verdict()
    if isinstance(verdict, ForkUnsafe) and verdict.cure is None:
        return verdict.what
    return None
