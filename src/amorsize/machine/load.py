"""Who else wants the cores at this moment."""

from __future__ import annotations

from typing import Final

from amorsize.machine.files import contents, names_in, whole

MOST_THREADS: Final = 64
"""A process that has more is not looked at thread by thread, each of which takes 10 us."""

OWN_THREADS: Final = "/proc/self/task"


def others_running(root: str = "") -> int:
    """How many threads of other programs run or wait for a core; 0 where nobody tells.

    The fourth field of ``/proc/loadavg`` counts all of the machine at this very moment. Those of
    this process are none of them: beside the caller there may be a library's, which spin for a
    while after they were made (OpenBLAS).
    """
    fields = contents("/proc/loadavg", root).split()
    running = whole(fields[3].partition("/")[0]) if len(fields) > 3 else None  # noqa: PLR2004 - see above
    if not running or running == 1:
        return 0
    return max(0, running - max(1, _own_running(root)))


def _own_running(root: str) -> int:
    threads = names_in(OWN_THREADS, root)
    if not 1 < len(threads) <= MOST_THREADS:
        return 1
    return sum(_runs(contents(f"{OWN_THREADS}/{thread}/stat", root)) for thread in threads)


def _runs(stat: str) -> bool:
    """The state follows the name, which stands in brackets and may hold any character."""
    return stat.rpartition(")")[2].lstrip()[:1] == "R"
