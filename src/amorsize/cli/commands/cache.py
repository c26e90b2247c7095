"""``amorsize cache``: look into what is remembered, and look after it."""

from __future__ import annotations

import json
from argparse import ArgumentTypeError
from contextlib import suppress
from math import isfinite
from typing import TYPE_CHECKING, Final, NamedTuple

from amorsize.cli.arguments import add_target
from amorsize.cli.command import Command
from amorsize.cli.lines import printable
from amorsize.cli.streams import data_output, say

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable

TYPES: Final = ("optimization", "benchmark")
MERGES: Final = ("skip", "overwrite", "update")
WEEK_S: Final = 604800.0


class Action(NamedTuple):
    """One word after ``amorsize cache``, and the function of ``cli.caches`` that does it."""

    does: str
    summary: str
    configure: Callable[[ArgumentParser], None] = lambda _: None
    type: str | None = TYPES[0]
    """The cache that is meant where nothing is said; ``None``: a file tells."""


def finite_seconds(text: str) -> float:
    """An age; below zero everything expires.

    Raises:
        ArgumentTypeError: it is no finite number.
    """
    with suppress(ValueError):
        if isfinite(seconds := float(text)):
            return seconds
    msg = f"must be a finite number of seconds, got {text!r}"
    raise ArgumentTypeError(msg)


def _key(parser: ArgumentParser) -> None:
    parser.add_argument("key", metavar="KEY", help="as amorsize cache list shows it")


def _export(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="where to write them, as one JSON document")
    parser.add_argument("--include-expired", action="store_true", help="expired ones, too")
    parser.add_argument(
        "--include-incompatible", action="store_true", help="those of other machines, too"
    )


def _import(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="what amorsize cache export has written")
    parser.add_argument(
        "--merge-strategy",
        choices=MERGES,
        default=MERGES[0],
        help="what becomes of entries that are there already (default: %(default)s)",
    )
    parser.add_argument(
        "--any-system", action="store_true", help="take entries of other machines, too"
    )
    parser.add_argument(
        "--update-timestamps", action="store_true", help="date them now, so that they last"
    )


def _validate(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", nargs="?", help="one file (default: every entry)")


def _repair(parser: ArgumentParser) -> None:
    parser.add_argument("--apply", action="store_true", help="delete them, instead of counting")


def _prewarm(parser: ArgumentParser) -> None:
    add_target(parser)
    parser.add_argument("--data-size", type=int, default=1000, metavar="N", help="items to expect")
    parser.add_argument(
        "--avg-time", type=float, default=0.01, metavar="SECONDS", help="what one of them takes"
    )
    parser.add_argument("--force", action="store_true", help="write over what is there")


ACTIONS: Final = {
    "stats": Action("stats", "count the entries"),
    "list": Action("list_entries", "name every entry, and what a lookup would say of it"),
    "show": Action("show", "show one entry", _key),
    "prune": Action("prune", "remove expired, incompatible and unreadable entries"),
    "clear": Action("clear", "remove every entry"),
    "export": Action("export", "write the entries into a file", _export),
    "import": Action("take_over", "read entries from such a file", _import),
    "validate": Action("validate", "say what is wrong with entries", _validate, type=None),
    "repair": Action("repair", "find entries that cannot be read, and delete them", _repair),
    "prewarm": Action("prewarm", "decide for a function before it is run", _prewarm),
}


def _configure(parser: ArgumentParser) -> None:
    choices = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    for name, action in ACTIONS.items():
        sub = choices.add_parser(name, help=action.summary, description=action.summary)
        action.configure(sub)
        sub.add_argument(
            "--type",
            choices=TYPES,
            default=action.type,
            help=f"which cache (default: {action.type or f'what FILE tells, or {TYPES[0]}'})",
        )
        sub.add_argument(
            "--ttl",
            type=finite_seconds,
            default=WEEK_S,
            metavar="SECONDS",
            help="age at which an entry expires (default: %(default).0f, a week)",
        )
        sub.add_argument("--json", action="store_true", help="print one JSON document")
        sub.set_defaults(does=action.does)


def _run(args: Namespace) -> int:
    from amorsize.cli import caches

    with data_output() as output:
        answer: caches.Answer = getattr(caches, args.does)(args)
        lines = map(printable, answer.lines)
        text = json.dumps(answer.document, indent=2) if args.json else "\n".join(lines)
        output.write(f"{text}\n")
    if answer.complaint:
        say(f"error: {printable(answer.complaint)}")
    return answer.code


COMMAND = Command("look into what is remembered, and look after it", _configure, _run)
