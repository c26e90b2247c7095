"""``amorsize machine``: what was found about this machine, and where."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

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
        machine, calibration = inspect_machine(), _calibration()
        if args.json:
            text = json.dumps(machine_dict(machine) | {"calibration": calibration}, indent=2)
        else:
            text = machine_text(machine, calibration=calibration["why"])
        output.write(f"{text}\n")
    return Exit.OK


def _calibration() -> dict[str, Any]:
    """Whether there is one, from when, and else why not."""
    from amorsize.cache.calibrations import CALIBRATION, CALIBRATIONS
    from amorsize.cache.wording import in_words
    from amorsize.report.calibration import day
    from amorsize.vocab.lookup import Hit

    found = CALIBRATIONS.look()
    if isinstance(found, Hit):
        calibration = found.record
        return {"timestamp": calibration.timestamp, "why": f"measured on {day(calibration)}"}
    why = f"none: {in_words(found.why, CALIBRATION.absent)} (amorsize calibrate measures it)"
    return {"timestamp": None, "why": why}


COMMAND = Command("show usable CPUs, memory and limits, and where each was found", _configure, _run)
