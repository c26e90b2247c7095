"""``amorsize history``: results of earlier days, and how they compare."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, NamedTuple

from amorsize.cli.command import Command
from amorsize.cli.lines import printable
from amorsize.cli.streams import data_output

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable

    from amorsize.cli.caches import Answer


class Action(NamedTuple):
    """One word after ``amorsize history``, and the function of ``cli.histories`` that does it."""

    does: str
    summary: str
    configure: Callable[[ArgumentParser], None] = lambda _: None


def _list(parser: ArgumentParser) -> None:
    parser.add_argument("--filter", metavar="NAME", help="only those with NAME in their names")
    parser.add_argument("--limit", type=int, metavar="N", help="at most N of them")


def _id(parser: ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="as amorsize history list shows it")


def _two_ids(parser: ArgumentParser) -> None:
    parser.add_argument("id1", metavar="ID1", help="the earlier one")
    parser.add_argument("id2", metavar="ID2", help="the one that is compared with it")


def _clear(parser: ArgumentParser) -> None:
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask")


ACTIONS: Final = {
    "list": Action("list_entries", "name every entry, newest first", _list),
    "show": Action("show", "show one entry", _id),
    "compare": Action("compare", "say how one entry differs from another", _two_ids),
    "delete": Action("delete", "remove one entry", _id),
    "clear": Action("clear", "remove every entry", _clear),
}


def _configure(parser: ArgumentParser) -> None:
    choices = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    for name, action in ACTIONS.items():
        sub = choices.add_parser(name, help=action.summary, description=action.summary)
        action.configure(sub)
        sub.add_argument("--json", action="store_true", help="print one JSON document")
        sub.set_defaults(does=action.does)


def _run(args: Namespace) -> int:
    from amorsize.cli import histories

    with data_output() as output:
        answer: Answer = getattr(histories, args.does)(args)
        lines = map(printable, answer.lines)
        text = json.dumps(answer.document, indent=2) if args.json else "\n".join(lines)
        output.write(f"{text}\n")
    return answer.code


COMMAND = Command("look at results of earlier days, and compare them", _configure, _run)
