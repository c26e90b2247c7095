"""What makes this machine the one that something was measured on; cheap enough for any run."""

from __future__ import annotations

import os
import sys
from typing import Final, NamedTuple

from amorsize.machine.facts import affinity, cpu_quota, gil_enabled
from amorsize.machine.files import read

HEAD_BYTES: Final = 2048
"""The first CPU of ``/proc/cpuinfo``: the kernel takes 10 ms to describe some hundred of them."""


class Fingerprint(NamedTuple):
    """Two measurements of engines can be compared where all of this is the same."""

    processor: str
    """Its model; empty where the system does not tell."""
    logical_cpus: int
    offered_cpus: int
    """Those that this process may run on."""
    quota: float
    """CPU time per wall time that a container grants; 0: no limit."""
    kernel: str
    python: str


def fingerprint() -> Fingerprint:
    """This machine's, for this process."""
    logical, offered = os.cpu_count() or 1, affinity()
    return Fingerprint(
        processor=_processor(),
        logical_cpus=logical,
        offered_cpus=logical if offered is None else len(offered),
        quota=cpu_quota() or 0.0,
        kernel=_kernel(),
        python=_python(),
    )


def machine_key() -> str:
    """A name that differs between machines and Pythons that share one home; costs nothing."""
    return f"{sys.implementation.cache_tag}-{sys.platform}-{os.cpu_count() or 1}"


def _processor() -> str:
    text = read("", "/proc/cpuinfo", HEAD_BYTES)
    lines = text.splitlines() if isinstance(text, str) else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "")


def _kernel() -> str:
    if not hasattr(os, "uname"):  # Windows
        return sys.platform
    names = os.uname()
    return f"{names.sysname} {names.release} {names.machine}"


def _python() -> str:
    version = ".".join(map(str, sys.version_info[:3]))
    return f"{sys.implementation.name} {version}{'' if gil_enabled() else ', free-threaded'}"
