"""The one path that runs work: serial first, then the engine of the decision, then what is left."""

from __future__ import annotations

import math
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from amorsize.engines.base import EngineStartError, Failure, Job, finished
from amorsize.engines.chunks import run_chunk
from amorsize.engines.per_item import PerItem, patient, users_own
from amorsize.engines.reaper import REAPER
from amorsize.engines.refused import Refusals
from amorsize.engines.registry import engine_for
from amorsize.engines.source import IteratedSource
from amorsize.engines.window import WindowedSource
from amorsize.errors import ResultLostError
from amorsize.machine.blas import one_blas_thread
from amorsize.machine.forksafety import settled_for_fork
from amorsize.plan.facts import has_own_threads, waits
from amorsize.plan.footprint import is_hungry, warnings_of, workers_that_fit
from amorsize.plan.wording import wanted
from amorsize.runtime.ledger import Hooks, Ledger
from amorsize.runtime.machine_memory import MachineMemory
from amorsize.runtime.memory import Memory
from amorsize.runtime.opening import HERE, Opening
from amorsize.runtime.outcome import Outcome, announce
from amorsize.runtime.partial import carry
from amorsize.runtime.restoring import restore
from amorsize.runtime.sampler import Sampler
from amorsize.runtime.surroundings import Surroundings
from amorsize.runtime.watching import care_of, watch
from amorsize.vocab.machine import ForkUnsafe
from amorsize.vocab.options import DEFAULT_OPTIONS, Options
from amorsize.vocab.plan import EngineKind
from amorsize.vocab.record import RunRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from amorsize.engines.base import Steps
    from amorsize.engines.source import Source
    from amorsize.journal.journal import Journal
    from amorsize.runtime.ledger import Stranded
    from amorsize.vocab.plan import Decision
    from amorsize.vocab.profile import Profile

REAP_S: Final = 1.5e-3
"""A worker of a small process has exited so soon after it was let go, ..."""

REAP_SHARE: Final = 0.01
"""... one of a large process is worth this share of the run; else the next call collects it."""


def run(
    func: Callable[[Any], Any],
    source: Source,
    *,
    options: Options = DEFAULT_OPTIONS,
    hooks: Hooks | None = None,
    memory: Memory | None = None,
) -> Outcome:
    """Run every item once.

    Raises:
        BaseException: what ``func`` raised for the smallest failing index, as itself.
        WorkerCrashedError: a worker process died with items.
        ResultLostError: a result could not come back and must not be computed again.
    """
    known = memory or Memory(func, wanted=False)
    hooks = hooks or Hooks()
    ledger = Ledger(hooks, source.length, journal=hooks.journal)
    return SteppedRun(func, source, ledger, options=options, memory=known).run()


