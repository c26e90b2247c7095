"""The sum of all findings, in one word."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from amorsize.checkup.finding import Part, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amorsize.checkup.finding import Finding


class Health(StrEnum):
    """From best to worst."""

    EXCELLENT = "excellent"
    """Everything works."""
    GOOD = "good"
    """Every engine works; something else is worth knowing or does not."""
    POOR = "poor"
    """An engine is lost, or the facts are; another one works."""
    CRITICAL = "critical"
    """Neither threads nor processes can be had, or no processes at all: hardly anything pays."""


def health_of(findings: Sequence[Finding]) -> Health:
    """Sum up."""
    lost = {finding.subject.part for finding in findings if finding.state is State.FAILED}
    if Part.THREADS in lost or {Part.FORKED, Part.SPAWNED} <= lost:
        return Health.CRITICAL
    if lost - {Part.COMFORT}:
        return Health.POOR
    if all(finding.state is State.PASSED for finding in findings):
        return Health.EXCELLENT
    return Health.GOOD
