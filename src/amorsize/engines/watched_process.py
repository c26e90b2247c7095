"""The processes of a watched run: forked where that is safe, else started as new interpreters."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from amorsize.engines.base import EngineStartError
from amorsize.engines.forking import flush_c_streams, flush_streams, fork_worker
from amorsize.engines.homeward import be_a_fork
from amorsize.engines.reaper import REAPER, has_ended
from amorsize.engines.source import Chunk, IndexedSource
from amorsize.engines.spawned_pool import pack_function
from amorsize.engines.watched_wire import Kind, Letter, LetterBox, Outgoing
from amorsize.engines.watched_worker import Desk, Worker
from amorsize.machine.forksafety import fork_verdict
from amorsize.vocab.machine import ForkUnsafe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from amorsize.engines.base import Job
    from amorsize.engines.crash import BlackBox
    from amorsize.engines.marks import Marks
    from amorsize.engines.spawned_pool import Payload

    Inherited: TypeAlias = Callable[[int, int], Iterable[Any]]

STOPPING_S: Final = 0.05
"""A process that does not stop for so long is in a call of the kernel's."""

START: Final = (
    "import sys; sys.path[:] = {path!r}; "
    "from amorsize.engines.watched_worker import main; main{arguments!r}"
)


class Process:
    """A worker as its caller sees it."""

    def __init__(self, pid: int, slot: int, *, tasks: int, letters: int) -> None:
        self.pid = pid
        self.slot = slot
        self.inherits = 0
        """It has the items up to here, which the input held when it was forked."""
        self.pidfd = os.pidfd_open(pid)
        self.outgoing = Outgoing(tasks)
        self.box = LetterBox(letters)
        self.chunk: Chunk | None = None
        """What it holds."""
        self.told = 0
        """So many items of its chunk have been told of."""
        self.has_worked = False
        self.since_s = 0.0
        """When it was given its chunk."""
        self.is_forked = True
        self.is_for_one = False
        """It was forked for a chunk that cannot be sent, and has no other items."""

    @property
    def where(self) -> str:
        return f"worker process {self.pid}"

    def rest(self) -> Chunk:
        """Those items of its chunk that nothing is known of."""
        if self.chunk is None:
            return Chunk(-1, [])
        return Chunk(self.chunk.start + self.told, self.chunk.items[self.told :])

    @property
    def next_at(self) -> int:
        """Where that rest begins."""
        return self.chunk.start + self.told if self.chunk is not None else -1

    def give_away_next(self) -> Chunk:
        """The first of those items, alone: it is told of otherwise."""
        start, items = self.rest()
        self.told += 1
        self.has_worked = True
        return Chunk(start, items[:1])

    def hang_up(self) -> None:
        """Tell it that nothing more will come."""
        self.outgoing.close()

    def let_go(self) -> None:
        """Drop our ends."""
        self.hang_up()
        os.close(self.box.descriptor)

    def send(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, number)

    def stop(self) -> None:
        """Hold it where it is, so that what it does can be judged; or kill it, or ``go_on``."""
        self.send(signal.SIGSTOP)
        with suppress(ChildProcessError):
            for _ in range(int(STOPPING_S * 1e3)):
                if os.waitid(
                    os.P_PID, self.pid, os.WSTOPPED | os.WEXITED | os.WNOHANG | os.WNOWAIT
                ):
                    return
                has_ended(self.pidfd, 1e-3)

    def go_on(self) -> None:
        self.send(signal.SIGCONT)

    def kill(self) -> None:
        """End it at once, with the processes that it has started, and see it gone."""
        started = _descendants(self.pid)
        self.send(signal.SIGKILL)
        has_ended(self.pidfd, None)
        for child in started:
            with suppress(Exception):  # gone meanwhile
                child.kill()

    def bury(self) -> None:
        """It has ended, or will by itself: nobody waits for it."""
        self.let_go()
        REAPER.expect(self.pid, self.pidfd)


def _descendants(pid: int) -> list[Any]:
    import psutil

    try:
        found: list[Any] = psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []
    return found


