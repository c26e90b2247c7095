"""Run one chunk, in pieces, so that a failure elsewhere or a hungry worker is heard."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from itertools import islice
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias

from amorsize.engines.blocks import Pace, map_items, runner_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Watch: TypeAlias = "Callable[[int, int, int], int]"
"""Asked before each piece with its index, the end, and its size: where the chunk ends now."""


class InputEndedError(Exception):
    """The input had fewer items than its length promised: a mark, never raised to the user."""


@dataclass(slots=True)
class Ran:
    """What came of a chunk: the results up to its end, to where it was cut, or to a failure."""

    start: int
    results: list[Any] = field(default_factory=list)
    error: BaseException | None = None
    busy_s: float = 0.0

    @property
    def next_index(self) -> int:
        return self.start + len(self.results)


def to_its_end(_index: int, stop: int, _size: int) -> int:
    """Watch nothing."""
    return stop


def run_chunk(
    func: Callable[[Any], Any],
    items: Iterable[Any],
    span: tuple[int, int],
    *,
    exact: bool = True,
    watch: Watch = to_its_end,
) -> Ran:
    """Call ``func`` on the items of ``span`` in order, until the watch or an error cuts it.

    An error is returned, not raised, whatever its type. ``exact`` says that there are as many
    items as the span promises; where there are fewer, the error is ``InputEndedError``.
    """
    ran, forks = Ran(span[0]), _DESCENT.forks
    began = perf_counter()
    try:
        _run_pieces(func, iter(items), ran, stop=span[1], exact=exact, watch=watch)
    except BaseException as error:  # noqa: BLE001 - whatever func raises reaches the caller as itself
        ran.error = error
    ran.busy_s = perf_counter() - began
    if _DESCENT.forks != forks:
        _end_as_a_child(ran.error)
    return ran


@dataclass(slots=True)
class _Descent:
    """How many forks lie between the first process and this one: asking for the pid is dearer."""

    forks: int = 0

    def deepen(self) -> None:
        self.forks += 1


_DESCENT: Final = _Descent()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_DESCENT.deepen)


def _end_as_a_child(error: BaseException | None) -> NoReturn:
    """End a process that ``func`` has forked and that leaves ``func``: it is no worker of ours.

    It says what an interpreter says at its end; ``atexit`` is not run.
    """
    status = 0
    if isinstance(error, SystemExit):
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
    elif error is not None:
        status = 1
    try:
        if error is not None and not (isinstance(error, SystemExit) and status == error.code):
            sys.excepthook(type(error), error, error.__traceback__)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    finally:
        os._exit(status & 0xFF)


def _run_pieces(
    func: Callable[[Any], Any],
    items: Iterable[Any],
    ran: Ran,
    *,
    stop: int,
    exact: bool,
    watch: Watch,
) -> None:
    runner = runner_for(func, exact=exact)
    pace, then = Pace(), perf_counter()
    index = ran.start
    while index < (stop := watch(index, stop, pace.size)):
        size = min(pace.size, stop - index)
        runner(func, islice(items, size), ran.results)
        if ran.next_index - index < size:
            raise StopIteration if runner is map_items else InputEndedError
        index, now = ran.next_index, perf_counter()
        pace.took(now - then)
        then = now
        if index >= stop:
            return
