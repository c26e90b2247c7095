"""``amorsize validate``: does what this library stands on work here?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amorsize.cli.command import Command

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("-v", "--verbose", action="store_true", help="say what depends on it, too")


def _run(args: Namespace) -> int:
    from amorsize.cli.system import check_system

    return check_system(args)


COMMAND = Command("try what this library stands on, and say what to do", _configure, _run)
