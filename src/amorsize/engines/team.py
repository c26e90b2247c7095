"""The fork team: workers inherit function and data, and claim chunks from a pipe.

Nothing is pickled on the way in. The caller claims chunks too, so that on two cores one extra
worker is enough, and reads what the others have finished between its own chunks.
"""

from __future__ import annotations

import gc
import os
import pickle
import select
import signal
from contextlib import ExitStack, contextmanager, suppress
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from amorsize.engines.base import EngineStartError, Failure, finished
from amorsize.engines.board import Board
from amorsize.engines.chunks import InputEndedError, Ran
from amorsize.engines.crash import MEMORY, BlackBox, crash, how_it_ended, record_faults
from amorsize.engines.errors_travel import annotate, unpack_error
from amorsize.engines.forking import (
    flush_c_streams,
    flush_streams,
    fork_worker,
    hold_interrupts,
    interrupts_held,
    let_interrupts_in,
)
from amorsize.engines.inbox import IndexedInbox, SentInbox, inbox_for
from amorsize.engines.memfile import Frame, FrameKind, FrameReader, memory_file
from amorsize.engines.nesting import INSIDE
from amorsize.engines.per_item import has_end
from amorsize.engines.reaper import REAPER, has_ended
from amorsize.engines.team_size import send_home, went_home
from amorsize.engines.team_worker import Lookout, Shared, Worker
from amorsize.engines.tokens import TokenPipe
from amorsize.engines.worker_logs import relay
from amorsize.vocab.plan import EngineKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amorsize.engines.base import Job, Reports, Steps
    from amorsize.engines.forking import Mask

CALLER: Final = 0
"""The caller's row on the board."""

DEATH_CHECK_S: Final = 5e-3
"""How often the caller looks for dead workers between its own chunks."""

GRACE_S: Final = 0.5
"""After an interrupt a worker has so long to leave its item's ``finally`` blocks. Twice what
``subprocess.run`` gives a child of its own before it kills it (0.25 s)."""


class TeamEngine:
    """Forked workers and the caller."""

    kind = EngineKind.TEAM

    def run(self, job: Job, reports: Reports, /) -> int:
        """See ``Engine.run``."""
        return finished(self.steps(job, reports))

    def steps(self, job: Job, reports: Reports, /) -> Steps[int]:
        """See ``Engine``."""
        with interrupts_held() as usual, _gathered(job, reports) as team:
            try:
                team.assemble(usual)
            except OSError as error:
                msg = f"worker processes cannot be started: {error}"
                raise EngineStartError(msg) from error
            let_interrupts_in(usual)
            yield from team.play()
            hold_interrupts()
            return team.size


class _Member:
    """A forked worker as the caller sees it."""

    def __init__(self, row: int, pid: int, memory: int, *, lasting: bool) -> None:
        self.row = row
        self.pid = pid
        self.pidfd = os.pidfd_open(pid)
        self.reader = FrameReader(memory, lasting=lasting)
        self.alive = True

    @property
    def where(self) -> str:
        return f"worker process {self.pid}"


def _member(row: int, pid: int, memory: int, *, lasting: bool) -> _Member:
    try:
        return _Member(row, pid, memory, lasting=lasting)
    except OSError:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise


@contextmanager
def _gathered(job: Job, reports: Reports) -> Iterator[_Team]:
    """A team without workers yet; on the way out none is left running. Interrupts are held."""
    marker = INSIDE.set("the caller of a running call")
    team, owner = _Team(job, reports), os.getpid()
    try:
        yield team
    except BaseException:
        if os.getpid() != owner:  # the consumer of a stream has forked: they are not ours to end
            raise
        hold_interrupts()
        team.end_at_once()
        raise
    else:
        team.dismiss()
    finally:
        INSIDE.reset(marker)


