"""What the engines are given to do; workers import this, so it needs the standard library only."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from amorsize.engines.base import Failure
from amorsize.engines.nesting import INSIDE
from amorsize.vocab.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PATIENCE_S = 10.0
"""How long a job waits for others before it gives up: only a broken engine makes it."""


@dataclass(slots=True)
class Recorder:
    """Keeps what an engine reports, as the driver would."""

    results: dict[int, Any] = field(default_factory=dict)
    sizes: list[int] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    lost: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    waitings: list[Waiting] = field(default_factory=list)
    ticks: int = 0
    patience_s: float | None = None
    most_workers: int | None = None
    ready: bool = False

    @property
    def limit(self) -> int | None:
        return min((failure.index for failure in self.failures), default=None)

    @property
    def failure(self) -> Failure:
        """The one that counts."""
        return min(self.failures, key=lambda failure: failure.index)

    def done(self, start: int, results: Sequence[Any], busy_s: float) -> None:
        assert busy_s >= 0
        assert threading.current_thread() is threading.main_thread()
        self.sizes.append(len(results))
        for index, result in enumerate(results, start):
            self._account(index)
            self.results[index] = result

    def failed(self, failure: Failure) -> None:
        self.failures.append(failure)

    def stranded(self, start: int, items: Sequence[Any], why: str) -> None:
        for index in range(start, start + len(items)):
            self._account(index)
            self.lost[index] = why

    def note(self, warning: str) -> None:
        self.notes.append(warning)

    def waited(self, waiting: Waiting) -> None:
        self.waitings.append(waiting)

    def tick(self) -> None:
        self.ticks += 1

    def _account(self, index: int) -> None:
        assert index not in self.results, f"item {index} came home twice"
        assert index not in self.lost, f"item {index} came home twice"


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts calls across threads and processes: one appended line each."""

    path: Path

    def note(self, index: int) -> None:
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(descriptor, b"%d\n" % index)
        os.close(descriptor)

    def counts(self) -> Counter[int]:
        return Counter(map(int, self.path.read_text().split() if self.path.exists() else ()))

    def wait_for(self, enough: int) -> None:
        """Wait until so many calls were noted by whomever."""
        for _ in _patiently():
            if self.counts().total() >= enough:
                return
        msg = f"waited in vain for {enough} calls"
        raise TimeoutError(msg)


@dataclass(frozen=True, slots=True)
class Caller:
    """Tells the caller's own thread from every worker."""

    process: int = field(default_factory=os.getpid)

    def is_here(self) -> bool:
        in_main_thread = threading.current_thread() is threading.main_thread()
        return os.getpid() == self.process and in_main_thread


def inside(_: object) -> str | None:
    """The worker that runs this."""
    return INSIDE.get()


def wrapped(item: Any) -> list[Any]:
    """The item, and something around it."""
    return [item]


def slowly(item: Any) -> Any:
    """The item itself, in a time that leaves some for others."""
    time.sleep(1e-3)
    return item


def process_id(_: object) -> int:
    """The process that runs this."""
    time.sleep(1e-3)
    return os.getpid()


def say(index: int) -> None:
    """Print, slowly enough for others to have a turn."""
    print(f"<{index}>")  # noqa: T201 - it is what is tested
    time.sleep(5e-3)


def _patiently() -> Iterator[None]:
    give_up = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up:
        yield
        time.sleep(2e-3)


def wait_for_file(path: Path) -> None:
    """Wait until somebody has made this file."""
    for _ in _patiently():
        if path.exists():
            return


class CannotBePickled:
    def __reduce__(self) -> NoReturn:
        msg = "this one stays here"
        raise TypeError(msg)


class CannotBeUnpickled:
    def __reduce__(self) -> Any:
        return _refuse, ()


def _refuse() -> NoReturn:
    msg = "not in this process"
    raise ValueError(msg)


class OddError(Exception):
    """Its constructor does not take its ``args``."""

    def __init__(self, index: int, *, detail: str) -> None:
        super().__init__(f"item {index} is odd")
        self.index = index
        self.detail = detail


class HeldError(Exception):
    """Holds what cannot travel."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.lock = threading.Lock()


@dataclass(frozen=True)
class Heavy:
    """A constant of a function that counts how often it is packed and unpacked."""

    packed: Tally
    unpacked: Tally
    ballast: bytes = b"x" * 100_000

    def __getstate__(self) -> dict[str, Any]:
        self.packed.note(0)
        return dict(self.__dict__)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.unpacked.note(0)
