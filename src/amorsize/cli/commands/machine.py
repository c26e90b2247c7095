"""``amorsize machine``: what was found about this machine, and where."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from amorsize.cli.command import Command
from amorsize.cli.exits import Exit
from amorsize.cli.streams import data_output

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def _run(args: Namespace) -> int:
    from amorsize.machine.facts import inspect_machine
    from amorsize.report.machine import machine_dict, machine_text

    with data_output() as output:
        machine = inspect_machine()
        text = json.dumps(machine_dict(machine), indent=2) if args.json else machine_text(machine)
        output.write(f"{text}\n")
    return Exit.OK


COMMAND = Command("show usable CPUs, memory and limits, and where each was found", _configure, _run)
