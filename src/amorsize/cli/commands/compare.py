"""``amorsize compare``: run a job in several ways, and tell which is fastest, if one is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from amorsize.cli.arguments import add_target
from amorsize.cli.command import Command
from amorsize.cli.inputs import add_input_arguments, read_items
from amorsize.cli.measured import (
    add_keeping,
    add_limits,
    add_telling,
    finite,
    keep,
    write_outcome,
)
from amorsize.cli.streams import data_output
from amorsize.cli.target import check_takes_one, find_target
from amorsize.errors import UsageError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterable

    from amorsize.api.comparison import ComparisonConfig, ComparisonResult

FORM: Final = "N,CHUNKSIZE[,EXECUTOR], with a NAME: before it if wanted"
EXECUTORS: Final = "process, thread, serial, adaptive, joblib, mpire or loky"


def _configure(parser: ArgumentParser) -> None:
    add_target(parser)
    add_input_arguments(parser)
    parser.add_argument(
        "--configs",
        nargs="+",
        default=[],
        metavar="CONFIG",
        help=f"ways to run it: {FORM}; EXECUTOR is {EXECUTORS}",
    )
    parser.add_argument(
        "--include-optimizer", action="store_true", help="compare what is advised, too"
    )
    parser.add_argument(
        "--no-baseline",
        action="store_true",
        help="leave the plain loop out: the first other one is the baseline",
    )
    add_limits(parser, timeout_s=120.0)
    add_telling(parser)
    add_keeping(parser)


def _run(args: Namespace) -> int:
    from amorsize.api.compare import compare_strategies

    with data_output() as output:
        asked = [_config(text) for text in args.configs]
        if not asked and not args.include_optimizer:
            msg = "there is nothing to compare"
            raise UsageError(msg, hint="--configs 2,50 4,25,thread, or --include-optimizer")
        func = find_target(args.target)
        check_takes_one(func, args.target)
        data, before = _before(func, read_items(args), args)
        result = compare_strategies(
            func,
            data,
            [*before, *asked],
            max_items=args.max_items,
            timeout=args.timeout,
            verbose=args.verbose,
        )
        keep(args, result)
        return write_outcome(output, result, _fields(result) if args.json else None)


def _before(
    func: Any, data: Iterable[Any], args: Namespace
) -> tuple[Iterable[Any], list[ComparisonConfig]]:
    """What comes before the configurations that were asked for, and data as it is after that."""
    from amorsize.api.comparison import ComparisonConfig
    from amorsize.api.optimize import optimize

    configs = []
    if not args.no_baseline:
        configs.append(ComparisonConfig("Serial", executor_type="serial"))
    if args.include_optimizer:
        advice = optimize(func, data)
        data = advice.data
        configs.append(
            ComparisonConfig("Optimizer", advice.n_jobs, advice.chunksize, advice.executor_type)
        )
    return data, configs


def _config(text: str) -> ComparisonConfig:
    """Read one configuration.

    Raises:
        UsageError: it is none; the hint shows what one looks like.
    """
    from amorsize.api.comparison import ComparisonConfig
    from amorsize.report.trials import setup_name

    name, _, numbers = text.rpartition(":")
    jobs, comma, rest = numbers.partition(",")
    chunk, _, executor = rest.partition(",")
    try:
        config = ComparisonConfig(name or text, int(jobs), int(chunk), executor or "process")
    except ValueError as error:
        told = str(error).partition("\n")[0] if isinstance(error, UsageError) and comma else FORM
        msg = f"--configs: {text!r} cannot be read: {told}"
        raise UsageError(msg, hint="for example 2,50 or 8,1,thread or mine:4,25,joblib") from error
    if not name:
        config.name = setup_name(config.setup)
    return config


def _fields(result: ComparisonResult) -> dict[str, Any]:
    rows = zip(
        result.configs,
        result.execution_times,
        result.speedups,
        result.differences,
        result.lines,
        strict=True,
    )
    return {
        "best": result.best_config.name,
        "items": result.items,
        "configs": [
            {
                "name": config.name,
                "n_jobs": config.n_jobs,
                "chunksize": config.chunksize,
                "executor_type": config.executor_type,
                "time": finite(time),
                "speedup": finite(speedup),
                "difference": difference.value,
                "measured": line[1],
            }
            for config, time, speedup, difference, line in rows
        ],
        "recommendations": result.recommendations,
        "interrupted": result.interrupted,
    }


COMMAND = Command("run a job in several ways, and tell which is fastest", _configure, _run)
