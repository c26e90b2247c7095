"""``amorsize validate``: hold advice against the clock or, without a target, try the system."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amorsize.cli.command import Command
from amorsize.cli.inputs import add_input_arguments, check_some_input, read_items
from amorsize.cli.measured import add_limits, add_telling, finite, write_outcome
from amorsize.cli.streams import data_output
from amorsize.cli.target import FORMS, check_takes_one, find_target

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from amorsize.api.benchmark_result import BenchmarkResult


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "target", metavar="TARGET", nargs="?", help=FORMS.replace("TARGET is", "the function:")
    )
    add_input_arguments(parser, required=False)
    add_limits(parser, timeout_s=60.0)
    parser.add_argument(
        "--no-cache", action="store_true", help="run both, whatever was measured before"
    )
    add_telling(parser)


def _run(args: Namespace) -> int:
    if args.target is None:
        from amorsize.cli.system import check_system

        return check_system(args)
    from amorsize.api.validate import validate_optimization

    with data_output() as output:
        check_some_input(args)
        func = find_target(args.target)
        check_takes_one(func, args.target)
        result = validate_optimization(
            func,
            read_items(args),
            max_items=args.max_items,
            timeout=args.timeout,
            verbose=args.verbose,
            use_cache=not args.no_cache,
        )
        return write_outcome(output, result, _fields(result) if args.json else None)


def _fields(result: BenchmarkResult) -> dict[str, Any]:
    advice, between = result.optimization, result.speedup_interval
    fields = {
        "verdict": result.verdict,
        "choice": result.choice.value,
        "n_jobs": advice.n_jobs,
        "chunksize": advice.chunksize,
        "executor_type": advice.executor_type,
        "items": result.items,
        "serial_time": result.serial_time,
        "parallel_time": result.parallel_time,
        "predicted_time": result.predicted_time,
        "actual_speedup": result.actual_speedup,
        "predicted_speedup": result.predicted_speedup,
        "speedup_low": between and between[0],
        "speedup_high": between and between[1],
        "accuracy_percent": result.accuracy_percent,
        "error_percent": result.error_percent,
        "agreement": result.agreement.value,
        "cache_hit": result.cache_hit,
        "interrupted": result.interrupted,
    }
    told = {"measured": dict(result.lines), "recommendations": result.recommendations}
    return {name: finite(value) for name, value in fields.items()} | told


COMMAND = Command(
    "run what is advised, and tell whether that is right; without TARGET, try the system",
    _configure,
    _run,
)
