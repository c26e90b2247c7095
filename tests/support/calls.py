"""Work that costs something, an account of its calls across processes, and runs to hold to it.

Every call appends one line to a file: a single write to the end of a file is never torn or
lost, whoever else writes, so that the lines are the calls.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass, field
from time import thread_time
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypeVar

from amorsize import execute
from amorsize.machine.facts import usable_cpus
from amorsize.plan.tunables import WAITING_SHARE
from amorsize.vocab.plan import EngineKind
from amorsize.vocab.record import RunRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

ItemT = TypeVar("ItemT")
BackendName: TypeAlias = Literal["auto", "serial", "threads", "processes"]

BACKENDS: Final[tuple[BackendName, ...]] = ("auto", "serial", "threads", "processes")
PARALLEL: Final[tuple[BackendName, ...]] = ("auto", "threads", "processes")

PROCESSES: Final = {EngineKind.TEAM, EngineKind.LOKY}
ENGINES: Final = {
    "auto": PROCESSES if usable_cpus() > 1 else {EngineKind.SERIAL},
    "serial": {EngineKind.SERIAL},
    "threads": {EngineKind.THREADS},
    "processes": PROCESSES,
}
"""Who runs pure Python that computes."""

ITEMS: Final = 120
"""With ``AUTO_COST_S`` each, enough that workers pay for certain."""

AUTO_COST_S: Final = 1e-3
FORCED_COST_S: Final = 0.2e-3


class Work:
    """Note the item, compute for a while, and return it."""

    def __init__(self, file: Path, *, cost_s: float) -> None:
        file.touch()
        self._file = file
        self.cost_s = cost_s

    def __call__(self, item: ItemT) -> ItemT:
        self.note(item)
        began = thread_time()
        while thread_time() - began < self.cost_s:
            pass
        return item

    def note(self, item: object) -> None:
        """Count a call without computing anything."""
        line = json.dumps(repr(item)) + "\n"
        descriptor = os.open(self._file, os.O_WRONLY | os.O_APPEND)
        os.write(descriptor, line.encode())
        os.close(descriptor)

    @property
    def calls(self) -> Counter[str]:
        """How often each item was met, by its ``repr``, in all processes."""
        return Counter(map(json.loads, self._file.read_text().splitlines()))


def once(items: Iterable[object]) -> Counter[str]:
    """The account of a loop that meets each of ``items`` once."""
    return Counter(map(repr, items))


@dataclass
class Trial:
    """Runs ``execute`` one way, and sees that it went that way."""

    backend: BackendName
    work: Work
    record: RunRecord | None = field(default=None, init=False)

    def run(self, func: Callable[[Any], Any], data: Any, **options: Any) -> list[Any]:
        """Results, from the engine that the backend stands for."""
        results = self.run_anyhow(func, data, **options)
        record = self.record
        assert record is not None
        if self.backend == "auto" and starved(record):
            return results
        assert record.engine in ENGINES[self.backend], record.decision
        assert (record.workers > 1) == (record.engine is not EngineKind.SERIAL)
        return results

    def run_anyhow(self, func: Callable[[Any], Any], data: Any, **options: Any) -> list[Any]:
        """Results, from whatever engine fits."""
        if self.backend in {"threads", "processes"}:
            options.setdefault("n_jobs", 2)
        results, told = execute(
            func, data, backend=self.backend, return_optimization_result=True, **options
        )
        self.record = told.run
        return results

    def catch(self, func: Callable[[Any], Any], data: Any, **options: Any) -> BaseException:
        """The exception that the run ends with."""
        try:
            self.run_anyhow(func, data, **options)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is what we look at
            return error
        msg = "nothing was raised"
        raise AssertionError(msg)


def starved(record: RunRecord) -> bool:
    """Whether the machine was so busy that computing looked like waiting, or cores were taken."""
    waited = record.profile is not None and record.profile.cpu_share < WAITING_SHARE
    return waited or (record.situation is not None and record.situation.others > 0)
