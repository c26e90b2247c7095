"""From the words on the command line to an exit code."""

from __future__ import annotations

import argparse
import os
import pkgutil
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NoReturn

from amorsize import __version__
from amorsize.cli import commands
from amorsize.cli.exits import MEANING, Exit
from amorsize.cli.failures import tell
from amorsize.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

    from amorsize.cli.command import Command

EXIT_CODES: Final = "\n".join(
    ["exit codes:", *(f"  {code:<4}{meaning}" for code, meaning in MEANING.items())]
)


class Parser(argparse.ArgumentParser):
    """Raises its complaints, so that they too are one line and a hint.

    This is argparse because options of 0.1.0 take any number of values (``--configs A B``,
    ``--n-jobs-range 1 2 4``), which click and what is built on it cannot do.
    """

    def __init__(self, **options: Any) -> None:
        # no abbreviations: a flag added later must not change what an old script means
        layout = argparse.RawDescriptionHelpFormatter
        super().__init__(**options, epilog=EXIT_CODES, formatter_class=layout, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        hint = f"{self.prog} --help"
        if message.startswith("unrecognized arguments") and "--data-glob" in sys.argv:
            hint = "quote the pattern, or the shell puts what matches in its place"
        raise UsageError(message, hint=hint)


def find_commands() -> dict[str, Command]:
    """Name and command of every file in ``commands``, in alphabetical order."""
    names = sorted(found.name for found in pkgutil.iter_modules(commands.__path__))
    return {name: import_module(f"{commands.__name__}.{name}").COMMAND for name in names}


def build_parser() -> Parser:
    """All commands with their arguments; ``run`` is what the chosen one does."""
    parser = Parser(
        prog="amorsize",
        description="Should this loop be parallel, and how? Measures, then runs it.",
    )
    parser.add_argument("--version", action="version", version=f"amorsize {__version__}")
    choices = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, command in find_commands().items():
        sub = choices.add_parser(name, help=command.summary, description=command.summary)
        command.configure(sub)
        sub.set_defaults(run=command.run)
    return parser


def main(argv: Sequence[str] | None) -> int:
    """Run one command; returns its exit code, whatever happens."""
    try:
        code = _run(argv)
    except BaseException as error:  # noqa: BLE001 - nothing else is above: here it becomes words
        code = tell(error)
    # both, in any case: what is left in a buffer would fail again when the interpreter ends
    delivered = [_flushed(stream) for stream in (sys.stdout, sys.stderr)]
    return code if all(delivered) else Exit.PIPE_CLOSED


def _run(argv: Sequence[str] | None) -> int:
    try:
        args = build_parser().parse_args(argv)
    except SystemExit as request:  # --help and --version have been answered
        return int(request.code or Exit.OK)
    return int(args.run(args))


def _flushed(stream: TextIO | None) -> bool:
    if stream is None:
        return True
    try:
        stream.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return False
    return True
