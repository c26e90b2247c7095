"""From the words on the command line to an exit code."""

from __future__ import annotations

import argparse
import os
import pkgutil
import sys
from importlib import import_module
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final, NoReturn

from amorsize import __version__
from amorsize.cli import commands
from amorsize.cli.document import document, error_fields
from amorsize.cli.exits import MEANING, Exit
from amorsize.cli.failures import tell
from amorsize.cli.suggest import did_you_mean
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

        self.below: list[Parser] = []
        """Those of the commands."""
        self._given: Sequence[str] = ()

    @property
    def flags(self) -> set[str]:
        """Every flag, those of the commands among them."""
        return set(self._option_string_actions).union(*(parser.flags for parser in self.below))

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Remember what was given, for ``error``."""
        self._given = sys.argv[1:] if args is None else args
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        """Name a flag that does not exist before anything that is missing because of it."""
        unknown = [flag for flag in self._flags_given() if flag not in self.flags]
        if unknown and "required" in message:
            message = f"unrecognized arguments: {' '.join(unknown)}"
        hint = f"{self.prog} --help"
        if unknown:
            hint = did_you_mean(unknown[0], self.flags) or hint
        elif message.startswith("unrecognized arguments") and "--data-glob" in self._given:
            hint = "quote the pattern, or the shell puts what matches in its place"
        raise UsageError(message, hint=hint)

    def _flags_given(self) -> list[str]:
        words = takewhile(lambda word: word != "--", self._given)
        return [word.partition("=")[0] for word in words if word.startswith("--") and word != "--"]


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
        parser.below.append(sub)
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
    try:
        return int(args.run(args))
    except Exception as error:
        if not getattr(args, "json", False) or sys.stdout is None:
            raise
        code = tell(error)
        if code != Exit.PIPE_CLOSED:
            sys.stdout.write(document("error", error_fields(error, None), None))
        return code


def _flushed(stream: TextIO | None) -> bool:
    if stream is None:
        return True
    try:
        stream.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return False
    return True
