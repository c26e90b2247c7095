"""Has the kernel killed processes for want of memory? Counted by group and by machine."""

from __future__ import annotations

from functools import cache
from time import perf_counter
from typing import Final

from amorsize.machine.cgroups import read_groups
from amorsize.machine.files import read

KERNEL: Final = "/proc/vmstat"
FILES: Final = {1: "memory.oom_control", 2: "memory.events"}
"""Where a control group counts, by its version."""


class OomWatch:
    """Counters at some moment, to be looked at again. Costs 50 us a look."""

    def __init__(self, root: str = "") -> None:
        self._root = root
        self._counts: dict[str, int] = {}
        self._since_s = 0.0

    def begin(self) -> None:
        """Remember the counters of this moment."""
        self._counts, self._since_s = self._read(), perf_counter()

    def begin_once(self) -> None:
        """The same, if nobody has."""
        if not self._since_s:
            self.begin()

    def moved(self) -> str | None:
        """What was killed since, in words, by the closest counter; looks from now on."""
        before, since_s = self._counts, self._since_s
        self.begin()
        for path, count in self._counts.items():
            killed = count - before.get(path, count)
            if killed > 0:
                where = "this machine" if path == KERNEL else "this control group"
                return (
                    f"for want of memory the kernel has killed {killed} of the processes of "
                    f"{where} in the last {perf_counter() - since_s:.3g} s"
                )
        return None

    def _read(self) -> dict[str, int]:
        counts = ((path, _count(read(self._root, path))) for path in _places(self._root))
        return {path: count for path, count in counts if count is not None}


@cache
def _places(root: str) -> tuple[str, ...]:
    """The process's own group, those above it, the machine."""
    folders = read_groups(root).folders("memory")
    return (*(f"{f.path.rstrip('/')}/{FILES[f.version]}" for f in folders), KERNEL)


def _count(text: object) -> int | None:
    """The number after ``oom_kill``, which all these files have on a line of its own."""
    if not isinstance(text, str):
        return None
    for line in text.splitlines():
        name, _, number = line.partition(" ")
        if name == "oom_kill" and number.strip().isdigit():
            return int(number)
    return None
