"""``amorsize optimize``: measure a function on its data, and say what would pay."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from amorsize.cli.arguments import add_forcing, add_measuring, add_target, forced_options
from amorsize.cli.command import Command
from amorsize.cli.configs import add_saving, check_saving, save
from amorsize.cli.exits import Exit
from amorsize.cli.inputs import add_input_arguments, read_items
from amorsize.cli.streams import data_output
from amorsize.cli.target import check_takes_one, find_target

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from amorsize.api.result import OptimizationResult


def _configure(parser: ArgumentParser) -> None:
    add_target(parser)
    add_input_arguments(parser)
    add_forcing(parser)
    add_measuring(parser)
    add_saving(parser)


def _run(args: Namespace) -> int:
    from amorsize import optimize

    with data_output() as output:
        forced_options(args)
        check_saving(args)
        func = find_target(args.target)
        check_takes_one(func, args.target)
        result = optimize(
            func,
            read_items(args),
            sample_size=args.sample_size,
            target_chunk_duration=args.target_chunk_duration,
            n_jobs=args.n_jobs,
            chunksize=args.chunksize,
            backend=args.backend,
            order=args.order,
        )
        explanation = result.explain() if args.verbose or args.profile else None
        text = explanation or str(result)
        save(args, result)
        output.write(_document(result, explanation) if args.json else f"{text}\n")
    return Exit.OK


def _document(result: OptimizationResult, explanation: str | None) -> str:
    fields = result.to_dict()
    if explanation is not None:
        fields["explanation"] = explanation
    return f"{json.dumps(fields, indent=2, ensure_ascii=False, allow_nan=False)}\n"


COMMAND = Command("measure a function on its data, and say how to run it", _configure, _run)
