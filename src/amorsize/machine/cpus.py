"""How many CPUs this process may keep busy: every limit that can be found, and the tightest.

Everything here is a function of a root folder, an environment and an affinity mask, so that any
machine can be rebuilt in a test. ``facts`` asks the real one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from amorsize.errors import UsageError
from amorsize.machine.cgroups import Folder, Groups, read_groups
from amorsize.machine.files import cpu_list, read, whole
from amorsize.machine.schedulers import allotted_cpus
from amorsize.machine.topology import SYSTEM, logical_cpus, physical_cores
from amorsize.vocab.machine import CpuFacts, CpuLimit, CpuSource, Skipped

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

OVERRIDE: Final = "AMORSIZE_NUM_CPUS"
PYTHON_OVERRIDE: Final = "PYTHON_CPU_COUNT"

MOST_CPUS: Final = 4096
"""More than any machine has; beyond it a number is a mistake. ``n_jobs`` ends there too."""

CPUSET_FILES: Final = {
    1: ("cpuset.effective_cpus", "cpuset.cpus"),
    2: ("cpuset.cpus.effective",),
}
"""The list as the ancestors leave it, and the one that older kernels have."""

DEFAULT_PERIOD_US: Final = 100_000
"""The kernel's, where ``cpu.max`` names only the quota."""


class Standing(NamedTuple):
    """The limits that hardly ever change while a process runs: all but the affinity."""

    limits: tuple[CpuLimit, ...]
    override: CpuLimit | None = None
    """Python's own number, which replaces them and the affinity."""
    skipped: tuple[Skipped, ...] = ()

    def usable(self, offered: int) -> int:
        """Whole CPUs, where the affinity allows ``offered``."""
        if self.override is not None:
            return int(self.override.cpus)
        return whole_cpus(min((limit.cpus for limit in self.limits), default=offered), offered)

    def quota(self) -> float | None:
        """CPU time per wall time that control groups grant, where they limit it."""
        if self.override is not None:
            return None
        quotas = (limit.cpus for limit in self.limits if limit.source is CpuSource.QUOTA)
        return min(quotas, default=None)


def cpu_facts(
    root: str,
    environ: Mapping[str, str],
    *,
    affinity: Collection[int] | None,
    count: int,
    x_option: str | bool | None = None,
) -> CpuFacts:
    """Collect every limit, and say which one decides.

    Args:
        root: Folder that holds ``proc`` and ``sys``; empty for the real ones.
        environ: The process's environment.
        affinity: The CPUs the process may run on, where the system tells.
        count: The machine's CPUs, for systems without these files.
        x_option: What Python was given as ``-X cpu_count``.

    Raises:
        UsageError: ``AMORSIZE_NUM_CPUS`` is not a number of CPUs.
    """
    logical = max(logical_cpus(root) or count, len(affinity or ()))
    standing = standing_limits(root, environ, x_option=x_option)
    limits = (*_offered(logical, affinity), *standing.limits)
    said = override(environ) or standing.override
    binding = said or tightest(limits)
    return CpuFacts(
        usable=whole_cpus(binding.cpus),
        binding=binding,
        limits=limits if said is None else (*limits, said),
        logical=logical,
        physical=physical_cores(root),
        cores_allowed=None if affinity is None else physical_cores(root, affinity),
        skipped=standing.skipped,
    )


def standing_limits(
    root: str,
    environ: Mapping[str, str],
    *,
    x_option: str | bool | None = None,
    groups: Groups | None = None,
) -> Standing:
    """Read quotas, cpusets, schedulers' allotments and Python's own number.

    ``groups``: where they have been looked up.
    """
    groups = groups or read_groups(root)
    said = python_override(environ, x_option=x_option)
    found = [
        *(_quota(root, folder) for folder in groups.folders("cpu")),
        *(_cpuset(root, folder) for folder in groups.folders("cpuset")),
        *allotted_cpus(environ),
    ]
    notes = (*groups.skipped, said, *found)
    return Standing(
        limits=tuple(limit for limit in found if limit and not isinstance(limit, Skipped)),
        override=said if isinstance(said, CpuLimit) else None,
        skipped=tuple(note for note in notes if isinstance(note, Skipped)),
    )


