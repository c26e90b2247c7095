"""What of this machine an entry records and is compared with. Cheap enough for every lookup."""

from __future__ import annotations

import os
import sys
import time
from functools import cache
from typing import Any, Final

from amorsize.cache.comparing import System
from amorsize.errors import UsageError
from amorsize.machine.facts import inspect_memory, physical_cores, start_method_in_force
from amorsize.machine.fresh import Fresh

FRESH_S: Final = 5.0
"""A container's memory limit is hardly ever changed while it runs, and reading it is dear."""


def here() -> System:
    """This machine as this process may use it now."""
    return System(
        physical_cores=physical_cores(),
        memory_bytes=_memory()(),
        start_method=start_method_in_force(),
    )


def system_info(system: System) -> dict[str, Any]:
    """The same in the fields of an entry, with what is recorded but not compared."""
    return {
        "physical_cores": system.physical_cores,
        "available_memory": system.memory_bytes,
        "start_method": system.start_method,
        "platform": _platform(),
        "python_version": ".".join(map(str, sys.version_info[:3])),
    }


@cache
def _memory() -> Fresh[int]:
    return Fresh(_limit_bytes, fresh_s=FRESH_S, clock=time.monotonic)


def _limit_bytes() -> int:
    """A limit in the environment that makes no sense is complained about elsewhere."""
    try:
        return inspect_memory().limit_bytes or 0
    except UsageError:
        return 0


def _platform() -> str:
    """What ``platform.system()`` says, whose import takes 2 ms."""
    return os.uname().sysname if sys.platform != "win32" else "Windows"
