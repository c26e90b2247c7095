"""Runs whose counts are known: each in a process of its own, with every choice of timing forced.

``python -m benchmarks.counting.subjects NAME`` prints one run's counts as JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks.counting.allowed import SYSCALLS
from benchmarks.counting.syscalls import BEGIN, END, can_trace, traced
from benchmarks.counting.tally import Noted, NotedFunction, Tally, What

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ITEMS: Final = 64
WORKERS: Final = 2
CHUNK: Final = 4
ROOT: Final = Path(__file__).parents[2]
MARKED: Final = "--marked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A call of ``execute`` that always takes the same way."""

    about: str
    options: dict[str, Any] = field(default_factory=dict)
    generated: bool = False
    beside_thread: bool = False
    """Another thread is alive, so that nothing can be forked."""
    traceable: bool = True
    """Whether the number of its calls to the kernel means anything."""


PROCESSES: Final = {"backend": "processes", "n_jobs": WORKERS}
SUBJECTS: Final = {
    "serial": Subject(about="so little that nobody is asked for help"),
    "team": Subject(about="forked workers, the chunk rule free", options=PROCESSES),
    "team-chunks": Subject(about="forced chunks", options={**PROCESSES, "chunksize": CHUNK}),
    "team-sent": Subject(
        about="items that a generator makes after the fork", options=PROCESSES, generated=True
    ),
    "threads": Subject(about="four threads", options={"backend": "threads", "n_jobs": 4}),
    "spawned": Subject(
        about="workers that inherit nothing: their imports are most of their calls",
        options=PROCESSES,
        beside_thread=True,
        traceable=False,
    ),
}


def counted(name: str) -> dict[str, int]:
    """Run a subject in a new process and bring its counts."""
    command = [sys.executable, "-m", "benchmarks.counting.subjects", name]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True)
    counts: dict[str, int] = json.loads(done.stdout)
    if SUBJECTS[name].traceable and can_trace():
        counts[SYSCALLS] = traced([*command, MARKED], ROOT)
    return counts


def main(name: str, *flags: str) -> None:
    """Run a subject here: with notes taken, or between marks for ``strace``."""
    subject = SUBJECTS[name]
    if MARKED in flags:
        run_marked(subject)
        return
    with tempfile.TemporaryDirectory() as folder:
        tally = Tally(f"{folder}/tally", os.getpid())
        run_noted(subject, tally)
        json.dump(tally.read(), sys.stdout)


def run_noted(subject: Subject, tally: Tally) -> None:
    """Run a subject with everything that is counted arranged around it."""
    from amorsize import execute
    from amorsize.engines.board import Board

    func = NotedFunction(tally, What.FUNCTION_PICKLE)
    items = [Noted(tally, What.ITEM_PICKLE) for _ in range(ITEMS)]
    with _company(wanted=subject.beside_thread):
        os.register_at_fork(after_in_parent=lambda: tally.note(What.FORK))
        _note_calls(threading.Thread, "start", lambda: tally.note(What.THREAD))
        _note_calls(Board, "note_claim", lambda: tally.note(What.CLAIM))
        execute(func, _given(subject, items), **subject.options)


def run_marked(subject: Subject) -> None:
    """Run a subject on plain numbers, the second time between the marks."""
    from amorsize import execute

    with _company(wanted=subject.beside_thread):
        execute(abs, _given(subject, range(ITEMS)), **subject.options)
        _mark(BEGIN)
        execute(abs, _given(subject, range(ITEMS)), **subject.options)
        _mark(END)


def _given(subject: Subject, items: Iterable[Any]) -> Iterable[Any]:
    return iter(items) if subject.generated else items


def _mark(name: str) -> None:
    Path(name).exists()


def _note_calls(owner: Any, name: str, note: Callable[[], None]) -> None:
    """Have a method note that it is called."""
    method = getattr(owner, name)

    def noted(*args: Any) -> Any:
        note()
        return method(*args)

    setattr(owner, name, noted)


@contextmanager
def _company(*, wanted: bool) -> Iterator[None]:
    done = threading.Event()
    if wanted:
        threading.Thread(target=done.wait).start()
    try:
        yield
    finally:
        done.set()


if __name__ == "__main__":
    main(*sys.argv[1:])
