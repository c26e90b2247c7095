"""Runs a scene in a process of its own and sends it a real SIGINT, as shells and terminals do."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import psutil

from tests.stress.scenes import SCENES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.stress.scenes import Scene

ROOT: Final = Path(__file__).parents[2]
HELPERS: Final = ("resource_tracker", "popen_loky_posix", "loky.backend")
"""Marks of processes that loky keeps for the next call (see ``tests/support/leaks.py``)."""

GOING_S: Final = 0.1
"""What is already exiting may take so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curtain:
    """How one interrupted run ended."""

    moment_s: float
    """When the signal was sent, counted from the start of the run."""
    took_s: float
    """From the signal to the KeyboardInterrupt in the user's hands."""
    told: dict[str, Any]
    orphans: list[str]

    @property
    def complaints(self) -> list[str]:
        found = [] if self.told["interrupted"] else ["no KeyboardInterrupt"]
        found += [] if self.told["works"] else ["the next run is wrong"]
        found += [f"left behind: {what}" for what in [*self.told["left"], *self.orphans]]
        return [f"{what}, interrupted after {self.moment_s:.4f} s" for what in found]


class Stage:
    """A process that plays one scene again and again."""

    def __init__(self, scene: Scene, process: subprocess.Popen[str]) -> None:
        self._scene = scene
        self._process = process
        assert process.stdin is not None
        assert process.stdout is not None
        self._orders: IO[str] = process.stdin
        self._answers: IO[str] = process.stdout

    def interrupt(self, *, everybody: bool) -> Curtain:
        """Play the scene; at some moment interrupt its process, or all, as a terminal does."""
        self._orders.write("\n")
        self._orders.flush()
        began_s = self._hear()["began_s"]
        while not self._command_runs():
            time.sleep(1e-3)
        time.sleep(random.uniform(0, self._scene.within_s))
        sent_s = time.monotonic()
        if everybody:
            os.killpg(self._process.pid, signal.SIGINT)
        else:
            self._process.send_signal(signal.SIGINT)
        told = self._hear()
        return Curtain(
            moment_s=sent_s - began_s,
            took_s=told["back_s"] - sent_s,
            told=told,
            orphans=self._orphans(),
        )

    def _command_runs(self) -> bool:
        if not self._scene.command:
            return True
        running = psutil.Process(self._process.pid).children(recursive=True)
        return any(process.name() == self._scene.command for process in running)

    def _hear(self) -> dict[str, Any]:
        line = self._answers.readline()
        if not line:
            msg = f"the scene's process ended with {self._process.wait()}"
            raise RuntimeError(msg)
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _orphans(self) -> list[str]:
        """Processes of this session besides the one that is asked for."""
        give_up_s = time.monotonic() + GOING_S
        while (found := list(self._others())) and time.monotonic() < give_up_s:
            time.sleep(5e-3)
        return found

    def _others(self) -> Iterator[str]:
        for process in psutil.process_iter():
            with suppress(psutil.NoSuchProcess, ProcessLookupError):
                if process.pid == self._process.pid or os.getsid(process.pid) != self._process.pid:
                    continue
                command = " ".join(process.cmdline())
                zombie = process.status() == psutil.STATUS_ZOMBIE
                if not zombie and not any(helper in command for helper in HELPERS):
                    yield f"process {process.pid}: {command}"


@contextmanager
def stage(scene: str, complaints: IO[str]) -> Iterator[Stage]:
    """A process that knows the scene; what it says on stderr goes to ``complaints``."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.stress.scenes", scene],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=complaints,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield Stage(SCENES[scene], process)
            assert process.stdin is not None
            process.stdin.close()
            process.wait()
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
