"""Runs trials one at a time: waits for a quiet machine, and repeats what was disturbed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, Self

from benchmarks.measure.proc import CpuTime, cpu_time, foreign_share
from benchmarks.measure.trial import Reply

if TYPE_CHECKING:
    from types import TracebackType

    from benchmarks.measure.trial import Request

ROOT: Final = Path(__file__).parents[2]

START: Final = "import sys; from benchmarks.measure.nursery import main; main(sys.argv[1:])"
"""No ``-m``: pools that start new interpreters would import the nursery there, and all it needs."""

QUIET_SHARE: Final = 0.2
"""Others may use this share of the machine."""

WINDOW_S: Final = 0.03
"""The machine is watched for so long before a trial: three ticks of each core."""

PATIENCE_S: Final = 10.0
"""Never wait longer for one trial: a machine that is never quiet gives figures, and says so."""

TRIES: Final = 3
"""A disturbed trial is repeated so often; the last one counts in any case, and is counted."""


class NurseryDiedError(Exception):
    """No trial can be made any more: a mistake of the benchmark itself."""


@dataclass(slots=True, kw_only=True)
class Disturbance:
    """What other programs did to the run."""

    trials: int = 0
    waited_s: float = 0.0
    not_quiet: int = 0
    """Trials begun although the machine had not become quiet."""
    discarded: int = 0
    """Trials thrown away because of foreign work beside them."""
    disturbed: int = 0
    """Trials kept in spite of it."""


@dataclass(slots=True, kw_only=True)
class Gate:
    """Opens when the others are quiet."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    cpu: Callable[[], CpuTime] = cpu_time

    def wait(self, seen: Disturbance) -> None:
        """Return when a window was quiet, or when patience ends."""
        began = self.clock()
        while self._share() > QUIET_SHARE:
            if self.clock() - began > PATIENCE_S:
                seen.not_quiet += 1
                break
        seen.waited_s += self.clock() - began

    def _share(self) -> float:
        before = self.cpu()
        self.sleep(WINDOW_S)
        return foreign_share(self.cpu().since(before), 0.0)


class Trials(Protocol):
    """Where trials are made."""

    def run(self, request: Request, /) -> Reply:
        """Make one."""

    def close(self) -> None:
        """Make no more."""


class Nursery:
    """A process that forks trials, as seen from here."""

    def __init__(self, needs: tuple[str, ...]) -> None:
        requests, self._requests = os.pipe()
        self._replies, replies = os.pipe()
        command = [sys.executable, "-c", START, *needs]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=requests, stdout=replies)
        os.close(requests)
        os.close(replies)
        self._answers = os.fdopen(self._replies)

    def run(self, request: Request) -> Reply:
        """Have a trial made.

        Raises:
            NurseryDiedError: it said on stderr why.
        """
        os.write(self._requests, f"{json.dumps(asdict(request))}\n".encode())
        line = self._answers.readline()
        if not line:
            msg = f"the process that makes trials ended with status {self._process.wait()}"
            raise NurseryDiedError(msg)
        return Reply(**json.loads(line))

    def close(self) -> None:
        """Hang up, and wait until it has gone."""
        os.close(self._requests)
        self._process.wait()
        self._answers.close()


@dataclass(slots=True)
class Runner:
    """Keeps one nursery for each set of imports."""

    gate: Gate | None = field(default_factory=Gate)
    seen: Disturbance = field(default_factory=Disturbance)
    open_nursery: Callable[[tuple[str, ...]], Trials] = Nursery
    _nurseries: dict[tuple[str, ...], Trials] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for nursery in self._nurseries.values():
            nursery.close()

    def run(self, request: Request) -> Reply:
        """Measure; a trial that others disturbed is done again."""
        for _ in range(TRIES - 1):
            reply = self._once(request)
            if self.gate is None or reply.foreign_share <= QUIET_SHARE:
                return reply
            self.seen.discarded += 1
        reply = self._once(request)
        self.seen.disturbed += self.gate is not None and reply.foreign_share > QUIET_SHARE
        return reply

    def _once(self, request: Request) -> Reply:
        if self.gate is not None:
            self.gate.wait(self.seen)
        self.seen.trials += 1
        if request.needs not in self._nurseries:
            self._nurseries[request.needs] = self.open_nursery(request.needs)
        return self._nurseries[request.needs].run(request)
