"""A progress bar on stderr, drawn by the caller and by no thread."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, TypeAlias

from amorsize.api.checks import check_flags

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from rich.progress import Progress

Show: TypeAlias = "Callable[[int, int | None], None]"


def shown(wanted: Any) -> AbstractContextManager[Show | None]:
    """What a ``progress=`` argument asks for: nothing, a bar, or the caller's own display."""
    if wanted is False:
        return nullcontext()
    if callable(wanted):
        return nullcontext(wanted)
    check_flags(progress=wanted)
    return rich_bar() if wanted else nullcontext()


@contextmanager
def rich_bar(description: str = "items") -> Iterator[Show]:
    """Give a function of (done, total) that draws a bar, in a terminal or a notebook."""
    with _bar() as progress:
        task = progress.add_task(description, total=None)

        def show(done: int, total: int | None) -> None:
            progress.update(task, completed=done, total=total, refresh=True)

        yield show


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        auto_refresh=False,  # a thread would rule out forking
        redirect_stdout=False,  # workers would inherit the redirection
        redirect_stderr=False,
    )
