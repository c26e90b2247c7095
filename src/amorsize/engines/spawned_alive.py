"""Are spawned workers of an earlier call still there? Asked before any of them is wanted."""

from __future__ import annotations

import os
import threading
import weakref
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable


def processes_of(executor: Any) -> list[Any]:
    """The worker processes of an executor; loky shows them nowhere else."""
    return list(executor._processes.values())  # noqa: SLF001


class LastExecutor(threading.local):
    """The executor of this thread's last call; loky has one per thread, too."""

    def __init__(self) -> None:
        self._reference: Callable[[], Any] = lambda: None
        self._owner = os.getpid()

    def remember(self, executor: Any) -> None:
        self._reference = weakref.ref(executor)
        self._owner = os.getpid()

    def executor(self) -> Any:
        return self._reference()

    def is_inherited(self) -> bool:
        """Whether this is a fork of the process that has the workers."""
        return self.executor() is not None and self._owner != os.getpid()

    def alive(self) -> bool:
        executor = self.executor()
        if executor is None or self.is_inherited():
            return False
        flags = executor._flags  # noqa: SLF001 - said nowhere else
        if flags.shutdown or flags.broken:
            return False
        return any(process.is_alive() for process in processes_of(executor))


LAST_EXECUTOR: Final = LastExecutor()


def spawned_workers_alive() -> bool:
    """Whether workers of an earlier call are waiting for the next one."""
    return LAST_EXECUTOR.alive()
