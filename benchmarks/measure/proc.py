"""How busy the machine is, read from /proc/stat; nothing is known where there is none."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

STAT: Final = Path("/proc/stat")
_IDLE, _IOWAIT, _KNOWN = 3, 4, 8
"""Fields of the line for all cores; guest time, the ninth, is part of user time already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuTime:
    """Seconds of all cores since the machine started; time stolen by other guests is busy."""

    busy_s: float
    total_s: float

    def since(self, before: CpuTime) -> CpuTime:
        """What has passed in between."""
        return CpuTime(busy_s=self.busy_s - before.busy_s, total_s=self.total_s - before.total_s)


NOTHING: Final = CpuTime(busy_s=0.0, total_s=0.0)


def cpu_time() -> CpuTime:
    """Read the clock of all cores, in steps of a tick."""
    try:
        text = STAT.read_text()
    except OSError:
        return NOTHING
    return parsed_stat(text, os.sysconf("SC_CLK_TCK"))


def parsed_stat(text: str, ticks_per_s: int) -> CpuTime:
    """Add up the first line of /proc/stat."""
    fields = [int(field) for field in text.split("\n", 1)[0].split()[1 : 1 + _KNOWN]]
    total = sum(fields)
    idle = fields[_IDLE] + fields[_IOWAIT]
    return CpuTime(busy_s=(total - idle) / ticks_per_s, total_s=total / ticks_per_s)


def foreign_share(window: CpuTime, own_s: float) -> float:
    """Tell which share of the machine others used, the uncertainty of the ticks granted."""
    if window.total_s <= 0:
        return 0.0
    slack_s = 2 / os.sysconf("SC_CLK_TCK")
    return max(0.0, window.busy_s - own_s - slack_s) / window.total_s


def usable_cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0))