class Nursery:
    """Makes workers for one run. Call with interrupts held."""

    def __init__(self, job: Job, *, marks: Marks, faults: BlackBox, may_fork: bool) -> None:
        self._job = job
        self._marks = marks
        self._faults = faults
        self._may_fork = may_fork
        self._payload: Payload | None = None

    def can_fork(self) -> bool:
        """Threads may have been started since the run began: by the input, or by a callback."""
        return self._may_fork and not isinstance(fork_verdict(), ForkUnsafe)

    def make(self, slot: int, siblings: list[Process], *, born_for: Chunk | None = None) -> Process:
        """Start a worker. ``born_for`` is a chunk that cannot be sent: a fork inherits it.

        Raises:
            EngineStartError: no process can be had, or the function cannot be sent to one.
        """
        self._marks.vacate(slot)
        try:
            if self.can_fork():
                return self._forked(slot, siblings, born_for)
            return self._spawned(slot)
        except OSError as error:
            msg = f"worker processes cannot be started: {error}"
            raise EngineStartError(msg) from error

    def _forked(self, slot: int, siblings: list[Process], born_for: Chunk | None) -> Process:
        inherited, upto = self._inheritance(born_for)
        flush_streams()
        flush_c_streams()
        with _pipes() as (tasks, letters):

            def live() -> None:
                for sibling in siblings:
                    sibling.let_go()
                    os.close(sibling.pidfd)
                os.close(tasks[1])
                os.close(letters[0])
                desk = Desk(
                    tasks=tasks[0],
                    letters=letters[1],
                    faults=self._faults.descriptor,
                    marks=self._marks,
                    slot=slot,
                )
                be_a_fork()
                Worker(desk, self._job.func, inherited).work()

            process = _process(fork_worker(live), slot, (tasks[1], letters[0]))
        process.inherits = upto
        process.is_for_one = born_for is not None
        return process

    def _inheritance(self, born_for: Chunk | None) -> tuple[Inherited | None, int]:
        source = self._job.source
        if born_for is not None:
            start, items = born_for
            return lambda a, b: items[a - start : b - start], start + len(items)
        if isinstance(source, IndexedSource) and source.exact:
            return source.items, source.length
        return None, 0

    def _spawned(self, slot: int) -> Process:
        if self._payload is None:
            self._payload = pack_function(self._job.func)
        if self._marks.path is None or not sys.executable:
            msg = "a new interpreter cannot be started from here"
            raise EngineStartError(msg)
        with _pipes() as (tasks, letters):
            theirs = (tasks[0], letters[1], self._faults.descriptor)
            arguments = (*theirs, self._marks.path, slot, os.getpid())
            code = START.format(path=sys.path, arguments=arguments)
            pid = os.posix_spawn(
                sys.executable,
                [sys.executable, *_flags(), "-c", code],
                os.environ,
                # onto itself: it stays open in the child
                file_actions=[(os.POSIX_SPAWN_DUP2, fd, fd) for fd in theirs],
            )
            process = _process(pid, slot, (tasks[1], letters[0]))
        process.is_forked = False
        process.outgoing.put(Letter(Kind.FUNCTION, -1, self._payload.packed))
        return process


def _process(pid: int, slot: int, ends: tuple[int, int]) -> Process:
    try:
        return Process(pid, slot, tasks=ends[0], letters=ends[1])
    except OSError:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise


def _flags() -> list[str]:
    flags: Any = subprocess._args_from_interpreter_flags  # type: ignore[attr-defined]  # noqa: SLF001 - multiprocessing takes it, too
    found: list[str] = flags()
    return found


@contextmanager
def _pipes() -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Two pipes, of which the worker's ends are closed here in the end, all of them on failure."""
    opened: list[int] = []
    try:
        opened += (tasks := os.pipe2(os.O_CLOEXEC))
        opened += (letters := os.pipe2(os.O_CLOEXEC))
        yield tasks, letters
    except BaseException:
        for descriptor in opened:
            os.close(descriptor)
        raise
    os.close(tasks[0])
    os.close(letters[1])
