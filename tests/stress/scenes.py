"""Work to be interrupted by a real SIGINT: ``python scenes.py SCENE``, in a session of its own.

For each line on stdin the scene is run once and, after the KeyboardInterrupt, told about in one
line of JSON: when it was back, and what was not as before.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from amorsize.api.run import run
from amorsize.engines.nesting import INSIDE
from amorsize.vocab.options import DEFAULT_OPTIONS, Backend, Options
from tests.stress.kit import Elsewhere, compute
from tests.support.leaks import left_behind, survey

FOR_EVER: Final = 10**6
LONG_S: Final = 60
elsewhere = Elsewhere()
begun = mmap.mmap(-1, 1)
"""Shared with the workers: whether one of them has begun an item."""


def busy(index: int) -> int:
    compute(1e-3)
    return index


def short_sleep(index: int) -> int:
    time.sleep(5e-3)
    return index


def hold_in_python(index: int) -> int:
    """Items of a minute: everybody holds one."""
    if index:
        compute(LONG_S)
    return index


def hold_in_caller(index: int) -> int:
    time.sleep(0 if elsewhere or not index else LONG_S)
    return index


def in_worker(hold: Callable[[], Any]) -> Callable[[int], int]:
    """A worker holds an item for long; the caller has nothing left but to wait for it."""

    def item(index: int) -> int:
        if elsewhere:
            begun[0] = 1
            hold()
        while index and not begun[0]:
            time.sleep(1e-3)
        return index

    return item


def sleep() -> None:
    time.sleep(LONG_S)


def be_deaf() -> None:
    """A call of C code in which no signal is heard."""
    hashlib.pbkdf2_hmac("sha256", b"", b"", 10**8)


def command() -> None:
    """A process of the user's own, waited for in the worker."""
    subprocess.run(["/bin/sleep", str(LONG_S)], check=True)


def be_stubborn() -> None:
    """Swallows every interrupt."""
    while True:
        with suppress(KeyboardInterrupt):
            time.sleep(LONG_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    func: Callable[[Any], Any]
    data: Callable[[], Iterable[Any]] = lambda: range(FOR_EVER)
    options: Options = DEFAULT_OPTIONS
    within_s: float = 0.25
    """The interrupt comes at some moment of so many seconds."""
    command: str = ""
    """No moment counts before this runs: ``Popen`` itself loses a child if it is interrupted
    between its start and its return."""
    heap_bytes: int = 0
    beside_a_thread: bool = False


def few() -> Sequence[int]:
    return range(4)


PROCESSES: Final = Options(backend=Backend.PROCESSES, n_jobs=2)
ONE_BY_ONE: Final = Options(backend=Backend.PROCESSES, n_jobs=2, chunksize=1)
EIGHT: Final = Options(backend=Backend.PROCESSES, n_jobs=8)
THREADS: Final = Options(backend=Backend.THREADS, n_jobs=2)

SCENES: Final = {
    "auto": Scene(func=busy, within_s=0.05),
    "serial": Scene(func=busy, options=Options(backend=Backend.SERIAL)),
    "team": Scene(func=busy, options=PROCESSES),
    "team of an iterator": Scene(func=busy, data=lambda: iter(range(FOR_EVER)), options=PROCESSES),
    "forking": Scene(func=busy, options=EIGHT, heap_bytes=200 << 20, within_s=0.1),
    "all hold an item": Scene(func=hold_in_python, options=PROCESSES),
    "the caller holds an item": Scene(func=hold_in_caller, options=PROCESSES),
    "a worker holds an item": Scene(func=in_worker(sleep), data=few, options=ONE_BY_ONE),
    "a deaf worker": Scene(func=in_worker(be_deaf), data=few, options=ONE_BY_ONE),
    "a stubborn worker": Scene(func=in_worker(be_stubborn), data=few, options=ONE_BY_ONE),
    "a worker runs a command": Scene(
        func=in_worker(command), data=few, options=ONE_BY_ONE, command="sleep"
    ),
    "watched": Scene(func=busy, options=Options(timeout_s=LONG_S, n_jobs=2)),
    "a watched worker is deaf": Scene(
        func=in_worker(be_deaf), data=few, options=Options(isolate=True, n_jobs=2, chunksize=1)
    ),
    "threads that wait": Scene(func=short_sleep),
    "threads that compute": Scene(func=busy, options=THREADS),
    "spawned": Scene(func=busy, options=PROCESSES, within_s=1.0, beside_a_thread=True),
}


def play(scene: Scene) -> dict[str, Any]:
    """Run it until it is interrupted."""
    before = survey()
    begun[0] = 0
    interrupted = False
    try:
        say({"began_s": time.monotonic()})
        run(scene.func, scene.data(), scene.options)
    except KeyboardInterrupt:
        interrupted = True
    back_s = time.monotonic()
    left = left_behind(before)
    return {
        "interrupted": interrupted,
        "back_s": back_s,
        "left": left + [why for why in [INSIDE.get()] if why],
        "works": run(abs, [-1, -2]).results == [1, 2],
    }


def say(what: dict[str, Any]) -> None:
    sys.stdout.write(f"{json.dumps(what)}\n")
    sys.stdout.flush()


def main(name: str) -> None:
    scene = SCENES[name]
    ballast = bytearray(os.urandom(1 << 20)) * (scene.heap_bytes >> 20)
    if scene.beside_a_thread:
        threading.Thread(target=threading.Event().wait, daemon=True).start()
    for _ in sys.stdin:
        say(play(scene))
    del ballast


if __name__ == "__main__":
    main(sys.argv[1])
