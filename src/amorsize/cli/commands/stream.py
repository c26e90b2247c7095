"""``amorsize stream``: a filter, from lines of standard input to lines of standard output."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from amorsize.cli.arguments import add_failing, add_target, words
from amorsize.cli.command import Command
from amorsize.cli.exits import Exit, ReaderGoneError
from amorsize.cli.failures import tell
from amorsize.cli.lines import json_line, repr_line
from amorsize.cli.live import LiveLines
from amorsize.cli.places import Results, ToOutput
from amorsize.cli.streams import data_output, say
from amorsize.cli.target import check_takes_one, find_target
from amorsize.vocab.options import Backend

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from amorsize.cli.streams import DataOutput
    from amorsize.vocab.record import RunRecord


def _configure(parser: ArgumentParser) -> None:
    add_target(parser)
    group = parser.add_argument_group("lines")
    group.add_argument(
        "--text", action="store_true", help="items are lines of text (default: one JSON value each)"
    )
    group.add_argument(
        "--repr", action="store_true", help="write results as Python shows them, not as JSON"
    )
    group.add_argument(
        "--unordered", action="store_true", help="write results as soon as they are there"
    )
    group.add_argument(
        "--window", type=int, metavar="N", help="lines read ahead of their results, at most"
    )
    group.add_argument("--quiet", action="store_true", help="no summary at the end")
    forcing = parser.add_argument_group("how to run; by default it is found out")
    forcing.add_argument("--n-jobs", type=int, metavar="N", help="workers; -1 is all usable CPUs")
    forcing.add_argument("--chunksize", type=int, metavar="N", help="items handed out together")
    forcing.add_argument("--backend", choices=words(Backend), default="auto", help="who works")
    add_failing(parser)


def _run(args: Namespace) -> int:
    with data_output() as output:
        try:
            record = _stream(args, output)
        except ReaderGoneError:  # who reads has had enough: a filter ends, and that is all
            return Exit.OK
        except BaseException as error:  # noqa: BLE001 - the user's function may raise anything
            return tell(error)
        if record is not None and not args.quiet:
            from amorsize.report.text import summary

            say(summary(record))
        return Exit.OK


def _stream(args: Namespace, output: DataOutput) -> RunRecord | None:
    from amorsize.api.checks import check_call, options_from
    from amorsize.api.stream import window_from
    from amorsize.engines.window import WindowedSource
    from amorsize.runtime.memory import Memory
    from amorsize.runtime.streaming import Streaming

    options = options_from(
        n_jobs=args.n_jobs, chunksize=args.chunksize, backend=args.backend, order="input"
    )
    options = replace(options, fail_fast=args.fail_fast, rerun_lost=args.rerun_lost)
    window = window_from(args.window, None)
    func = find_target(args.target)
    check_takes_one(func, args.target)
    lines = LiveLines(text=args.text)
    check_call(func, lines)
    run = Streaming(
        func,
        WindowedSource(lines, length=None, window=window, at_hand=lines.at_hand),
        options=options,
        memory=Memory(func, wanted=True),
        ordered=not args.unordered,
    )
    results = Results(ToOutput(output), repr_line if args.repr else json_line)
    batches = run.batches()
    try:
        for batch in batches:
            results.take(batch)
    finally:
        batches.close()
    return run.record


COMMAND = Command("a filter: run a function over lines of input as they come", _configure, _run)
