"""``amorsize validate``: does what this library stands on work here?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from amorsize.cli.command import Command
from amorsize.cli.exits import Exit
from amorsize.cli.streams import data_output

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

POOR = ("poor", "critical")


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("-v", "--verbose", action="store_true", help="say what depends on it, too")


def _run(args: Namespace) -> int:
    return _check_the_system(args)


def _check_the_system(args: Namespace) -> int:
    from dataclasses import asdict

    from amorsize.api.system import validate_system

    with data_output() as output:
        result = validate_system()
        document = asdict(result)
        text = json.dumps(document, indent=2) if args.json else result.text(full=args.verbose)
        output.write(f"{text}\n")
    return Exit.FAILED if result.overall_health in POOR else Exit.OK


COMMAND = Command("try what this library stands on, and say what to do", _configure, _run)
