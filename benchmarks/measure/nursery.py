"""A process that has imported what a trial needs and forks a pristine child for each.

It reads requests from stdin and answers on stdout, a line of JSON each. It has one thread and
runs nothing itself, so a child is what a new process is after its imports, at a hundredth of
the price. A nursery imports for one contestant only, so nobody finds
modules loaded that another one brought.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import sys
import time
from contextlib import suppress
from dataclasses import asdict, replace
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, NoReturn

from benchmarks.measure.pages import Pages, pages_in_use, take_over
from benchmarks.measure.proc import cpu_time, foreign_share
from benchmarks.measure.trial import Check, Reply, Request, perform

if TYPE_CHECKING:
    from typing import TextIO

MAKING_S: Final = 60.0
"""How long the input may take to be made."""

CHECKING_S: Final = 120.0
"""How long the comparison may take: as long as the plain loop, and its results are compared."""

LEAVING_S: Final = 5.0
"""How long the child, and what it leaves behind, may take to go; then they are killed."""

SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - nothing is made there

PR_SET_CHILD_SUBREAPER: Final = 36


def main(modules: list[str]) -> None:
    """Serve requests until stdin ends."""
    requests, replies = _private_streams()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the runner hears Ctrl-C, and hangs up
    _adopt_orphans()
    for module in modules:
        import_module(module)
    pages: list[Pages] = []
    for line in requests:
        fields = json.loads(line)
        request = Request(**{**fields, "check": Check(fields["check"])})
        pages = pages or pages_in_use()
        reply = raise_child(request, pages, (requests, replies))
        print(json.dumps(asdict(reply)), file=replies, flush=True)


def raise_child(request: Request, pages: list[Pages], streams: tuple[TextIO, TextIO]) -> Reply:
    """Fork a child for the trial, hear what it says, and see to it that nothing is left of it."""
    with TemporaryDirectory(prefix="benchmark-caches-") as caches:
        return _raise_with(caches, request, pages, streams)


def _raise_with(  # noqa: PLR0917 - three that belong to the nursery, one to the trial
    caches: str, request: Request, pages: list[Pages], streams: tuple[TextIO, TextIO]
) -> Reply:
    before, own_before_s = cpu_time(), time.process_time()
    listen, speak = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(listen)
        for stream in streams:
            stream.close()
        take_over(pages)
        os.environ["XDG_CACHE_HOME"] = caches  # empty: nobody remembers an earlier trial
        _live(request, speak)
    os.close(speak)
    with suppress(OSError):  # the child has done it already, or is gone
        os.setpgid(pid, pid)
    child = _Child(pid, listen, streams[0].fileno())
    try:
        reply = child.attend(request)
    finally:
        used_s = child.end()
    own_s = used_s + time.process_time() - own_before_s
    return replace(reply, foreign_share=foreign_share(cpu_time().since(before), own_s))


def _live(request: Request, speak: int) -> NoReturn:
    """Be the child: a process group of its own, quiet, with Python's usual signals and exit."""
    os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    silence = os.open(os.devnull, os.O_RDWR)
    os.dup2(silence, 2)

    def tell(message: str) -> None:
        os.write(speak, f"{message}\n".encode())

    tell(json.dumps(asdict(perform(request, tell))))
    sys.exit(0)


class _Child:
    def __init__(self, pid: int, listen: int, hangup: int) -> None:
        self._pid = pid
        self._pidfd = os.pidfd_open(pid)
        self._listen = listen
        self._hangup = hangup
        self._heard = b""
        self._answered = False

    def attend(self, request: Request) -> Reply:
        """Hear the child out, with a time limit for each thing it does."""
        stages = (
            (MAKING_S, "making its input"),
            (request.limit_s, "running"),
            (CHECKING_S, "comparing results"),
        )
        for limit_s, doing in stages:
            line = self._line(limit_s)
            if line is None:
                return Reply(failure=f"over {limit_s:g} s {doing}")
            if not line:
                return Reply(failure=f"the process died {doing}")
            if line.startswith("{"):
                self._answered = True
                return Reply(**json.loads(line))
        return Reply(failure="the process said nothing that makes sense")

    def _line(self, limit_s: float) -> str | None:
        """Wait for the next line; empty when the child died, ``None`` when time is up."""
        give_up = time.monotonic() + limit_s
        while b"\n" not in self._heard:
            left_s = give_up - time.monotonic()
            ready = self._poll(left_s) if left_s > 0 else []
            if not ready:
                return None
            if self._hangup in ready:
                self._kill()
                sys.exit(1)
            more = os.read(self._listen, 2**16) if self._listen in ready else b""
            if not more:
                return ""
            self._heard += more
        line, _, self._heard = self._heard.partition(b"\n")
        return line.decode()

    def _poll(self, limit_s: float) -> list[int]:
        poll = select.poll()
        for descriptor in (self._listen, self._pidfd):
            poll.register(descriptor, select.POLLIN)
        poll.register(self._hangup, select.POLLHUP)
        return [descriptor for descriptor, _ in poll.poll(limit_s * 1e3)]

    def end(self) -> float:
        """Let the child go, kill what stays; returns the CPU seconds that all of them used."""
        patience_s = LEAVING_S if self._answered else 0.0
        if not select.select([self._pidfd], [], [], patience_s)[0]:
            self._kill()
        used_s, give_up = 0.0, time.monotonic() + LEAVING_S
        with suppress(ChildProcessError):
            while True:
                pid, _, usage = os.wait4(-1, os.WNOHANG)
                used_s += usage.ru_utime + usage.ru_stime
                if pid == 0:
                    self._wait_for_orphans(give_up)
        os.close(self._pidfd)
        os.close(self._listen)
        _sweep(self._pid)
        return used_s

    def _wait_for_orphans(self, give_up: float) -> None:
        if time.monotonic() > give_up:
            self._kill()
        time.sleep(1e-3)

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._pid, signal.SIGKILL)


def _sweep(pid: int) -> None:
    """Remove what joblib and loky leave in shared memory when they are killed."""
    for folder in SHARED_MEMORY.glob(f"joblib_memmapping_folder_{pid}_*"):
        shutil.rmtree(folder, ignore_errors=True)
    for semaphore in SHARED_MEMORY.glob(f"sem.loky-{pid}-*"):
        semaphore.unlink(missing_ok=True)


def _private_streams() -> tuple[TextIO, TextIO]:
    """Take stdin and stdout for ourselves: what a trial prints must not be read as an answer."""
    requests = os.fdopen(os.dup(0))
    replies = os.fdopen(os.dup(1), "w")
    silence = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(silence, descriptor)
    return requests, replies


def _adopt_orphans() -> None:
    """Become the parent of what a trial leaves behind, to wait for it and count its time."""
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
