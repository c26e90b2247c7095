"""Flags for what is wanted of each item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amorsize.cli.arguments import words
from amorsize.errors import UsageError
from amorsize.vocab.policies import OnError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from amorsize.vocab.options import Options
    from amorsize.vocab.policies import Policies

FLAGS: Final = {
    "retries": "--retries takes a whole number from 0 on",
    "max_rate": "--max-rate takes starts per second, minute or hour: 20/s, 100/min, 1000/h",
}
"""What each flag takes, by the name of its parameter."""


def add_policies(parser: ArgumentParser) -> None:
    """Add them to a command that runs every item."""
    group = parser.add_argument_group("each item")
    group.add_argument(
        "--on-error",
        choices=words(OnError),
        default="raise",
        help="when an item fails: stop, leave its line out, or write the failure in its place",
    )
    group.add_argument(
        "--retries", type=int, default=0, metavar="N", help="try an item that fails N times more"
    )
    group.add_argument(
        "--max-rate", metavar="RATE", help="start no more items than this: 20/s, 100/min, 1000/h"
    )
    group.add_argument(
        "--seed", type=int, metavar="N", help="for amorsize.item_rng(), the same whoever works"
    )


def policies_of(args: Namespace, options: Options) -> Policies:
    """Check what they take.

    Raises:
        UsageError: one of them makes no sense; the hint names the flag.
    """
    from amorsize.api.policies import check_rate_is_kept, policies_from

    try:
        policies = policies_from(
            on_error=args.on_error, retries=args.retries, max_rate=args.max_rate, seed=args.seed
        )
    except UsageError as error:
        name = str(error).removeprefix("Invalid parameter: ").partition(" ")[0]
        error.hint = FLAGS.get(name, error.hint)
        raise
    check_rate_is_kept(policies, options.backend)
    return policies
