"""How many files and sockets this process may still open."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, Final

from amorsize.machine.files import names_in

SELECTABLE: Final = 512
"""Where there is no such limit to be read: what ``select`` on Windows can watch."""

SPARED: Final = 0.8
"""Of those left; the rest is for whatever else is going on."""


def spare_descriptors() -> int:
    """Descriptors that may be used now without anybody else going short."""
    if sys.platform == "win32":
        return SELECTABLE
    resource: Any = import_module("resource")
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return sys.maxsize
    return max(0, int(SPARED * (soft - len(names_in("/proc/self/fd")))))
