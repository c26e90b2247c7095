"""Arguments that several commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amorsize.cli.target import FORMS
from amorsize.vocab.options import Backend, Order

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from amorsize.vocab.options import Options

SAMPLE_SIZE: Final = 5
TARGET_CHUNK_S: Final = 0.2


def add_target(parser: ArgumentParser) -> None:
    """Add the function to run."""
    parser.add_argument(
        "target", metavar="TARGET", help=FORMS.replace("TARGET is", "the function:")
    )


def add_measuring(parser: ArgumentParser) -> None:
    """Add what ``optimize`` and ``execute`` have had since 0.1.0."""
    parser.add_argument(
        "--sample-size",
        type=int,
        default=SAMPLE_SIZE,
        metavar="N",
        help="calls to measure at least (default: %(default)s); execute finds its own number",
    )
    parser.add_argument(
        "--target-chunk-duration",
        type=float,
        default=TARGET_CHUNK_S,
        metavar="SECONDS",
        help="longest chunk to advise (default: %(default)s); execute finds its own",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="say what was measured, and why this choice"
    )
    parser.add_argument("-p", "--profile", action="store_true", help="the same, kept from 0.1.0")


def add_forcing(parser: ArgumentParser) -> None:
    """Add what may be forced instead of found out."""
    group = parser.add_argument_group("how to run; by default it is found out")
    group.add_argument("--n-jobs", type=int, metavar="N", help="workers; -1 is all usable CPUs")
    group.add_argument("--chunksize", type=int, metavar="N", help="items handed out together")
    group.add_argument("--backend", choices=[*Backend], default=Backend.AUTO, help="who works")
    group.add_argument(
        "--order",
        choices=[*Order],
        default=Order.ANY,
        help="input: start items in input order only; results always come in it",
    )


def add_failing(parser: ArgumentParser) -> None:
    """Add what a run does about items that fail."""
    group = parser.add_argument_group("items that fail")
    group.add_argument(
        "--fail-fast", action="store_true", help="stop at the first failure that is seen"
    )
    group.add_argument(
        "--no-rerun-lost",
        dest="rerun_lost",
        action="store_false",
        help="fail where a result cannot travel, instead of running its item again",
    )


def run_options(args: Namespace) -> Options:
    """Check what a run was asked for by all of these.

    Raises:
        UsageError: a number makes no sense.
    """
    from amorsize.api.checks import check_sampling, options_from

    check_sampling(args.sample_size, args.target_chunk_duration)
    return options_from(
        n_jobs=args.n_jobs,
        chunksize=args.chunksize,
        backend=args.backend,
        order=args.order,
        fail_fast=args.fail_fast,
        rerun_lost=args.rerun_lost,
    )
