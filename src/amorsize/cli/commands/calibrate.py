"""``amorsize calibrate``: what engines and pools cost on this machine, measured and kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from amorsize.cli.command import Command
from amorsize.cli.exits import Exit
from amorsize.cli.streams import data_output, say

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from amorsize.vocab.situation import Calibration


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument(
        "--force", action="store_true", help="measure again, also where that was done before"
    )


def _run(args: Namespace) -> int:
    from amorsize.report.calibration import calibration_dict, calibration_text

    with data_output() as output:
        calibration, why_not_kept = _calibrated(measure=args.force)
        if args.json:
            document = calibration_dict(calibration) | {"not_kept": why_not_kept}
            text = json.dumps(document, indent=2)
        else:
            text = calibration_text(calibration)
        output.write(f"{text}\n")
        if why_not_kept:
            say(f"not kept: {why_not_kept}")
    return Exit.OK


def _calibrated(*, measure: bool) -> tuple[Calibration, str]:
    """The one that is stored, or a new one, and why that was not stored."""
    from amorsize.cache.calibrations import CALIBRATIONS
    from amorsize.calibrate.measuring import calibrate

    known = None if measure else CALIBRATIONS.read()
    if known is not None:
        say("measured before; --force measures again")
        return known, ""
    return calibrate(told=say)


COMMAND = Command("measure what workers cost here, once for all programs", _configure, _run)
