"""Who can run a job, by name; what is not installed is said, not raised."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from amorsize.vocab.trials import Runner

if TYPE_CHECKING:
    from collections.abc import Callable

    from amorsize.bench.task import Run


class Entry(NamedTuple):
    """Where a runner is, and what lets its workers go after a run, untimed."""

    module: str
    run: str = "run"
    settle: str | None = None


HOMES: Final = {
    Runner.SERIAL: Entry("amorsize.bench.plain", "serial"),
    Runner.THREAD: Entry("amorsize.bench.plain", "threads"),
    Runner.ADAPTIVE: Entry("amorsize.bench.plain", "adaptive", "settle"),
    Runner.PROCESS: Entry("amorsize.bench.processes", "processes"),
    Runner.JOBLIB: Entry("amorsize.bench.with_joblib", settle="settle"),
    Runner.MPIRE: Entry("amorsize.bench.with_mpire"),
    Runner.LOKY: Entry("amorsize.bench.with_loky"),
}


class Ready(NamedTuple):
    """A runner whose modules are loaded: importing them belongs to nobody's time."""

    run: Run
    settle: Callable[[], object]


class NotInstalledError(Exception):
    """A package that a runner needs is missing."""


def runner_for(runner: Runner) -> Ready:
    """Load a runner.

    Raises:
        NotInstalledError: with the name of the package.
    """
    entry = HOMES[runner]
    try:
        module = import_module(entry.module)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("amorsize"):
            raise  # our own mistake, not a missing package
        msg = f"{error.name} is not installed"
        raise NotInstalledError(msg) from error
    settle = _nothing if entry.settle is None else getattr(module, entry.settle)
    return Ready(cast("Run", getattr(module, entry.run)), settle)


def _nothing() -> None:
    """Nobody waits for another run."""
