"""Flags and documents that ``validate``, ``compare`` and ``tune`` share."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from amorsize.cli.exits import Exit, OutputFailedError
from amorsize.cli.streams import say
from amorsize.errors import UsageError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from amorsize.cli.streams import DataOutput


def add_telling(parser: ArgumentParser) -> None:
    """Add how the outcome is told."""
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="tell of each run as it ends, on stderr"
    )


def add_keeping(parser: ArgumentParser) -> None:
    """Add the name under which the outcome is kept."""
    parser.add_argument(
        "--save-result", metavar="NAME", help="keep the outcome; amorsize history lists it"
    )


def keep(args: Namespace, outcome: Any) -> None:
    """Keep the outcome where that was asked for.

    Raises:
        UsageError: no name for an entry.
        OutputFailedError: the history cannot be written to.
    """
    if args.save_result is None:
        return
    from amorsize.api.history import save_result

    try:
        ident = save_result(outcome, args.save_result, args.target, outcome.items)
    except UsageError:
        raise
    except OSError as error:
        place = "the history"
        raise OutputFailedError.for_place(place, error) from error
    say(f"kept: {args.save_result}, as {ident}")


def add_limits(parser: ArgumentParser, *, timeout_s: float) -> None:
    """Add what keeps the measuring short."""
    parser.add_argument(
        "--max-items", type=int, metavar="N", help="run the first N items only (default: all)"
    )
    parser.add_argument(
        "--timeout",
        type=float,
        default=timeout_s,
        metavar="SECONDS",
        help="for all runs together; what runs then is stopped (default: %(default)g)",
    )


def finite(value: Any) -> Any:
    """JSON knows no NaN and no infinity: what is not known is null there."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_outcome(output: DataOutput, outcome: Any, fields: dict[str, Any] | None) -> int:
    """Write it as text, or ``fields`` as one document; gives the exit code."""
    text = str(outcome) if fields is None else json.dumps(fields, indent=2, ensure_ascii=False)
    output.write(f"{text}\n")
    return Exit.INTERRUPTED if outcome.interrupted else Exit.OK
