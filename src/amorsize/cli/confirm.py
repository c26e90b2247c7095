"""Ask before something is removed that cannot be had again."""

from __future__ import annotations

import sys

from amorsize.cli.streams import say
from amorsize.errors import UsageError


def confirmed(question: str) -> bool:
    """Ask on standard error, and read the answer from the terminal; anything but yes is no.

    Raises:
        UsageError: nobody can be asked.
    """
    if sys.stdin is None or not sys.stdin.isatty():
        msg = "this asks first, and standard input is no terminal"
        raise UsageError(msg, hint="--yes removes without asking")
    say(f"{question} [y/N]")
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
