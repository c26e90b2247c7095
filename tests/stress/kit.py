"""What the stress tests and ``scripts/figures.py`` share; standard library and amorsize only."""

from __future__ import annotations

import os
from time import perf_counter
from typing import TYPE_CHECKING, Any

from amorsize.engines.base import Job
from amorsize.engines.reaper import REAPER
from amorsize.engines.source import source_of
from amorsize.engines.team import TeamEngine
from tests.conformance.jobs import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

EXIT_S = 5.0
"""How long a worker with nothing left to do may take to exit: only a broken one needs it."""


def team(
    func: Callable[[Any], Any], data: Iterable[Any], *, item_s: float = 1e-3, **job: Any
) -> Recorder:
    """Run it with a fork team, whatever it costs, and see the workers gone."""
    recorder = Recorder()
    job = {"workers": 2} | job
    try:
        TeamEngine().run(Job(func=func, source=source_of(data), item_s=item_s, **job), recorder)
    finally:
        REAPER.reap(patience_s=EXIT_S)
    return recorder


def in_order(recorder: Recorder) -> list[Any]:
    """The results as the plain loop would have them; none is missing."""
    assert sorted(recorder.results) == list(range(len(recorder.results)))
    return [recorder.results[index] for index in range(len(recorder.results))]


def compute(seconds: float) -> None:
    """Keep a core busy."""
    until = perf_counter() + seconds
    while perf_counter() < until:
        pass


class Elsewhere:
    """Tells a worker from the process that made this."""

    def __init__(self) -> None:
        self.caller = os.getpid()

    def __bool__(self) -> bool:
        return os.getpid() != self.caller
