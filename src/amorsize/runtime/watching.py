"""A run that is only watched: the caller runs no item, so there is nothing to measure first."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from amorsize.engines.base import Care, EngineStartError, Job
from amorsize.engines.registry import engine_for
from amorsize.engines.source import IteratedSource
from amorsize.errors import BackendRefusedError
from amorsize.machine.blas import one_blas_thread
from amorsize.plan.facts import usable_cores
from amorsize.plan.wording import in_words, watching
from amorsize.runtime.questions import FLEETING
from amorsize.vocab.options import Backend
from amorsize.vocab.plan import EngineKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from amorsize.engines.base import Reports
    from amorsize.engines.source import Source
    from amorsize.vocab.options import Options
    from amorsize.vocab.situation import Situation


def watch(
    func: Callable[[Any], Any],
    source: Source,
    reports: Reports,
    *,
    options: Options,
    situation: Situation,
    began_s: float,
) -> int:
    """Run every item in a worker process; returns how many of them there were.

    Raises:
        BackendRefusedError: there can be no such process, and why.
    """
    if sys.platform != "linux":
        raise _refusal(options, "it needs Linux")
    if isinstance(source, IteratedSource) and source.is_fleeting:
        raise _refusal(options, in_words(FLEETING))
    job = Job(
        func=func,
        source=source,
        workers=_workers(options, situation),
        item_s=0.0,
        chunksize=options.chunksize,
        workers_forced=_is_fixed(options, situation),
        at_most=options.max_concurrency,
        fail_fast=options.fail_fast,
        care=care_of(options, began_s),
    )
    with ExitStack() as undo:
        if options.pin_inner_threads and job.workers > 1:
            undo.enter_context(one_blas_thread())
        try:
            return engine_for(EngineKind.WATCHED).run(job, reports)
        except (EngineStartError, ImportError) as error:
            raise _refusal(options, str(error)) from error


def care_of(options: Options, began_s: float) -> Care:
    """What is to be heeded in a run that began then, on the clock of ``time.perf_counter``."""
    return Care(
        timeout_s=options.timeout_s,
        deadline_s=options.deadline_s,
        began_s=began_s,
        on_crash=options.on_crash,
        rerun_lost=options.rerun_lost,
    )


def _is_fixed(options: Options, situation: Situation) -> bool:
    """Whether more workers must not come, or would only wait for their turn to start."""
    forced = options.n_jobs is not None or options.rate_per_s is not None
    return forced or situation.nested_in is not None or options.backend is Backend.SERIAL


def _workers(options: Options, situation: Situation) -> int:
    """The caller waits and takes no core. Inside another call's worker it leaves its place."""
    if situation.nested_in is not None or options.backend is Backend.SERIAL:
        return 1
    cores = max(1, int(usable_cores(situation)))
    return options.n_jobs or min(cores, options.max_concurrency or cores)


def _refusal(options: Options, why: str) -> BackendRefusedError:
    return BackendRefusedError(
        f"{watching(options)} cannot be used: {why}",
        hint="the caller runs no item then; leave it out to let it",
    )
