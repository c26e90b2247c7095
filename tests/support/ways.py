"""The ways in which items are run, each forced, and seen to have been taken."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from amorsize import execute
from amorsize.engines.spawned_alive import IDLE_POOLS
from amorsize.engines.spawned_pool import spawned_pool
from amorsize.vocab.plan import EngineKind
from amorsize.vocab.record import RunRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ENGINES: Final = {
    "serial": EngineKind.SERIAL,
    "threads": EngineKind.THREADS,
    "forked": EngineKind.TEAM,
    "spawned": EngineKind.LOKY,
    "watched": EngineKind.WATCHED,
}
ONLY_LINUX: Final = {"forked", "watched"}
WAYS: Final = [way for way in ENGINES if way not in ONLY_LINUX or sys.platform == "linux"]


@dataclass
class Way:
    """Runs ``execute`` one way; with two workers, where there are workers."""

    name: str
    record: RunRecord | None = None

    def run(self, func: Callable[..., Any], data: Any, **options: Any) -> list[Any]:
        backend: Any = self.name if self.name in {"serial", "threads"} else "processes"
        if self.name == "watched":
            options["isolate"] = True
        if backend != "serial":
            options.setdefault("n_jobs", 2)
        with _other_thread(needed=self.name == "spawned"):
            results, told = execute(
                func, data, backend=backend, return_optimization_result=True, **options
            )
        self.record = told.run
        assert told.run is not None
        assert told.run.engine is ENGINES[self.name]
        return list(results)

    @property
    def warnings(self) -> str:
        assert self.record is not None
        return "\n".join(self.record.warnings)


@contextmanager
def _other_thread(*, needed: bool) -> Iterator[None]:
    """Beside another thread nothing is forked; workers are there, or the caller did it all."""
    if not needed:
        yield
        return
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    try:
        with spawned_pool(1) as pool:
            while not pool.is_ready():
                time.sleep(1e-3)
        yield
    finally:
        over.set()
        thread.join()


def dismiss_workers() -> None:
    IDLE_POOLS.dismiss(wait=True)
