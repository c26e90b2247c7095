"""``validate_system``: does what this library stands on work here?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from amorsize.api.announce import Announcer
from amorsize.api.checks import check_flags
from amorsize.checkup.children import tried
from amorsize.checkup.finding import State
from amorsize.checkup.health import health_of
from amorsize.checkup.local import looked_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amorsize.checkup.finding import Finding


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """What was checked, and what came of it."""

    checks_passed: int
    """Those with a warning among them."""
    checks_failed: int
    warnings: list[str]
    """What works and is worth knowing, each with what to do."""
    errors: list[str]
    """What does not work, each with what to do."""
    details: dict[str, dict[str, Any]]
    """Each check by name: ``state`` (passed, warning or failed), ``found``, ``means`` (what
    depends on it) and ``advice``."""
    overall_health: str
    """``excellent``: all is well. ``good``: every engine works. ``poor``: an engine, or a fact
    that decisions are made from, is lost. ``critical``: hardly anything can be parallel."""

    @classmethod
    def of(cls, findings: Sequence[Finding]) -> ValidationResult:
        """Sum up."""
        by_state = {
            state: [finding.line for finding in findings if finding.state is state]
            for state in State
        }
        return cls(
            len(by_state[State.PASSED]) + len(by_state[State.WARNING]),
            len(by_state[State.FAILED]),
            by_state[State.WARNING],
            by_state[State.FAILED],
            {finding.subject.name: _detail(finding) for finding in findings},
            health_of(findings).value,
        )

    def text(self, *, full: bool = False) -> str:
        """A line for each check, with what to do where it did not pass; or ``full``, for all."""
        lines = [
            line
            for name, one in self.details.items()
            for line in _lines(name, one, full=full or one["state"] != State.PASSED)
        ]
        count = self.checks_passed + self.checks_failed
        return "\n".join(
            [*lines, f"health: {self.overall_health}, {self.checks_passed} of {count} passed"]
        )

    def __str__(self) -> str:
        return self.text()


def validate_system(verbose: bool = False) -> ValidationResult:
    """Try what this library stands on, each part for real, with processes of its own.

    Takes a second or two, at most some ten, and leaves nothing behind.

    Args:
        verbose: Print each finding to stdout as it comes.

    Raises:
        UsageError: ``verbose`` is no flag.
    """
    check_flags(verbose=verbose)
    announcer = Announcer(verbose=bool(verbose))
    findings: list[Finding] = []
    for found in (looked_at(), tried()):
        for finding in found:
            announcer.tell(f"{finding.state.value:<8}{finding.line}")
            findings.append(finding)
    return ValidationResult.of(findings)


def _detail(finding: Finding) -> dict[str, Any]:
    return {
        "state": finding.state.value,
        "found": finding.found,
        "means": finding.subject.means,
        "advice": finding.subject.advice,
    }


def _lines(name: str, detail: dict[str, Any], *, full: bool) -> list[str]:
    line = f"{detail['state']:<8}{name}: {detail['found']}"
    if not full:
        return [line]
    return [line, f"{'':8}matters: {detail['means']}", f"{'':8}advice: {detail['advice']}"]