class _Team:
    def __init__(self, job: Job, reports: Reports) -> None:
        self._reports = reports
        self._job = job
        self._closing = ExitStack()
        self._members: list[_Member] = []
        self._outstanding = 0
        self._last_death_check = 0.0
        self._life = -1
        self.size = 1
        """Workers, the caller included."""

    def _kept(self, part: Any) -> Any:
        self._closing.callback(part.close)
        return part

    # -- start

    def assemble(self, usual: Mask) -> None:
        """Make what is shared, then fork, with interrupts held but for a moment between forks.

        Raises:
            OSError: before any item was claimed.
        """
        os.close(os.pidfd_open(os.getpid()))  # refused here, it would be refused after the fork
        self._share()
        flush_streams()
        flush_c_streams()
        for row in range(1, self._job.workers):
            try:
                self._start_member(row)
            except OSError as error:
                if not self._members:
                    raise
                self._reports.note(f"only {row} workers could be started: {error}")
                break
            let_interrupts_in(usual)
            hold_interrupts()
        MEMORY.begin_once()
        self.size = 1 + len(self._members)

    def _share(self) -> None:
        job = self._job
        self._board = self._kept(Board(job.workers))
        self._black_box: BlackBox = self._kept(BlackBox())
        self._tokens = self._kept(TokenPipe())
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._closing.callback(os.close, self._bell)
        self._life_end, self._life = os.pipe2(os.O_CLOEXEC)
        self._closing.callback(os.close, self._life_end)
        self._inbox: IndexedInbox | SentInbox = self._kept(inbox_for(job, self._tokens))
        self._shared = Shared(
            func=job.func,
            tokens=self._tokens,
            board=self._board,
            inbox=self._inbox,
            bell=self._bell,
        )

    def _start_member(self, row: int) -> None:
        memory = memory_file()
        try:
            pid = fork_worker(lambda: self._live(row, memory))
            member = _member(row, pid, memory, lasting=not self._job.streams)
        except BaseException:
            os.close(memory)
            raise
        self._members.append(member)

    def _live(self, row: int, memory: int) -> None:
        """In the child: let go of what belongs to the caller, then work."""
        os.close(self._life)
        for member in self._members:
            os.close(member.pidfd)
            member.reader.close()
        record_faults(self._black_box.descriptor)
        Worker(self._shared, row, memory=memory, life=self._life_end).work()

    # -- play

    def play(self) -> Steps[None]:
        """Run chunks and bring results home until nothing is left."""
        lookout = Lookout(self._shared, CALLER)
        while self._fill() > 0:
            worked = self._run_one(lookout)
            self._collect()
            if self._job.fail_fast and self._reports.limit is not None:
                hold_interrupts()
                self.end_at_once()
                return
            self._look_for_deaths()
            send_home(self._board, self._living(), self._reports.most_workers)
            if self._reports.ready:
                yield
            elif not worked and self._outstanding > 0:
                self._wait()

    def _fill(self) -> int:
        if self._reports.limit is None:
            self._outstanding += self._inbox.fill()
        return self._outstanding

    def _run_one(self, lookout: Lookout) -> bool:
        """Run a chunk in the caller, if there is one."""
        token = self._tokens.claim()
        if token is not None:
            self._board.note_claim(CALLER)
            self._run_own(lookout, *self._inbox.items_here(token))
        elif isinstance(self._inbox, SentInbox) and self._inbox.own:
            chunk = self._inbox.own.popleft()
            end = chunk.start + len(chunk.items)
            self._run_own(lookout, chunk.start, end, iter(chunk.items))
        else:
            return False
        return True

    def _run_own(self, lookout: Lookout, start: int, stop: int, items: Iterator[Any]) -> None:  # noqa: PLR0917 - a chunk spelled out
        lookout.begin(stop)
        ran = lookout.run(start, items)
        covered = lookout.end - start
        self._outstanding -= covered
        self._report_own(ran)
        self._inbox.settled(start, covered, ran.busy_s)
        self._board.note_idle(CALLER)

    def _report_own(self, ran: Ran) -> None:
        if ran.error is not None:  # first of all, so that nobody starts a larger item meanwhile
            self._board.note_failure(CALLER, ran.next_index)
        if ran.results:
            self._reports.done(ran.start, ran.results, ran.busy_s)
        if isinstance(ran.error, KeyboardInterrupt):
            raise ran.error
        if ran.error is not None:
            self._reports.failed(Failure(ran.next_index, ran.error, "the caller"))

    # -- results

    def _collect(self) -> None:
        """Read every frame committed so far; the garbage collector stays out of it."""
        was_enabled = gc.isenabled()
        try:
            gc.disable()
            for member in self._members:
                for frame in member.reader.read(self._board.committed(member.row)):
                    self._take(frame, member)
        finally:
            if was_enabled:
                gc.enable()

    def _take(self, frame: Frame, member: _Member) -> None:
        self._outstanding -= frame.covered
        match frame.kind:
            case FrameKind.RESULTS:
                self._take_results(frame)
            case FrameKind.FAILED:
                self._take_failure(frame, member)
            case FrameKind.STRANDED:
                self._strand(frame, str(pickle.loads(frame.payload)))
            case FrameKind.UNREAD:
                self._strand(frame, "")
            case FrameKind.LOG:
                relay(bytes(frame.payload), self._reports.note)
            case FrameKind.ENDED:
                self._reports.failed(Failure(frame.start, InputEndedError(), member.where))
        if frame.covered:
            self._inbox.settled(frame.start, frame.covered, frame.busy_s)

    def _take_results(self, frame: Frame) -> None:
        try:
            results = pickle.loads(frame.payload, buffers=frame.buffers)
        except Exception as error:  # noqa: BLE001 - the user's __setstate__ may raise anything
            self._strand(frame, f"{type(error).__name__}: {error}")
            return
        if results:
            self._reports.done(frame.start, results, frame.busy_s)

    def _take_failure(self, frame: Frame, member: _Member) -> None:
        try:
            error, text = unpack_error(bytes(frame.payload))
        except Exception as trouble:  # noqa: BLE001 - an exception may refuse to be rebuilt
            self._strand(frame, f"{type(trouble).__name__}: {trouble}")
            return
        annotate(error, f"traceback in {member.where}:\n{text.rstrip()}")
        self._reports.failed(Failure(frame.start, error, member.where))

    def _strand(self, frame: Frame, why: str) -> None:
        items = self._inbox.originals(frame.start, frame.covered)
        self._reports.stranded(frame.start, items, why)

    # -- waiting and dying

    def _wait(self) -> None:
        """Sleep until a worker has committed, has given back, or has died."""
        poll = select.poll()
        poll.register(self._bell, select.POLLIN)
        poll.register(self._tokens.reader, select.POLLIN)
        for member in self._living():
            poll.register(member.pidfd, select.POLLIN)
        patience = self._reports.patience_s
        poll.poll(None if patience is None else patience * 1e3)
        with suppress(BlockingIOError):
            os.eventfd_read(self._bell)
        self._last_death_check = 0.0
        self._reports.tick()

    def _living(self) -> list[_Member]:
        return [member for member in self._members if member.alive]

    def _look_for_deaths(self) -> None:
        now = perf_counter()
        if now - self._last_death_check < DEATH_CHECK_S:
            return
        self._last_death_check = now
        ended = [member for member in self._living() if has_ended(member.pidfd)]
        for member in ended:
            member.alive = not went_home(self._board, member)
        dead = [member for member in ended if member.alive]
        if dead:
            self._mourn(dead)

    def _mourn(self, dead: list[_Member]) -> None:
        """A worker died with items: the others finish what they hold, then say who died."""
        while self._tokens.claim() is not None:
            pass  # nobody shall begin another chunk
        self._hang_up()
        survivors = [member for member in self._living() if member not in dead]
        for member in survivors:
            has_ended(member.pidfd, None)
        self._collect()
        what = f"{dead[0].where} {how_it_ended(dead[0].pid)}"
        items = self._board.current(dead[0].row)
        raise crash(what, items, faults=self._black_box.text())

    # -- end

    def _hang_up(self) -> None:
        if self._life >= 0:
            # nobody reads it, all see it: a process that func has forked may hold the pipe open
            os.write(self._life, b".")
            os.close(self._life)
            self._life = -1

    def dismiss(self) -> None:
        """All is done: let the workers go, and wait for none of them."""
        self._hang_up()
        if has_end(self._job.func):
            for member in self._living():
                has_ended(member.pidfd, None)
            self._collect()
        for member in self._members:
            REAPER.expect(member.pid, member.pidfd)
            member.reader.close()
        self._members.clear()
        self._closing.close()
        REAPER.reap()

    def end_at_once(self) -> None:
        """Leave no worker: interrupt them, and after a moment kill them."""
        if self._members:
            self._board.stop()
        self._hang_up()
        for member in self._living():
            _signal(member, signal.SIGINT)
        deadline = perf_counter() + GRACE_S
        for member in self._living():
            left = max(0.0, deadline - perf_counter())
            if not has_ended(member.pidfd, left):
                _signal(member, signal.SIGKILL)
                has_ended(member.pidfd, None)
            member.alive = False
        self.dismiss()


def _signal(member: _Member, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(member.pidfd, number)
