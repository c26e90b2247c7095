"""One timed run of a whole job, and how it ended."""

from __future__ import annotations

from concurrent.futures import BrokenExecutor
from pickle import PicklingError
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from amorsize.bench.deadline import GRACE_S, Deadline, TimeUpError
from amorsize.bench.registry import NotInstalledError, runner_for
from amorsize.bench.task import Task
from amorsize.report.trials import setup_name
from amorsize.vocab.trials import Ended, Runner, Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from amorsize.vocab.trials import Setup

HERE: Final = frozenset({Runner.SERIAL, Runner.THREAD, Runner.ADAPTIVE})
"""Who raises nothing but what the function, or a worker of ours, raises."""

ASKING: Final = frozenset({Runner.SERIAL, Runner.THREAD, Runner.PROCESS})
"""Who looks at the clock by itself. An alarm that rings in the middle of a destructor is told on
stderr by the interpreter, and lost: it rings again, but it is better not to need it."""


class Ran(NamedTuple):
    """A run, and its results if it came to its end."""

    trial: Trial
    results: list[Any] | None = None


def run_trial(
    func: Callable[[Any], Any], items: Sequence[Any], setup: Setup, *, limit_s: float
) -> Ran:
    """Run ``func`` on all items once, as ``setup`` says, for ``limit_s`` at most.

    What keeps this way of running from working is told in the trial.

    Raises:
        BaseException: what ``func`` raises, as itself, with a note that names the setup;
            KeyboardInterrupt after everything has been stopped.
    """
    try:
        ready = runner_for(setup.runner)
    except NotInstalledError as error:
        return Ran(Trial(ended=Ended.FAILED, elapsed_s=0.0, why=str(error)))
    deadline = Deadline(limit_s)
    task = Task(func, items, setup, deadline)
    began = perf_counter()
    try:
        with deadline.armed(GRACE_S if setup.runner in ASKING else 0.0):
            results = ready.run(task)
            elapsed_s = perf_counter() - began
    except TimeUpError:
        return Ran(_stopped(task, perf_counter() - began))
    except KeyboardInterrupt:
        if deadline.rang:
            return Ran(_stopped(task, perf_counter() - began))
        raise
    except BaseException as error:
        if not isinstance(error, Exception) or _is_the_functions(error, setup):
            error.add_note(f"amorsize: raised while {setup_name(setup)} was timed")
            raise
        why = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        return Ran(Trial(ended=Ended.FAILED, elapsed_s=perf_counter() - began, why=why))
    finally:
        ready.settle()
    return Ran(Trial(ended=Ended.FINISHED, elapsed_s=elapsed_s, done=len(results)), results)


def _stopped(task: Task, elapsed_s: float) -> Trial:
    return Trial(
        ended=Ended.TIME_UP,
        elapsed_s=elapsed_s,
        done=task.done,
        still_running=task.still_running,
    )


def _is_the_functions(error: Exception, setup: Setup) -> bool:
    """Tell the function's exceptions from those of a pool that cannot do the job.

    All of these libraries give what a function raises a cause, which holds the worker's traceback.
    """
    if setup.runner in HERE:
        return True
    return error.__cause__ is not None and not isinstance(error, BrokenExecutor | PicklingError)