class SteppedRun:
    """A run in steps: ``steps`` pauses wherever ``ledger`` is ready, ``concluded`` comes after."""

    def __init__(
        self,
        func: Callable[[Any], Any],
        source: Source,
        ledger: Ledger,
        *,
        options: Options,
        memory: Memory,
    ) -> None:
        self._began = perf_counter()
        self._journal = ledger.journal
        self._users_func = self._journal.users_func if self._journal else users_own(func)
        self._refusals: Refusals | None = None
        if options.is_overload is not None:
            self._refusals = Refusals(options.is_overload)
            func = patient(func, self._refusals)
        self._func = func
        self._source = source
        self._options = options
        self._ledger = ledger
        self._around = Surroundings()
        self._opening = Opening(
            func,
            source,
            self._ledger,
            options=options,
            surroundings=self._around,
            sampler=Sampler(self._users_func, source, self._ledger, memory=memory),
        )
        self._memory = memory
        self._machine_memory = MachineMemory()
        self._parallel: Decision | None = None
        self._workers = 1
        self._may_give_up = True
        self._shared_items = 0
        self._reruns: list[int] = []

    def run(self) -> Outcome:
        try:
            finished(self.steps())
            return self.concluded()
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                self._ledger.interrupted()
            carry(error, self._ledger, marked=isinstance(self._func, PerItem))
            raise

    def steps(self) -> Steps[None]:
        """Run all items, with a pause wherever results lie ready for who takes them meanwhile."""
        if self._journal is not None:
            self._restore(self._journal)
        if self._options.watched:
            self._watch()
        else:
            yield from self._run_and_hand_over()
        self._run_lost_again()

    def _run_and_hand_over(self) -> Steps[None]:
        while (decision := (yield from self._opening.steps())) is not None:
            yield from self._hand_over(decision)
            if isinstance(self._source, WindowedSource):  # nobody gets a later result before
                self._run_lost_again()
            if self._ledger.ready:  # nothing more is read before these are taken
                yield

    def concluded(self) -> Outcome:
        """Raise what failed, or tell how it went. A generator could not raise StopIteration."""
        self._ledger.finish()
        self._ledger.raise_failure()
        if self._journal is not None:
            self._journal.end(self._ledger.completed)
            for note in self._journal.notes:
                self._ledger.note(note)
        record = self._record()
        self._memory.keep_run(record)
        if not isinstance(self._source, WindowedSource):  # that time is its consumer's, too
            self._machine_memory.keep(record, self._memory.name)
        record = replace(record, memory=self._memory.told)
        if self._workers > 1:
            REAPER.reap(max(REAP_S, REAP_SHARE * record.wall_s) / (self._workers - 1))
        announce(record)
        return Outcome(results=self._ledger.results, record=record)

    def _restore(self, journal: Journal) -> None:
        self._source = self._opening.settle()
        restore(journal, self._source, self._ledger)
        self._opening.start_over()

    def _watch(self) -> None:
        self._source = self._opening.settle()
        workers = self._options.n_jobs or self._around.situation().cores
        self._ledger.guard.begins(workers, threads=False)
        self._workers = watch(
            self._func,
            self._source,
            self._ledger,
            options=self._options,
            situation=self._around.situation(),
            began_s=self._began,
        )
        self._note_broken_input()

    def _hand_over(self, decision: Decision) -> Steps[None]:
        if isinstance(self._source, WindowedSource):
            self._source.shares = 2 * decision.chosen.workers
        elif isinstance(self._source, IteratedSource):
            self._source = self._opening.settle()
        job, before, began = self._job(decision), self._ledger.completed, _Clocks.read(self._ledger)
        engine = self._engine(decision)
        job = self._within_memory(job, engine)
        self._ledger.first_item_s = None
        try:
            with _prepared(engine, pin=self._pins(), patience_s=self._patience_s(decision)):
                workers = yield from engine_for(engine).steps(job, self._ledger)
        except EngineStartError as error:
            self._ledger.note(str(error))
            self._run_lost_again()  # the caller goes on behind what was claimed
            self._around.rule_out(decision.chosen.engine, str(error))
        else:
            self._account(decision, workers, self._ledger.completed - before)
            if engine is decision.chosen.engine:
                self._note_start(decision, workers, began)
            self._correct(decision, workers, began)
        self._note_broken_input()

    def _within_memory(self, job: Job, engine: EngineKind) -> Job:
        """No more workers than have room, an ``n_jobs`` that is forced or not."""
        profile, around = self._opening.look(), self._around.situation()
        fit = workers_that_fit(profile, around)
        short = self._ledger.guard.begins(
            job.workers,
            threads=engine is EngineKind.THREADS,
            most=fit,
            hungry=is_hungry(profile),
        )
        for warning in filter(None, [short, *warnings_of(profile, around)]):
            self._ledger.note(warning)
        return job if fit is None else replace(job, workers=min(job.workers, max(2, fit)))

    def _engine(self, decision: Decision) -> EngineKind:
        """With a journal the caller runs no item, since it could write nothing meanwhile."""
        chosen = decision.chosen.engine
        return EngineKind.WATCHED if self._journal and chosen.crosses_process else chosen

    def _engine_of_most(self, decision: Decision | None) -> EngineKind:
        """Who did most of the work."""
        if self._options.watched:
            return EngineKind.WATCHED
        return EngineKind.SERIAL if decision is None else self._engine(decision)

    def _account(self, decision: Decision, workers: int, items: int) -> None:
        """Of several engines, the one that did most is told of."""
        if items >= self._shared_items:
            self._parallel, self._workers, self._shared_items = decision, workers, items
        self._may_give_up = False
        self._opening.start_over()

    def _note_start(self, decision: Decision, workers: int, began: _Clocks) -> None:
        """What starting took: of items that are sent ahead, the first need not be the caller's."""
        first_s, chosen = self._ledger.first_item_s, decision.chosen
        alike = workers == chosen.workers or chosen.engine is EngineKind.THREADS
        if first_s is not None and alike and self._source.is_in_memory:
            self._machine_memory.started(chosen, self._around.situation(), first_s - began.wall_s)

    def _correct(self, decision: Decision, workers: int, began: _Clocks) -> None:
        """Time inside the function counts no longer than cores were there to compute.

        Where workers share cores, or threads the interpreter lock, each waits for the others
        inside the function, and the plain loop would not.
        """
        spent = _Clocks.read(self._ledger)
        profile = self._opening.profile
        if profile is None or profile.cpu_share <= 0:
            return
        cpu_s = spent.cpu_s - began.cpu_s
        if decision.chosen.engine.crosses_process:
            cores = min(workers, self._around.situation().cores)
            cpu_s = cores * (spent.wall_s - began.wall_s)
        most_s = cpu_s / min(1.0, profile.cpu_share)
        self._ledger.work_s = min(spent.work_s, began.work_s + most_s)

    def _pins(self) -> bool:
        """Whether the function was seen to have threads of its own, which would get in the way."""
        seen = self._opening.profile
        return self._options.pin_inner_threads and seen is not None and has_own_threads(seen)

    def _patience_s(self, decision: Decision) -> float:
        """How long to wait for a fork to be safe: not longer than what it saves."""
        if self._options.forces_parallel:
            return math.inf
        return decision.serial_s - decision.expected.total_s

    def _job(self, decision: Decision) -> Job:
        profile = self._opening.look()
        return Job(
            func=self._func,
            source=self._source,
            workers=decision.chosen.workers,
            item_s=profile.mean_s * profile.trend,
            chunksize=self._chunksize(decision),
            waits=waits(profile),
            cpu_s=profile.cpu_share * profile.mean_s if self._may_doubt(profile) else 0.0,
            workers_forced=self._options.n_jobs is not None or self._is_rated,
            at_most=self._options.max_concurrency,
            refusals=self._refusals,
            fail_fast=self._options.fail_fast,
            streams=isinstance(self._source, WindowedSource),
            care=care_of(self._options, self._began),
        )

    def _chunksize(self, decision: Decision) -> int | None:
        """A thread reports whole chunks, and what it has not reported is not in the journal."""
        if self._journal is not None and decision.chosen.engine is EngineKind.THREADS:
            return 1
        return self._options.chunksize

    @property
    def _is_rated(self) -> bool:
        """Whether more workers than were thought of would only wait for their turn to start."""
        return self._options.rate_per_s is not None

    def _may_doubt(self, profile: Profile) -> bool:
        """Whether an engine may hand back a job of items that do not wait as the first did."""
        free = self._may_give_up and not self._options.forces_parallel
        return free and waits(profile) and self._around.situation().gil

    def _note_broken_input(self) -> None:
        source = self._source
        if isinstance(source, IteratedSource) and source.broken is not None:
            self._ledger.failed(Failure(source.position, source.broken, "the input"))

    def _run_lost_again(self) -> None:
        lost, self._ledger.lost = self._ledger.lost, []
        for items in sorted(lost, key=lambda lost: lost.start):
            self._run_again(items)

    def _run_again(self, lost: Stranded) -> None:
        """Items whose result or exception could not come back run once more, in the caller."""
        for index, item in enumerate(lost.items, lost.start):
            if self._ledger.limit is not None and index >= self._ledger.limit:
                return
            if lost.why and not self._options.rerun_lost:
                raise ResultLostError.for_item(index, lost.why)
            ran = run_chunk(self._func, iter([item]), (index, index + 1))
            if isinstance(ran.error, KeyboardInterrupt):
                raise ran.error
            if ran.error is not None:
                self._ledger.failed(Failure(index, ran.error, HERE))
            self._ledger.done(index, ran.results, ran.busy_s)
            if lost.why:
                self._reruns.append(index)
        if lost.why:
            self._ledger.note(_rerun_note(lost))

    def _record(self) -> RunRecord:
        decision, brought_in = self._parallel, self._workers > 1
        watched = self._options.watched
        return RunRecord(
            items=self._ledger.completed,
            engine=self._engine_of_most(decision if brought_in else None),
            workers=self._workers,
            wall_s=perf_counter() - self._began,
            work_s=self._ledger.work_s,
            serial_items=self._opening.items if brought_in or watched else self._ledger.completed,
            decision=decision if decision and brought_in else self._opening.decision,
            profile=self._opening.profile,
            situation=self._around.known,
            warnings=tuple(self._ledger.notes),
            reruns=tuple(self._reruns),
            asked=wanted(self._options) if self._options.forces_serial else None,
            options=self._options,
            waiting=self._ledger.waiting,
        )


class _Clocks(NamedTuple):
    """What has passed, in seconds: on the wall, of this process, and inside the function."""

    wall_s: float
    cpu_s: float
    work_s: float

    @classmethod
    def read(cls, ledger: Ledger) -> Self:
        return cls(perf_counter(), process_time(), ledger.work_s)


@contextmanager
def _prepared(engine: EngineKind, *, pin: bool, patience_s: float) -> Iterator[None]:
    """Make this process fit for the engine, and undo it after."""
    with ExitStack() as undo:
        if pin:
            undo.enter_context(one_blas_thread())
        if engine is EngineKind.TEAM:
            verdict = undo.enter_context(settled_for_fork(patience_s))
            if isinstance(verdict, ForkUnsafe):
                msg = f"this process cannot be forked: {verdict.what}"
                raise EngineStartError(msg)
        yield


def _rerun_note(lost: Stranded) -> str:
    first, last = lost.start, lost.start + len(lost.items) - 1
    which = f"item {first}" if first == last else f"items {first} to {last}"
    return f"{which} ran a second time, in the caller: what it gave could not travel ({lost.why})"
