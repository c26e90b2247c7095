"""``--save-config`` and ``--load-config``: advice that goes into a file, and comes out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amorsize.cli.exits import OutputFailedError
from amorsize.cli.streams import say
from amorsize.errors import UsageError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from amorsize.api.result import OptimizationResult
    from amorsize.api.tuning_result import TuningResult

FORCING: Final = {"n_jobs": None, "chunksize": None, "backend": "auto"}
"""What a configuration decides, and what stands there where no flag says otherwise."""


def add_saving(parser: ArgumentParser) -> None:
    """Add where the advice is kept."""
    parser.add_argument(
        "--save-config",
        metavar="FILE",
        help="keep the advice in FILE, JSON or YAML by its ending, for execute --load-config",
    )


def add_loading(parser: ArgumentParser) -> None:
    """Add where advice comes from."""
    parser.add_argument(
        "--load-config",
        metavar="FILE",
        help="run as FILE says, which optimize --save-config has written",
    )


def check_saving(args: Namespace) -> None:
    """See that the advice can be kept, before it is sought.

    Raises:
        UsageError: it cannot.
    """
    if args.save_config is None:
        return
    from amorsize.api.configs import checked_place

    checked_place(args.save_config)


def save(args: Namespace, result: OptimizationResult | TuningResult) -> None:
    """Keep the advice where that was asked for.

    Raises:
        UsageError: something is there by now.
        OutputFailedError: the file cannot be written.
    """
    if args.save_config is None:
        return
    name = args.target.replace(":", ".").rpartition(".")[2]
    try:
        result.save_config(args.save_config, function_name=name)
    except UsageError:
        raise
    except OSError as error:
        raise OutputFailedError.for_place(args.save_config, error) from error
    say(f"saved: {args.save_config}")


def force(args: Namespace) -> None:
    """Put what the configuration says in the place of the flags that would say it.

    Raises:
        UsageError: it cannot be read, is none, or there are such flags, too.
    """
    if args.load_config is None:
        return
    from amorsize.api.configs import load_config

    given = [name for name, usual in FORCING.items() if getattr(args, name) != usual]
    if given:
        flags = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        msg = f"--load-config says how to run, and so does {flags}"
        raise UsageError(msg, hint="leave one of them out")
    try:
        config = load_config(args.load_config)
    except UsageError:
        raise
    except OSError as error:
        msg = f"cannot read {args.load_config}: {error.strerror or error}"
        raise UsageError(msg, hint="--load-config names a file that you may read") from error
    vars(args).update(config.keywords)
