"""``amorsize tune``: find the best numbers for a pool by running it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amorsize.cli.arguments import add_target
from amorsize.cli.command import Command
from amorsize.cli.configs import add_saving, check_saving, save
from amorsize.cli.inputs import add_input_arguments, read_items
from amorsize.cli.measured import add_keeping, add_telling, finite, keep, write_outcome
from amorsize.cli.streams import data_output
from amorsize.cli.target import check_takes_one, find_target
from amorsize.errors import UsageError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from amorsize.api.tuning_result import TuningResult


def _configure(parser: ArgumentParser) -> None:
    add_target(parser)
    add_input_arguments(parser)
    parser.add_argument(
        "--quick", action="store_true", help="run the few most promising configurations only"
    )
    parser.add_argument(
        "--n-jobs-range",
        nargs="+",
        type=int,
        metavar="N",
        help="numbers of jobs to choose from (default: up to the usable CPUs)",
    )
    parser.add_argument(
        "--chunksize-range",
        nargs="+",
        type=int,
        metavar="N",
        help="chunk sizes to choose from (default: one to 64 chunks for each job)",
    )
    parser.add_argument(
        "--threads", action="store_true", help="tune ThreadPoolExecutor, not multiprocessing.Pool"
    )
    parser.add_argument(
        "--timeout-per-config",
        type=float,
        metavar="SECONDS",
        help="for any single run; what runs then is stopped (default: no limit)",
    )
    add_telling(parser)
    add_keeping(parser)
    add_saving(parser)


def _run(args: Namespace) -> int:
    from amorsize.api.tune import quick_tune, tune_parameters

    with data_output() as output:
        _check_quick(args)
        check_saving(args)
        func = find_target(args.target)
        check_takes_one(func, args.target)
        data = read_items(args)
        if args.quick:
            result = quick_tune(
                func, data, verbose=args.verbose, prefer_threads_for_io=args.threads
            )
        else:
            result = tune_parameters(
                func,
                data,
                n_jobs_range=args.n_jobs_range,
                chunksize_range=args.chunksize_range,
                verbose=args.verbose,
                timeout_per_config=args.timeout_per_config,
                prefer_threads_for_io=args.threads,
            )
        save(args, result)
        keep(args, result)
        return write_outcome(output, result, _fields(result) if args.json else None)


def _check_quick(args: Namespace) -> None:
    others = (args.n_jobs_range, args.chunksize_range, args.timeout_per_config)
    if args.quick and any(other is not None for other in others):
        msg = "--quick chooses ranges and limits itself"
        raise UsageError(msg, hint="leave --quick out")


def _fields(result: TuningResult) -> dict[str, Any]:
    return {
        "best_n_jobs": result.best_n_jobs,
        "best_chunksize": result.best_chunksize,
        "executor_type": result.executor_type,
        "best_time": finite(result.best_time),
        "best_speedup": finite(result.best_speedup),
        "serial_time": finite(result.serial_time),
        "serial_measured": result.serial_measured,
        "configurations_tested": result.configurations_tested,
        "search_strategy": result.search_strategy,
        "items": result.items,
        "results": [
            {"n_jobs": jobs, "chunksize": chunk, "time": finite(time), "whole": whole}
            for (jobs, chunk), time in result.all_results.items()
            for whole in ((jobs, chunk) in result.whole,)
        ],
        "recommendations": result.recommendations,
        "interrupted": result.interrupted,
    }


COMMAND = Command("find the best numbers for a pool by running it", _configure, _run)
