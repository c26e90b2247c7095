"""Arguments that several commands share."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from amorsize.cli.target import FORMS
from amorsize.errors import UsageError
from amorsize.vocab.options import Backend, OnCrash, Order

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from enum import StrEnum

    from amorsize.vocab.options import Options

SAMPLE_SIZE: Final = 5
TARGET_CHUNK_S: Final = 0.2

NUMBERS: Final = {
    "n_jobs": "--n-jobs takes a whole number from 1 on, or -1 for all usable CPUs",
    "chunksize": "--chunksize takes a whole number from 1 on",
    "sample_size": "--sample-size takes a whole number from 1 on",
    "target_chunk_duration": "--target-chunk-duration takes seconds, for example 0.2",
    "timeout": "--timeout takes seconds, for example 30",
    "deadline": "--deadline takes seconds, for example 3600",
}
"""What each flag takes, by the name of its parameter."""


WATCHING: Final = ("timeout", "deadline", "on_crash", "isolate")
"""What makes it a watched run."""


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


def words(among: type[StrEnum]) -> list[str]:
    """What may be said: argparse shows the members themselves as Python would."""
    return [member.value for member in among]


def add_forcing(parser: ArgumentParser) -> None:
    """Add what may be forced instead of found out."""
    group = parser.add_argument_group("how to run; by default it is found out")
    group.add_argument("--n-jobs", type=int, metavar="N", help="workers; -1 is all usable CPUs")
    group.add_argument("--chunksize", type=int, metavar="N", help="items handed out together")
    group.add_argument("--backend", choices=words(Backend), default="auto", help="who works")
    group.add_argument(
        "--order",
        choices=words(Order),
        default="any",
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


def add_watching(parser: ArgumentParser) -> None:
    """Add what needs somebody who watches the workers; a stream does not have it."""
    group = parser.add_argument_group(
        "watched runs: with any of these, items run in worker processes only"
    )
    group.add_argument("--timeout", type=float, metavar="SECONDS", help="an item may take so long")
    group.add_argument("--deadline", type=float, metavar="SECONDS", help="so may the whole run")
    group.add_argument(
        "--on-crash",
        choices=words(OnCrash),
        default="raise",
        help="when a worker process dies: fail, run again what was lost, or skip its item",
    )
    group.add_argument("--isolate", action="store_true", help="keep items out of this process")


def forced_options(args: Namespace, **more: Any) -> Options:
    """Check what ``add_measuring`` and ``add_forcing`` take, ``more``, and the environment.

    Raises:
        UsageError: a number makes no sense; the hint names the flag.
    """
    from amorsize.api.checks import check_sampling, options_from

    try:
        _check_environment()
        check_sampling(args.sample_size, args.target_chunk_duration)
        return options_from(
            n_jobs=args.n_jobs,
            chunksize=args.chunksize,
            backend=args.backend,
            order=args.order,
            **more,
        )
    except UsageError as error:
        if error.hint is None:
            name = str(error).removeprefix("Invalid parameter: ").partition(" ")[0]
            error.hint = NUMBERS.get(name)
        raise


def run_options(args: Namespace) -> Options:
    """Check the same, and add what ``add_failing`` and ``add_watching`` take."""
    return replace(
        forced_options(args, **{name: getattr(args, name) for name in WATCHING}),
        fail_fast=args.fail_fast,
        rerun_lost=args.rerun_lost,
    )


def _check_environment() -> None:
    """A run asks for these only when there is a choice to make, after the first items."""
    from amorsize.machine import cpus, memory

    cpus.override(os.environ)
    memory.override(os.environ)
