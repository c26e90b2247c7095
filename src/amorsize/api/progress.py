"""Progress, shown by the caller and by no thread: a bar on stderr, a ``tqdm``, or a callable."""

from __future__ import annotations

import inspect
from contextlib import contextmanager, nullcontext
from functools import partial
from math import isinf
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from amorsize.api.checks import check_flags
from amorsize.plan.units import seconds
from amorsize.stats.arrivals import Arrivals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from rich.progress import Progress

    from amorsize.stats.arrivals import TimeLeft

Show: TypeAlias = "Callable[[int, int | None], None]"

WITH_TIME: Final = 3
"""Arguments of a callable that is told of the time left, too."""


def shown(wanted: Any) -> AbstractContextManager[Show | None]:
    """What a ``progress=`` argument asks for: nothing, a bar, or the caller's own display.

    A class like ``tqdm``, or a ``partial`` of one, is called with ``total=`` and updated.
    """
    if wanted is False:
        return nullcontext()
    if _makes_bars(wanted):
        return _bar_of(wanted)
    if callable(wanted):
        return nullcontext(_with_time(wanted) if _wants_time(wanted) else wanted)
    check_flags(progress=wanted)
    return rich_bar() if wanted else nullcontext()


def _makes_bars(wanted: Any) -> bool:
    """Whether calling it gives a bar as ``tqdm`` does."""
    while isinstance(wanted, partial):
        wanted = wanted.func
    return isinstance(wanted, type) and hasattr(wanted, "update") and hasattr(wanted, "close")


def _wants_time(wanted: Any) -> bool:
    """Whether it takes three arguments, by its signature."""
    try:
        parameters = inspect.signature(wanted).parameters.values()
    except (TypeError, ValueError):  # many builtins have none
        return False
    return sum(one.kind in _POSITIONAL and one.default is one.empty for one in parameters) >= (
        WITH_TIME
    )


_POSITIONAL: Final = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def _with_time(wanted: Callable[[int, int | None, TimeLeft | None], None]) -> Show:
    arrivals = Arrivals()

    def show(done: int, total: int | None) -> None:
        now = perf_counter()
        arrivals.note(now, done)
        wanted(done, total, arrivals.left(now, done, total))

    return show


@contextmanager
def _bar_of(make: Any) -> Iterator[Show]:
    """Give a function of (done, total) that moves a bar made by ``tqdm`` or the like."""
    bar: Any = None
    shown_so_far = 0

    def show(done: int, total: int | None) -> None:
        nonlocal bar, shown_so_far
        if bar is None:
            bar = make(total=total)
        elif total is not None:
            bar.total = total
        bar.update(done - shown_so_far)
        shown_so_far = done

    try:
        yield show
    finally:
        if bar is not None:
            bar.close()


@contextmanager
def rich_bar(description: str = "items") -> Iterator[Show]:
    """Give a function of (done, total) that draws a bar, in a terminal or a notebook."""
    with _bar() as progress:
        task = progress.add_task(description, total=None, left="")

        def show(done: int, total: int | None, left: TimeLeft | None) -> None:
            told = "" if left is None else time_left(left)
            progress.update(task, completed=done, total=total, left=told, refresh=True)

        yield _with_time(show)


def time_left(left: TimeLeft) -> str:
    """As a person would say it: ``about 12.0 s left (10.5 s to 14.0 s)``."""
    if isinf(left.likely_s):
        return ""
    most = "?" if isinf(left.high_s) else seconds(left.high_s)
    return f"about {seconds(left.likely_s)} left ({seconds(left.low_s)} to {most})"


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
        console=Console(stderr=True),
        auto_refresh=False,  # a thread would rule out forking
        redirect_stdout=False,  # workers would inherit the redirection
        redirect_stderr=False,
    )
