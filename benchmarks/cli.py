"""The benchmark's commands. Figures go to stdout, progress to stderr."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks import commands
from benchmarks.measure.calibration import PlainLoopFailedError
from benchmarks.report.readme import MarkersMissingError
from benchmarks.runs.forms import FORMS
from benchmarks.runs.size import FORM, parsed_size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.runs.size import Sized

ABOUT: Final = """\
Measure amorsize against the plain loop, the usual pools and an oracle.

Every trial is a process of its own. It begins when the machine is quiet, and is thrown away
when other programs used more than a fifth of the machine meanwhile.
"""
EXPECTED: Final = (PlainLoopFailedError, MarkersMissingError, OSError, ValueError, KeyError)
"""What a user can mend. The message says what is wrong."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 1 means that a limit does not hold, 2 that the command could not run."""
    args = parser().parse_args(arguments)
    try:
        return int(args.run(args))
    except EXPECTED as error:
        print(f"error: {error.args[-1] if error.args else error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def parser() -> ArgumentParser:
    """Describe all commands."""
    top = ArgumentParser(
        prog="python -m benchmarks", description=ABOUT, formatter_class=RawDescriptionHelpFormatter
    )
    added = top.add_subparsers(required=True, metavar="COMMAND")
    for form in FORMS.values():
        minutes = "no limit" if form.minutes is None else f"{form.minutes:g}"
        text = (
            f"{len(form.cases)} cases, {form.repetitions} repetitions; begins none after "
            f"{minutes} minutes"
        )
        suite = added.add_parser(form.name, help=text, description=text)
        suite.set_defaults(run=commands.suite, form=form)
        _add_suite(suite)
    pairs = added.add_parser("pairs", help="is it ever slower than the plain loop?")
    pairs.set_defaults(run=commands.pairs)
    _add_pairs(pairs)
    figures = added.add_parser("figures", help="early gain, arrays, heavy functions, waiting")
    figures.set_defaults(run=commands.figures)
    _add_measuring(figures)
    report = added.add_parser("report", help="tables and picture of a run that is stored")
    report.set_defaults(run=commands.report)
    report.add_argument("results", type=Path, metavar="FILE.json", help="what a run has written")
    _add_readme(report)
    counts = added.add_parser("counts", help="calls, pickles, forks, claims: no seconds")
    counts.set_defaults(run=commands.counts)
    counts.add_argument(
        "-n", "--repetitions", type=_at_least_one, default=1, metavar="N", help="runs of each"
    )
    counts.add_argument("--write", action="store_true", help="allow what is counted now")
    listing = added.add_parser("list", help="all workloads and contestants")
    listing.set_defaults(run=commands.listing)
    return top


def _add_suite(suite: ArgumentParser) -> None:
    suite.add_argument("--name", help="of the files in benchmarks/results (default: the form's)")
    suite.add_argument("--only", nargs="+", metavar="WORKLOAD", help="these workloads")
    suite.add_argument("--sizes", nargs="+", type=int, metavar="MS", help="these sizes")
    suite.add_argument("--minutes", type=float, help="begin no case after so long")
    suite.add_argument(
        "--amounts-from",
        type=Path,
        metavar="FILE.json",
        help="take the amounts of an earlier run instead of calibrating",
    )
    _add_readme(suite)
    _add_measuring(suite, default=None)


def _add_pairs(pairs: ArgumentParser) -> None:
    pairs.add_argument(
        "workloads",
        nargs="*",
        type=_sized,
        metavar="WORKLOAD",
        help=f"{FORM} (default: all of the suite at each size)",
    )
    pairs.add_argument(
        "--spinners",
        type=int,
        default=0,
        metavar="N",
        help="keep so many foreign processes busy; the machine is then not waited for",
    )
    pairs.add_argument(
        "--warm",
        action="store_true",
        help="after some small calls in the same process; without it, the first call of a process",
    )
    _add_measuring(pairs)


def _add_measuring(command: ArgumentParser, default: int | None = 9) -> None:
    command.add_argument(
        "-n",
        "--repetitions",
        type=_at_least_one,
        default=default,
        metavar="N",
        help="rounds" + (" (default: %(default)s)" if default else " (default: the form's)"),
    )
    command.add_argument(
        "--no-gate",
        dest="gate",
        action="store_false",
        help="neither wait for a quiet machine nor repeat what was disturbed",
    )


def _add_readme(command: ArgumentParser) -> None:
    command.add_argument(
        "--readme", type=Path, metavar="FILE", help="rewrite the benchmark's section of this file"
    )


def _sized(text: str) -> Sized:
    try:
        return parsed_size(text)
    except KeyError as error:
        raise ValueError(error.args[0]) from error


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        msg = f"must be at least 1, got {number}"
        raise ValueError(msg)
    return number