def whole_cpus(cpus: float, most: int = MOST_CPUS) -> int:
    """As many workers as can make use of ``cpus``, at most ``most``."""
    return max(1, min(most, math.ceil(cpus)))


def tightest(limits: Sequence[CpuLimit]) -> CpuLimit:
    """The limit that decides; the first of ``limits`` if the others take nothing from it.

    Of equal ones it is the last, which says most about where it comes from.
    """
    first, *others = limits
    return min([first, *reversed(others)], key=lambda limit: limit.cpus)


def override(environ: Mapping[str, str]) -> CpuLimit | None:
    """What the user has set in ``AMORSIZE_NUM_CPUS``.

    Raises:
        UsageError: It is not a whole number that makes sense. Going on with another number than
            the one the user asked for would be worse than stopping.
    """
    text = environ.get(OVERRIDE, "").strip()
    if not text:
        return None
    cpus = whole(text)
    if cpus is None or not 1 <= cpus <= MOST_CPUS:
        msg = f"Invalid {OVERRIDE}: {text[:80]!r} (must be a whole number from 1 to {MOST_CPUS})"
        raise UsageError(msg, hint="unset it to use what the machine offers")
    return CpuLimit(cpus, CpuSource.OVERRIDE, OVERRIDE)


def python_override(
    environ: Mapping[str, str], *, x_option: str | bool | None = None
) -> CpuLimit | Skipped | None:
    """Python's own number, which stands for what the machine has.

    ``-X cpu_count=n`` comes before ``PYTHON_CPU_COUNT``. Python itself heeds them from 3.13 on,
    and then refuses to start with a bad one.
    """
    where, text = "-X cpu_count", x_option
    if not isinstance(text, str):
        where, text = PYTHON_OVERRIDE, environ.get(PYTHON_OVERRIDE, "")
    text = text.strip()
    if text in {"", "default"}:
        return None
    cpus = whole(text)
    if cpus is None or not 1 <= cpus <= MOST_CPUS:
        return Skipped(where, f"{text!r} is not a number of CPUs")
    return CpuLimit(cpus, CpuSource.OVERRIDE, where)


def _offered(logical: int, affinity: Collection[int] | None) -> Iterator[CpuLimit]:
    yield CpuLimit(logical, CpuSource.MACHINE, SYSTEM)
    if affinity is not None:
        yield CpuLimit(len(affinity), CpuSource.AFFINITY, "sched_getaffinity")


def _quota(root: str, folder: Folder) -> CpuLimit | Skipped | None:
    if folder.version == 1:
        return _quota_v1(root, folder.path)
    path = f"{folder.path}/cpu.max"
    text = read(root, path)
    if not isinstance(text, str):
        return text
    quota, _, period = text.strip().partition(" ")
    if quota == "max":
        return None
    return _ratio(path, quota, period or str(DEFAULT_PERIOD_US))


def _quota_v1(root: str, folder: str) -> CpuLimit | Skipped | None:
    path = f"{folder}/cpu.cfs_quota_us"
    quota = read(root, path)
    period = read(root, f"{folder}/cpu.cfs_period_us")
    if not isinstance(quota, str):
        return quota
    if quota.strip().startswith("-"):  # -1: no quota
        return None
    return _ratio(path, quota, period) if isinstance(period, str) else period


def _ratio(path: str, quota: str, period: str) -> CpuLimit | Skipped:
    quota_us, period_us = whole(quota), whole(period)
    if not quota_us or not period_us:
        return Skipped(path, f"{quota.strip()!r} per {period.strip()!r} is not a quota")
    return CpuLimit(quota_us / period_us, CpuSource.QUOTA, path)


def _cpuset(root: str, folder: Folder) -> CpuLimit | Skipped | None:
    for name in CPUSET_FILES[folder.version]:
        path = f"{folder.path}/{name}"
        text = read(root, path)
        if isinstance(text, Skipped):
            return text
        if text is not None:
            return _listed(path, text)
    return None


def _listed(path: str, text: str) -> CpuLimit | Skipped | None:
    cpus = cpu_list(text)
    if cpus is None:
        return Skipped(path, f"{text.strip()[:80]!r} is not a list of CPUs")
    return CpuLimit(len(cpus), CpuSource.CPUSET, path) if cpus else None
