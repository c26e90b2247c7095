"""Where and with what the figures were taken."""

from __future__ import annotations

import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from benchmarks.measure.proc import usable_cores
from benchmarks.measure.records import Results

PACKAGES: Final = ("amorsize", "joblib", "loky", "mpire", "numpy")
CPUINFO: Final = Path("/proc/cpuinfo")
MEMINFO: Final = Path("/proc/meminfo")
GOVERNOR: Final = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")


def circumstances(form: str) -> Results:
    """Results without any case yet."""
    return Results(
        form=form,
        began=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=0.0,
        machine=machine(),
        versions={"python": platform.python_version(), **packages()},
        disturbance={},
        left_out=(),
        cases=(),
    )


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "cpu": field_of(_text(CPUINFO), "model name") or platform.machine(),
        "cores": usable_cores(),
        "memory": field_of(_text(MEMINFO), "MemTotal"),
        "system": f"{platform.system()} {platform.release()}",
        "interpreter": f"{platform.python_implementation()} {sys.version}",
        "governor": _text(GOVERNOR).strip() or "not known",
    }


def packages() -> dict[str, str]:
    """Versions of what takes part."""
    return {name: _version(name) for name in PACKAGES}


def field_of(text: str, name: str) -> str:
    """Value of the first ``name: value`` line; empty where there is none."""
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
