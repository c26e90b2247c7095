"""How fast all usable CPUs compute together: siblings that share a core, or a clock, do less.

One process that only counts, against one per CPU, in turns. Each tells whether it had a CPU all
the time; where it had not, somebody else was at work, or a quota, and the figure means nothing.
"""

from __future__ import annotations

import os
import struct
from time import perf_counter, process_time
from typing import Final, NamedTuple

from amorsize.calibrate.rounds import Parts, Samples, rounds
from amorsize.machine.facts import affinity, cpu_quota

JOINT: Final = "joint-speed"

MOST_CPUS: Final = 128
"""More processes than that would start too late for one another."""

LEAD_S: Final = 10e-3
"""All begin at the same moment, so long after the first was forked, and more where many are."""

RUN_S: Final = 40e-3
STEPS: Final = 500

OWN_SHARE: Final = 0.95
"""Of the time, on a CPU: less, and the process was kept waiting."""


CALM_SHARE: Final = 0.75
"""Of the rounds: with fewer, others were at work."""


class Told(NamedTuple):
    """What one process has counted in a second, and the share of its time on a CPU."""

    rate: float
    share: float


RECORD: Final = struct.Struct("dd")


def joint_speed() -> Samples:
    """The speed of all over that of one; undisturbed rounds only, where there are enough."""
    cpus, calm, all_rounds = _cpus(), Parts(), Parts()
    for _ in rounds(5, 0.5) if cpus > 1 else ():
        one, many = _count(1), _count(cpus)
        times = sum(told.rate for told in many) / one[0].rate
        all_rounds.add(times=times)
        if min(told.share for told in (*one, *many)) >= OWN_SHARE:
            calm.add(times=times)
    enough = len(calm.samples["times"]) >= CALM_SHARE * len(all_rounds.samples["times"])
    parts = calm if enough else all_rounds
    return {JOINT: parts.samples | {"cpus": [cpus], "undisturbed": [float(enough)]}}


def _cpus() -> int:
    """As many as may be busy at the same time, quotas counted."""
    mask, quota = affinity(), cpu_quota()
    offered = (os.cpu_count() or 1) if mask is None else len(mask)
    return min(offered, MOST_CPUS, max(1, int(offered if quota is None else quota)))


def _count(processes: int) -> list[Told]:
    """Let so many count beside one another."""
    start = perf_counter() + LEAD_S + processes * 1e-3
    reader, writer = os.pipe()
    children = [_forked(start, writer) for _ in range(processes)]
    try:
        for child in children:
            os.waitpid(child, 0)
        return [Told(*RECORD.unpack(os.read(reader, RECORD.size))) for _ in children]
    finally:
        os.close(reader)
        os.close(writer)


def _forked(start: float, writer: int) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            os.write(writer, RECORD.pack(*_compute(start)))
        finally:
            os._exit(0)
    return pid


def _compute(start: float) -> Told:
    while perf_counter() < start:
        pass
    began, used, done = perf_counter(), process_time(), 0
    while perf_counter() - began < RUN_S:
        for _ in range(STEPS):
            done += 1
    wall_s = perf_counter() - began
    return Told(done / wall_s, (process_time() - used) / wall_s)
