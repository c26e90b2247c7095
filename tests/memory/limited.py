"""Run a hungry function in a child process that may have little memory; say how it ended.

``python limited.py WAY MEGABYTES JOB OPTIONS ITEMS``: one line of JSON.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from amorsize import MemoryShortError, execute

MB: Final = 1 << 20
GROUPS: Final = Path("/sys/fs/cgroup/memory")
KEPT: Final[list[bytes]] = []


def _for(seconds: float) -> None:
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        pass


def large_result(item: int) -> bytes:
    """Half a megabyte."""
    _for(4e-3)
    return os.urandom(1000) * 500 + bytes(item % 2)


def hoard(item: int) -> int:
    """What a worker keeps grows by a quarter of a megabyte."""
    KEPT.append(os.urandom(1000) * 250)
    _for(4e-3)
    return item


def peak(item: int) -> int:
    """Takes sixty megabytes for a while."""
    memory = bytearray(60 * MB)
    memory[::4096] = b"1" * len(memory[::4096])
    _for(20e-3)
    return item


def limit(way: str, size_bytes: int) -> None:
    """Limit this process from now on."""
    if way == "addresses":
        resource.setrlimit(resource.RLIMIT_AS, (size_bytes, size_bytes))
        return
    group = GROUPS / f"amorsize-{os.getpid()}"
    group.mkdir()
    (group / "memory.limit_in_bytes").write_text(str(size_bytes))
    (group / "cgroup.procs").write_text(str(os.getpid()))


def can_limit_groups() -> bool:
    """Whether a control group can be made here."""
    trial = GROUPS / f"amorsize-try-{os.getpid()}"
    with suppress(OSError):
        trial.mkdir()
        there = (trial / "memory.limit_in_bytes").exists()
        trial.rmdir()
        return there
    return False


def main(way: str, megabytes: str, job: str, options: str, items: str) -> dict[str, Any]:
    limit(way, int(megabytes) * MB)
    try:
        results, told = execute(
            globals()[job],
            range(int(items)),
            use_cache=False,
            return_optimization_result=True,
            **json.loads(options),
        )
    except MemoryShortError as error:
        return {"end": "short", "told": str(error), "results": len(getattr(error, "results", ()))}
    except MemoryError:
        return {"end": "memory"}
    warnings = told.run.warnings if told.run is not None else ()
    return {"end": "done", "results": len(results), "warnings": warnings}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*sys.argv[1:])))
