"""Watched processes: the caller runs no item, it hands out chunks and sees that nothing hangs.

Every result is in the caller's hands, or in a pipe that outlives its worker, before the worker
starts its next item. So when a worker dies, or is ended because its item takes too long, it is
known which item that was, and nothing else is lost.
"""

from __future__ import annotations

import pickle
import select
from contextlib import ExitStack, contextmanager
from time import perf_counter, perf_counter_ns
from typing import TYPE_CHECKING, Final

from amorsize.engines.base import EngineStartError
from amorsize.engines.crash import BlackBox
from amorsize.engines.forking import hold_interrupts, interrupts_held, let_interrupts_in
from amorsize.engines.marks import SLOTS, new_marks
from amorsize.engines.nesting import INSIDE
from amorsize.engines.per_item import has_end
from amorsize.engines.reaper import REAPER, has_ended
from amorsize.engines.source import Chunk
from amorsize.engines.spawned_pool import pack_items
from amorsize.engines.watched_handout import CHUNK_S, Handout
from amorsize.engines.watched_intake import Intake
from amorsize.engines.watched_process import Nursery
from amorsize.engines.watched_toll import Toll
from amorsize.engines.watched_verdict import Verdicts
from amorsize.engines.watched_width import Crowd
from amorsize.engines.watched_wire import Kind, Letter
from amorsize.errors import DeadlineExceededError, ItemStuckError, ItemTimeoutError
from amorsize.machine.forksafety import settled_for_fork
from amorsize.vocab.machine import ForkUnsafe
from amorsize.vocab.plan import EngineKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amorsize.engines.base import Job, Reports, Steps
    from amorsize.engines.forking import Mask
    from amorsize.engines.marks import Marks
    from amorsize.engines.watched_process import Process

RECALL_S: Final = 2 * CHUNK_S
"""From a chunk that takes twice as long the rest is asked back, where others have nothing."""

GRACE_S: Final = 0.5
"""After an interrupt a worker has so long to leave its item's ``finally`` blocks."""


class WatchedEngine:
    """Worker processes and a caller that watches; ``Job.workers`` does not count the caller."""

    kind = EngineKind.WATCHED

    def __init__(self, *, may_fork: bool = True) -> None:
        self._may_fork = may_fork

    def run(self, job: Job, reports: Reports, /) -> int:
        """See ``Engine.run``; ``EngineStartError`` also where a worker cannot load the function."""
        with (
            interrupts_held() as usual,
            _prepared(job, reports, usual, may_fork=self._may_fork) as run,
        ):
            let_interrupts_in(usual)
            run.play()
            hold_interrupts()
            return run.most_at_once

    def steps(self, job: Job, reports: Reports, /) -> Steps[int]:
        """See ``Engine``; without a pause, as nothing that streams is watched."""
        yield from ()
        return self.run(job, reports)


@contextmanager
def _prepared(job: Job, reports: Reports, usual: Mask, *, may_fork: bool) -> Iterator[_Run]:
    """A run without workers yet; on the way out none is left running. Interrupts are held."""
    marker = INSIDE.set("the caller of a running call")
    try:
        with ExitStack() as closing:
            marks = closing.enter_context(new_marks())
            closing.callback(marks.close)  # whatever happens: an error would keep it open
            faults = _black_box()
            closing.callback(faults.close)
            verdict = closing.enter_context(settled_for_fork())
            may_fork = may_fork and not isinstance(verdict, ForkUnsafe)
            nursery = Nursery(job, marks=marks, faults=faults, may_fork=may_fork)
            run = _Run(job, reports, usual=usual, marks=marks, nursery=nursery, faults=faults)
            try:
                yield run
            except BaseException as error:
                hold_interrupts()
                run.abandon(error)
                raise
            run.dismiss()
    finally:
        INSIDE.reset(marker)


def _black_box() -> BlackBox:
    try:
        return BlackBox()
    except OSError as error:
        msg = f"there are no files in memory here: {error}"
        raise EngineStartError(msg) from error


