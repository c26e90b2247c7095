"""What is tried in a process of its own: it may hang, crash, or leave things behind there.

Run by ``children``; each trial returns what it found, or raises what is wrong.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any, Final

from amorsize.checkup.finding import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from amorsize.vocab.plan import EngineKind

ITEMS: Final = 20
ITEM_S: Final = 5e-3
"""Long enough for a second worker to get some of the items once it is up, ..."""

ROUNDS: Final = 40
"""... and so many times again while it is not: 4 s in all."""

SHARED_BYTES: Final = 1 << 20

PLACE: Final = 1


def main(name: str) -> None:
    """Make one trial, and print what came of it as one line of JSON."""
    try:
        told = {"found": TRIALS[name]()}
    except Exception as error:  # noqa: BLE001 - whatever is wrong is what was to be found
        words = str(error) or type(error).__name__
        told = {
            "wrong": words if isinstance(error, Trouble) else f"{type(error).__name__}: {words}"
        }
    os.write(PLACE, f"{json.dumps(told)}\n".encode())


def on_threads() -> str:
    """Share items among threads."""
    from amorsize.vocab.plan import EngineKind

    return f"{_shared_out(EngineKind.THREADS)} threads shared {ITEMS} items"


def forked() -> str:
    """Share items with a forked worker."""
    from amorsize.vocab.plan import EngineKind

    return f"{_shared_out(EngineKind.TEAM)} processes shared {ITEMS} items"


def spawned() -> str:
    """Share items with a spawned worker."""
    from amorsize.vocab.plan import EngineKind

    return f"{_shared_out(EngineKind.LOKY)} processes shared {ITEMS} items"


def memory_files() -> str:
    """Write into a memory file, and read it back as the caller would."""
    import mmap

    from amorsize.engines.memfile import memory_file

    file = memory_file()
    os.pwrite(file, b"x" * SHARED_BYTES, 0)
    with mmap.mmap(file, SHARED_BYTES, prot=mmap.PROT_READ) as seen:
        if seen[:] != b"x" * SHARED_BYTES:
            msg = "what is written does not come back"
            raise Trouble(msg)
    return f"{SHARED_BYTES:,} bytes came back"


def shared_memory() -> str:
    """Make a named block, as pools and array libraries do."""
    from multiprocessing.shared_memory import SharedMemory

    block: Any = SharedMemory(create=True, size=SHARED_BYTES)
    try:
        block.buf[:] = b"x" * SHARED_BYTES
    finally:
        block.close()
        block.unlink()
    return f"a block of {SHARED_BYTES:,} bytes"


def semaphores() -> str:
    """Make a lock between processes, and run a standard pool, which needs several."""
    import multiprocessing

    lock = multiprocessing.Lock()
    with lock, multiprocessing.Pool(1) as pool:
        if pool.map(abs, [-1]) != [1]:
            msg = "a pool gives wrong results"
            raise Trouble(msg)
    return "a lock, and a pool of one worker"


TRIALS: Final[dict[str, Callable[[], str]]] = {
    trial.__name__: trial
    for trial in (on_threads, forked, spawned, memory_files, shared_memory, semaphores)
}


def _shared_out(kind: EngineKind) -> int:
    """The number of workers that had items, once it is more than one."""
    from amorsize.engines.base import Job
    from amorsize.engines.registry import engine_for
    from amorsize.engines.source import source_of
    from amorsize.runtime.ledger import Hooks, Ledger

    for _ in range(ROUNDS):
        ledger = Ledger(Hooks(), ITEMS)
        job = Job(
            func=_who,
            source=source_of(range(ITEMS)),
            workers=2,
            item_s=ITEM_S,
            chunksize=1,
            workers_forced=True,
        )
        engine_for(kind).run(job, ledger)
        if [index for index, _ in ledger.results] != [*range(ITEMS)]:
            msg = f"{len(ledger.results)} of {ITEMS} results came back, or in another order"
            raise Trouble(msg)
        if (workers := len({who for _, who in ledger.results})) > 1:
            return workers
    msg = "no second worker ever took an item"
    raise Trouble(msg)


def _who(index: int) -> tuple[int, tuple[int, int]]:
    import threading

    time.sleep(ITEM_S)
    return index, (os.getpid(), threading.get_ident())


if __name__ == "__main__":
    main(sys.argv[1])
