"""``amorsize validate`` without a target: the system itself."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from amorsize.api.system import validate_system
from amorsize.checkup.health import Health
from amorsize.cli.exits import Exit
from amorsize.cli.streams import data_output

if TYPE_CHECKING:
    from argparse import Namespace

ILL: Final = {Health.POOR, Health.CRITICAL}


def check_system(args: Namespace) -> int:
    """Try what the library stands on, and tell; ``-v`` and ``--json`` as for other commands."""
    with data_output() as output:
        result = validate_system()
        text = result.text(full=args.verbose)
        output.write(f"{json.dumps(asdict(result), indent=2) if args.json else text}\n")
    return Exit.FAILED if result.overall_health in ILL else Exit.OK
