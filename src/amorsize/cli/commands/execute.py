"""``amorsize execute``: run a function over its data, and write every result."""

from __future__ import annotations

import os
from argparse import BooleanOptionalAction
from contextlib import nullcontext
from typing import TYPE_CHECKING

from amorsize.cli.arguments import (
    add_failing,
    add_forcing,
    add_measuring,
    add_target,
    add_watching,
    run_options,
    words,
)
from amorsize.cli.command import Command
from amorsize.cli.configs import add_loading, force
from amorsize.cli.inputs import add_input_arguments, files_read, read_items
from amorsize.cli.lines import json_line, quoted_repr_line, repr_line
from amorsize.cli.outcome import Outcome
from amorsize.cli.output_file import ToFile
from amorsize.cli.places import Results, ToMemory, ToOutput
from amorsize.cli.policies import add_policies, policies_of
from amorsize.cli.streams import STDERR, data_output
from amorsize.cli.target import check_takes_one, find_target
from amorsize.vocab.checkpoint import Format

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from contextlib import AbstractContextManager

    from amorsize.api.progress import Show
    from amorsize.cli.lines import LineOf
    from amorsize.cli.places import Place
    from amorsize.cli.streams import DataOutput


def _configure(parser: ArgumentParser) -> None:
    add_target(parser)
    add_input_arguments(parser)
    _add_output(parser)
    add_forcing(parser)
    add_failing(parser)
    add_watching(parser)
    add_policies(parser)
    _add_checkpoint(parser)
    add_measuring(parser)
    add_loading(parser)


def _add_output(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("results: one line of JSON per item, in input order")
    group.add_argument(
        "--output",
        type=_file,
        metavar="FILE",
        help="write them to FILE; on failure to FILE.partial, so far (default: standard output)",
    )
    group.add_argument(
        "--repr", action="store_true", help="write them as Python shows them, where JSON cannot"
    )
    group.add_argument(
        "--progress",
        action=BooleanOptionalAction,
        help="draw a bar on standard error (default: if that is a terminal)",
    )
    group.add_argument("--quiet", action="store_true", help="no summary and no bar")


def _add_checkpoint(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("checkpoint: finished items are kept, whatever ends the run")
    group.add_argument(
        "--checkpoint",
        metavar="FILE",
        help="keep them in FILE; with the same function and data, run only what is not in it",
    )
    group.add_argument(
        "--checkpoint-format",
        choices=words(Format),
        default="json",
        help="json: results must be JSON; pickle: reading FILE again can run what is in it",
    )
    group.add_argument(
        "--force",
        action="store_true",
        help="go on with FILE although the function or data changed; changed items run again",
    )


def _file(name: str) -> str | None:
    """``None`` is standard output, which is not reached by its name while a command runs."""
    return None if name in {"-", "/dev/stdout"} else name


def _run(args: Namespace) -> int:
    from amorsize.api.checks import check_call, checkpoint_from
    from amorsize.api.policies import check_awaited
    from amorsize.api.run import run
    from amorsize.runtime.memory import Memory
    from amorsize.sample.facts import gives_coroutines

    with data_output() as output:
        force(args)
        checkpoint = checkpoint_from(args.checkpoint, form=args.checkpoint_format, force=args.force)
        options, func = run_options(args), find_target(args.target)
        policies = policies_of(args, options)
        check_takes_one(func, args.target)
        data = read_items(args)
        check_call(func, data, awaits=True)
        if gives_coroutines(func):
            check_awaited(options, policies, checkpoint)
        read = files_read(args, data)
        place = _place(args, output) if args.output is None else ToFile(args.output, read=read)
        results = Results(place, _line_of(args))
        outcome = Outcome(args, output, results)
        try:
            with _bar(args, output) as bar:
                done = run(
                    func,
                    data,
                    options,
                    progress=bar,
                    memory=Memory(func, wanted=policies.rate_per_s is None),
                    policies=policies,
                    checkpoint=checkpoint,
                    **results.hooks,
                )
            results.finish()
        except BaseException as error:  # noqa: BLE001 - the user's function may raise anything
            return outcome.failed(error)
        return outcome.succeeded(done.record)


def _place(args: Namespace, output: DataOutput) -> Place:
    return ToMemory() if args.json else ToOutput(output)


def _line_of(args: Namespace) -> LineOf:
    if not args.repr:
        return json_line
    in_document = args.json and args.output is None
    return quoted_repr_line if in_document else repr_line


def _bar(args: Namespace, output: DataOutput) -> AbstractContextManager[Show | None]:
    """A bar where somebody looks at it, and where it is not in between the results."""
    between = args.output is None and not args.json and output.is_terminal
    fits = os.isatty(STDERR) and not between and not args.quiet
    if not (fits if args.progress is None else args.progress):
        return nullcontext()
    from amorsize.api.progress import rich_bar

    return rich_bar()


COMMAND = Command("run a function over its data, and write every result", _configure, _run)
