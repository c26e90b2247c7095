"""What a way of running is given, and what it tells while it runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from amorsize.bench.deadline import Deadline
from amorsize.vocab.trials import Setup


@dataclass(slots=True)
class Task:
    """One job, how to run it, and until when."""

    func: Callable[[Any], Any]
    items: Sequence[Any]
    setup: Setup
    deadline: Deadline = field(default_factory=Deadline)
    done: int | None = None
    """Items done so far, where the runner knows."""
    still_running: int = 0
    """Calls that could not be stopped."""


Run = Callable[[Task], list[Any]]
"""Results in input order. Raises what ``func`` raises, ``TimeUpError``, KeyboardInterrupt."""
