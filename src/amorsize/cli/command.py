"""What a command is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable


class Command(NamedTuple):
    """One command, called as its file in ``commands`` is, whose ``COMMAND`` it is."""

    summary: str
    """One line for the list of commands."""
    configure: Callable[[ArgumentParser], None]
    """Add the command's arguments. Runs at every start, so it imports nothing heavy."""
    run: Callable[[Namespace], int]
    """Do it, and return the exit code."""
