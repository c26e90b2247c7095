"""The counts that are allowed, and what to say when one has grown."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

SYSCALLS: Final = "syscalls"

Counts: TypeAlias = Mapping[str, int]
"""How often, by what was counted."""

ALLOWED: Final = Path(__file__).with_name("allowed.json")

ROOM: Final = 1.5
"""What differs from run to run, or with the interpreter, may be so many times its largest count."""


def allowed() -> dict[str, Counts]:
    """Read the limits, by subject."""
    limits: dict[str, Counts] = json.loads(ALLOWED.read_text())
    return limits


def limits_from(runs: Sequence[Counts]) -> dict[str, int]:
    """Allow what was counted: exactly that, if all runs agree and only our own code decides it."""
    limits: dict[str, int] = {}
    for what in dict.fromkeys(what for run in runs for what in run):
        seen = [run.get(what, 0) for run in runs]
        exact = min(seen) == max(seen) and what != SYSCALLS
        limits[what] = max(seen) if exact else math.ceil(ROOM * max(seen))
    return limits


def grown(subject: str, found: Counts, limits: Counts) -> list[str]:
    """One line for each count above its limit; what has none must not happen."""
    return [
        f"{subject}: {count} {what}, {limits.get(what, 0)} allowed"
        for what, count in found.items()
        if count > limits.get(what, 0)
    ]
