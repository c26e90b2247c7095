"""What one check found, what depends on it, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    WARNING = "warning"
    """It works, and something about it is worth knowing."""
    FAILED = "failed"


class Part(StrEnum):
    """What is lost where a check fails."""

    FORKED = "forked workers"
    SPAWNED = "spawned workers"
    THREADS = "threads"
    FACTS = "facts about the machine"
    """Decisions are made from them."""
    COMFORT = "speed of later calls, and the standard pools"


@dataclass(frozen=True, slots=True)
class Subject:
    """What is checked."""

    name: str
    part: Part
    means: str
    """What depends on it."""
    advice: str
    """What to do where it fails."""


@dataclass(frozen=True, slots=True)
class Finding:
    """How it was."""

    subject: Subject
    state: State
    found: str

    @property
    def line(self) -> str:
        """In a sentence or two, with what to do where something is to be done."""
        told = f"{self.subject.name}: {self.found}"
        return told if self.state is State.PASSED else f"{told}; {self.subject.advice}"


class Trouble(Exception):  # noqa: N818 - a finding on its way, not an error
    """What a check found wrong, in a few words."""
