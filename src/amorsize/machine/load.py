"""Who else wants the cores at this moment."""

from __future__ import annotations

from amorsize.machine.files import contents, whole


def others_running(root: str = "") -> int:
    """How many other threads of the whole machine run or wait for a core; 0 where nobody tells.

    The fourth field of ``/proc/loadavg`` counts them, this one among them, at this very moment.
    """
    fields = contents("/proc/loadavg", root).split()
    running = whole(fields[3].partition("/")[0]) if len(fields) > 3 else None  # noqa: PLR2004 - see above
    return max(0, (running or 1) - 1)