class _Run:
    def __init__(
        self,
        job: Job,
        reports: Reports,
        *,
        usual: Mask,
        marks: Marks,
        nursery: Nursery,
        faults: BlackBox,
    ) -> None:
        self._care = job.care
        self._job = job
        self._reports = reports
        self._usual = usual
        self._marks = marks
        self._nursery = nursery
        self._handout = Handout(job, reports)
        self._crowd = Crowd(job, forks=nursery.can_fork())
        self._faults = faults
        verdicts = self._verdicts = Verdicts(job, reports, self._handout)
        self._intake = Intake(reports, self._handout, crowd=self._crowd, verdicts=verdicts)
        self._toll = Toll(job, reports, handout=self._handout, verdicts=verdicts)
        self._processes: list[Process] = []
        self._free_slots = list(range(SLOTS - 1, -1, -1))
        self._no_more: EngineStartError | None = None
        self.most_at_once = 0

    # -- the loop

    def play(self) -> None:
        """Hand out, wait and take in until nothing is left."""
        self._heed()
        while self._hand_out():
            self._wait()
            self._take_in()
            self._heed()
            self._check_deadline()
            self._end_overdue()
            if self._job.fail_fast and self._reports.limit is not None:
                with self._quietly():
                    self.end(GRACE_S)
                return
        if self._toll.crash is not None:
            raise self._toll.crash
        if has_end(self._job.func):
            self._see_out()

    def _see_out(self) -> None:
        """All is done, but every worker has something to end."""
        for process in self._processes:
            process.hang_up()
        while self._processes and not self._check_deadline():
            self._wait()
            for process in self._processes.copy():
                ended = has_ended(process.pidfd)
                self._intake.read(process)
                if ended:
                    self._part_with(process)

    def _heed(self) -> None:
        if self._reports.limit is not None:
            self._marks.lower_limit(self._reports.limit)

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        """Let a Ctrl-C wait for the end of something that must not be left half done."""
        hold_interrupts()
        try:
            yield
        finally:
            let_interrupts_in(self._usual)

    def _busy(self) -> list[Process]:
        return [process for process in self._processes if process.chunk is not None]

    # -- handing out

    def _hand_out(self) -> bool:
        """Give everybody something to do; false when all is done."""
        while self._intake.unsent:
            self._give_to_a_child(self._intake.unsent.pop(0))
        self._crowd.heed(self._reports.most_workers)
        while len(self._busy()) < self._crowd.wanted:
            chunk = self._handout.next(self._crowd.wanted)
            if chunk is None:
                self._recall()
                break
            process = self._idle() or self._hire(chunk)
            if process is not None:
                self._give(process, chunk)
        return bool(self._busy())

    def _idle(self) -> Process | None:
        return next((process for process in self._processes if process.chunk is None), None)

    def _hire(self, chunk: Chunk, *, born_for: Chunk | None = None) -> Process | None:
        """Start a process; ``None``, and the chunk is taken back, where others must do."""
        if self._no_more is None:
            try:
                with self._quietly():
                    slot = self._free_slots[-1]
                    process = self._nursery.make(slot, self._processes, born_for=born_for)
                    self._free_slots.pop()
                    self._processes.append(process)
            except EngineStartError as error:
                self._no_more = error
            else:
                self.most_at_once = max(self.most_at_once, len(self._processes))
                return process
        if not self._processes:
            self._handout.take_back(chunk)
            raise self._no_more
        self._reports.note(f"only {len(self._processes)} workers: {self._no_more}")
        self._crowd.settle_for(len(self._processes))
        self._handout.take_back(chunk)
        return None

    def _give(self, process: Process, chunk: Chunk) -> None:
        stop = chunk.start + len(chunk.items)
        if stop <= process.inherits:
            self._send(process, chunk, Letter(Kind.INHERITED, chunk.start, first=len(chunk.items)))
            return
        payload = self._packed(chunk, process)
        if payload is None:
            self._give_to_a_child(chunk)
        else:
            letter = Letter(Kind.CHUNK, chunk.start, payload, first=len(chunk.items))
            self._send(process, chunk, letter)

    def _packed(self, chunk: Chunk, process: Process) -> bytes | None:
        """A fork has the caller's own classes, which must not reach it as copies."""
        if not process.is_forked:
            return pack_items(chunk.items)
        try:
            return pickle.dumps(chunk.items, 5)
        except Exception:  # noqa: BLE001 - pickling runs code of the user's
            return None

    def _send(self, process: Process, chunk: Chunk, letter: Letter) -> None:
        self._marks.vacate(process.slot)
        process.chunk, process.told, process.since_s = chunk, 0, perf_counter()
        process.outgoing.put(letter)

    def _give_to_a_child(self, chunk: Chunk) -> None:
        """Items that cannot be sent are inherited by a process that is forked for them."""
        if len(chunk.items) > 1:
            for at in reversed(range(len(chunk.items))):
                self._handout.take_back(Chunk(chunk.start + at, [chunk.items[at]]))
            return
        if not self._nursery.can_fork():
            self._verdicts.give_up(
                chunk, ItemStuckError.for_item(self._verdicts.named(chunk)[0]), "the caller"
            )
            return
        self._make_room()
        process = self._hire(chunk, born_for=chunk)
        if process is not None:
            self._send(process, chunk, Letter(Kind.INHERITED, chunk.start, first=1))

    def _make_room(self) -> None:
        """Somebody is idle, or the input would not have been asked."""
        idle = self._idle()
        if idle is not None:
            self._part_with(idle)

    def _recall(self) -> None:
        """Somebody has nothing to do: let those who hold much give it back."""
        if self._job.chunksize is not None:
            return
        for process in self._busy():
            if len(process.rest().items) > 1 and perf_counter() - process.since_s > RECALL_S:
                self._marks.recall(process.slot)

    # -- waiting

    def _wait(self) -> None:
        """Sleep until something comes, somebody dies, or it is time to look."""
        poll = select.poll()
        for process in self._processes:
            poll.register(process.box.descriptor, select.POLLIN)
            poll.register(process.pidfd, select.POLLIN)
            if process.outgoing.is_waiting:
                poll.register(process.outgoing.descriptor, select.POLLOUT)
        patience = self._patience_s()
        poll.poll(None if patience is None else max(0.0, patience) * 1e3 + 1)
        for process in self._processes:
            process.outgoing.push()
        self._reports.tick()

    def _patience_s(self) -> float | None:
        now = perf_counter()
        waits = [self._reports.patience_s]
        if self._care.deadline_s is not None:
            waits.append(self._care.began_s + self._care.deadline_s - now)
        if self._care.timeout_s is not None:
            waits += [self._care.timeout_s - self._age_s(process) for process in self._busy()]
        if len(self._busy()) < self._crowd.wanted:
            waits.append(RECALL_S)
        return min((wait for wait in waits if wait is not None), default=None)

    def _age_s(self, process: Process) -> float:
        """How long its item has been running; 0 between two."""
        if not self._is_running(process):
            return 0.0
        return max(0.0, (perf_counter_ns() - self._marks.since_ns(process.slot)) / 1e9)

    def _is_running(self, process: Process) -> bool:
        """Whether it has begun an item and not told of it: the first of the rest of its chunk."""
        started = self._marks.started(process.slot)
        return process.chunk is not None and started is not None and started[0] >= process.next_at

    def _take_in(self) -> None:
        for process in self._processes.copy():
            ended = has_ended(process.pidfd)
            self._intake.read(process)
            if ended:
                self._mourn(process)
            elif process.chunk is None and self._crowd.can_spare(process, self._processes):
                self._part_with(process)

    def _mourn(self, process: Process) -> None:
        was_running = self._is_running(process)
        self._part_with(process)
        self._toll.take(process, was_running=was_running, faults=self._faults.text())

    def _part_with(self, process: Process) -> None:
        with self._quietly():
            self._processes.remove(process)
            self._free_slots.append(process.slot)
            process.bury()

    # -- limits

    def _check_deadline(self) -> bool:
        """Raise where it has passed; false until then."""
        care = self._care
        if care.deadline_s is not None and perf_counter() - care.began_s >= care.deadline_s:
            raise DeadlineExceededError.after(care.deadline_s)
        return False

    def _end_overdue(self) -> None:
        if self._care.timeout_s is None:
            return
        for process in self._busy():
            if self._age_s(process) >= self._care.timeout_s:
                self._judge(process, self._care.timeout_s)

    def _judge(self, process: Process, timeout_s: float) -> None:
        """Stopped, it can be seen for certain which item it runs, and for how long."""
        process.stop()
        self._intake.read(process)
        if self._age_s(process) < timeout_s:
            process.go_on()
            return
        process.kill()
        lost = process.give_away_next()
        self._handout.take_back(process.rest())
        self._part_with(process)
        error = ItemTimeoutError.for_item(self._verdicts.named(lost)[0], timeout_s)
        self._verdicts.try_again(lost, error, process.where)
        self._heed()

    # -- the end

    def dismiss(self) -> None:
        """Let the workers go, and wait for none of them."""
        while self._processes:
            self._processes.pop().bury()
        REAPER.reap()

    def end(self, grace_s: float) -> None:
        """Leave no worker: interrupt them, and after ``grace_s`` kill them."""
        import signal

        self._marks.lower_limit(-1)
        until = perf_counter() + grace_s
        if grace_s:
            for process in self._processes:
                process.send(signal.SIGINT)
        for process in self._processes:
            if not has_ended(process.pidfd, max(0.0, until - perf_counter())):
                process.kill()
        self._intake.last(self._processes)
        self.dismiss()

    def abandon(self, error: BaseException) -> None:
        """Leave no worker; where none can be had, others run what nobody here has told of."""
        self.end(0.0 if isinstance(error, DeadlineExceededError) else GRACE_S)
        if isinstance(error, EngineStartError):
            self._handout.strand()
