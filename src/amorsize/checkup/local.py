"""What is looked at in this process: nothing here can hang, and nothing stays."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from itertools import pairwise
from secrets import token_hex
from typing import TYPE_CHECKING, Final, NamedTuple

from amorsize.cache.file_store import FileStore
from amorsize.cache.kinds import KINDS
from amorsize.cache.places import folder_of
from amorsize.checkup.finding import Finding, State, Subject, Trouble
from amorsize.checkup.subjects import CACHES, CLOCKS, CPUS, MEMORY, PICKLING, STARTING
from amorsize.machine.facts import (
    inspect_cpus,
    inspect_memory,
    start_method_in_force,
    usable_cpus,
)
from amorsize.machine.forksafety import fork_verdict
from amorsize.plan.units import seconds, size
from amorsize.report.machine import explain_cpu_limit, explain_fork
from amorsize.vocab.machine import ForkUnsafe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LITTLE_BYTES: Final = 256 << 20
"""Free memory that a few workers with numpy and pandas fill."""

COARSE_S: Final = 1e-4
"""A clock that steps further tells little of the calls that decisions are about."""

USELESS_S: Final = 0.05
"""One that has not moved for so long does not count."""

READINGS: Final = 1000


class Seen(NamedTuple):
    """What one look found."""

    found: str
    state: State = State.PASSED


def looked_at() -> Iterator[Finding]:
    """Every look, one after the other."""
    for subject, look in LOOKS.items():
        yield _finding(subject, look)


def _finding(subject: Subject, look: Callable[[], Seen]) -> Finding:
    try:
        seen = look()
    except Trouble as trouble:
        seen = Seen(str(trouble), State.FAILED)
    except Exception as error:  # noqa: BLE001 - whatever is wrong is what was to be found
        seen = Seen(f"{type(error).__name__}: {error}", State.FAILED)
    return Finding(subject, seen.state, seen.found)


def pickling() -> Seen:
    """Send a function by value, and a result, there and back."""
    import pickle

    import cloudpickle

    offset = 1
    packed = cloudpickle.dumps(lambda item: item + offset)
    back = pickle.loads(packed)  # noqa: S301 - pickled one line above
    if back(1) != 1 + offset:
        msg = "a function comes back another one"
        raise Trouble(msg)
    return Seen(f"a function by value, {size(len(packed))}")


def caches() -> Seen:
    """Write, read and remove an entry in both."""
    folders = [folder_of(kind) for kind in KINDS.values()]
    for folder in folders:
        try:
            _try_store(folder)
        except (OSError, ValueError) as error:
            msg = f"{folder} cannot be used: {error}"
            raise Trouble(msg) from error
    return Seen(f"an entry was written, read and removed in {' and '.join(folders)}")


def _try_store(folder: str) -> None:
    made = _not_there(folder)
    store, key, value = FileStore(folder), f"checkup-{token_hex(8)}", b"{}\n"
    try:
        store.put(key, value)
        if store.get(key) != value:
            msg = "what is written does not come back"
            raise ValueError(msg)
    finally:
        with suppress(OSError):
            store.delete(key)
        for path in made:
            with suppress(OSError):  # somebody else uses it by now
                os.rmdir(path)  # noqa: PTH106 - the places of caches are strings


def _not_there(folder: str) -> list[str]:
    """The folders that would have to be made, the innermost first."""
    missing: list[str] = []
    while not os.path.lexists(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)  # noqa: PTH120 - likewise
    return missing


def cpus() -> Seen:
    """Count those that this process may use."""
    facts, usable = inspect_cpus(), usable_cpus()
    found = f"{usable} of {facts.logical}: {explain_cpu_limit(facts.binding)}"
    if facts.skipped:
        unread = ", ".join(note.where for note in facts.skipped)
        return Seen(f"{found}; not understood: {unread}", State.WARNING)
    if usable == 1:
        return Seen(f"{found}: nothing can be computed side by side", State.WARNING)
    return Seen(found)


def memory() -> Seen:
    """Find the limit, and what is free below it."""
    facts = inspect_memory()
    limit, free = facts.binding, facts.available_bytes
    if limit is None or free is None:
        return Seen("no limit can be found", State.WARNING)
    found = f"{size(free)} free of {size(limit.size_bytes)} ({limit.where})"
    return Seen(found, State.PASSED if free >= LITTLE_BYTES else State.WARNING)


def starting() -> Seen:
    """Judge whether this process, as it is now, could be forked."""
    verdict = fork_verdict()
    found = f"{start_method_in_force()}; a fork of this process is {explain_fork(verdict)}"
    unsafe = isinstance(verdict, ForkUnsafe) and verdict.cure is None
    return Seen(found, State.WARNING if unsafe else State.PASSED)


def clocks() -> Seen:
    """Find the least step of the clocks that calls are measured with."""
    readings = [time.perf_counter() for _ in range(READINGS)]
    steps = [later - earlier for earlier, later in pairwise(readings)]
    if min(steps) < 0:
        msg = "the clock goes backwards"
        raise Trouble(msg)
    wall_s, cpu_s = _step(time.perf_counter), _step(time.thread_time)
    if wall_s is None or cpu_s is None:
        msg = f"a clock stood still for {seconds(USELESS_S)}"
        raise Trouble(msg)
    found = f"steps of {seconds(wall_s)}, CPU time of {seconds(cpu_s)}"
    return Seen(found, State.PASSED if max(wall_s, cpu_s) <= COARSE_S else State.WARNING)


def _step(clock: Callable[[], float]) -> float | None:
    """The least that it moves at once, seen three times; ``None``: it does not move."""
    found: list[float] = []
    for _ in range(3):
        give_up, before = time.monotonic() + USELESS_S, clock()
        while (after := clock()) == before:
            if time.monotonic() > give_up:
                return None
        found.append(after - before)
    return min(found)


LOOKS: Final[dict[Subject, Callable[[], Seen]]] = {
    CPUS: cpus,
    MEMORY: memory,
    STARTING: starting,
    PICKLING: pickling,
    CACHES: caches,
    CLOCKS: clocks,
}
