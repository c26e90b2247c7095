"""What each command does."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks.counting.allowed import ALLOWED, allowed, grown, limits_from
from benchmarks.counting.subjects import SUBJECTS, counted
from benchmarks.measure.contestants import CONTESTANTS
from benchmarks.measure.records import loaded, saved
from benchmarks.measure.runner import Gate, Runner
from benchmarks.report.publishing import FOLDER, publish, publish_in
from benchmarks.report.summary import summary_of
from benchmarks.report.tables import short_report, table
from benchmarks.runs.circumstances import circumstances
from benchmarks.runs.figures import Figure, Figures
from benchmarks.runs.forms import SIZES_MS
from benchmarks.runs.pairs import Pairs, spinners
from benchmarks.runs.size import Sized
from benchmarks.runs.suite import Suite
from benchmarks.workloads.registry import ALL, SUITE, workload_named

if TYPE_CHECKING:
    from argparse import Namespace
    from pathlib import Path

    from benchmarks.measure.records import Results
    from benchmarks.runs.forms import Form
    from benchmarks.runs.pairs import Verdict


def suite(args: Namespace) -> int:
    """Run a form of the suite, keep the figures and publish them."""
    form = _form(args)
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{args.name or form.name}.json"
    with _runner(args) as runner:
        run = Suite(form=form, runner=runner, say=_say, rates=_rates(args.amounts_from))
        results = run.run(circumstances(form.name), lambda so_far: saved(so_far, path))
    saved(results, path)
    return _publish(results, path, args.readme)


def report(args: Namespace) -> int:
    """Publish figures that are stored."""
    return _publish(loaded(args.results), args.results, args.readme)


def pairs(args: Namespace) -> int:
    """Compare with the plain loop pair by pair."""
    wanted = args.workloads or [
        Sized(workload=workload.name, size_ms=size) for size in SIZES_MS for workload in SUITE
    ]
    with _runner(args, quiet=not args.spinners) as runner:
        run = Pairs(
            runner=runner,
            repetitions=args.repetitions,
            beside_others=args.spinners > 0,
            warm=args.warm,
        )
        for sized in wanted:  # on the quiet machine, whatever follows
            run.amount_of(sized)
        print(_pair_line(PAIR_TITLES), flush=True)
        with spinners(args.spinners):
            verdicts = [_shown(run.run(sized)) for sized in wanted]
    broken = [verdict for verdict in verdicts if not verdict.holds]
    print(f"{len(verdicts) - len(broken)} of {len(verdicts)} hold")
    return int(bool(broken))


def figures(args: Namespace) -> int:
    """Measure the figures that are a single ratio."""
    seen: list[Figure] = []

    def show(figure: Figure) -> None:
        seen.append(figure)
        found = "-" if figure.found is None else f"{figure.found:.2f}"
        print(
            f"{figure.title:60} {found:>6} of {figure.goal:4.2f}  "
            f"noise {figure.noise:4.2f}  {figure.verdict}",
            flush=True,
        )

    with _runner(args) as runner:
        Figures(pairs=Pairs(runner=runner, repetitions=args.repetitions)).all(show)
    return int(any(figure.verdict in {"MISSED", "failed"} for figure in seen))


def counts(args: Namespace) -> int:
    """Count again; 1 when a count has grown."""
    runs = {name: [counted(name) for _ in range(args.repetitions)] for name in SUBJECTS}
    found = {name: limits_from(counted_so_far) for name, counted_so_far in runs.items()}
    if args.write:
        ALLOWED.write_text(json.dumps(found, indent=1) + "\n")
    limits = allowed()
    for name, each in runs.items():
        print(f"{name}: {json.dumps(each[0])}")
    complaints = [
        complaint
        for name, each in runs.items()
        for run in each
        for complaint in grown(name, run, limits.get(name, {}))
    ]
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return int(bool(complaints))


def listing(args: Namespace) -> int:
    """Name everything there is."""
    del args
    rows = [(w.name, str(w.family), str(w.kind), "" if w.in_suite else "no") for w in ALL]
    print(table(("workload", "family", "its time", "in the suite"), rows))
    print()
    print(table(("contestant", "called"), [(c.name, c.label) for c in CONTESTANTS]))
    return 0


PAIR_TITLES = ("workload", "items", "plain ms", "A/A ms", "ours-plain ms", "allowed ms", "verdict")


def _pair_line(cells: tuple[str, ...]) -> str:
    name, *figures, last = cells
    return f"{name:26}" + "".join(f"{figure:>15}" for figure in figures) + f"  {last}"


def _shown(verdict: Verdict) -> Verdict:
    outcome = "holds" if verdict.holds else "; ".join(verdict.failures) or "SLOWER"
    line = (
        verdict.title,
        f"{verdict.items:,}",
        f"{verdict.plain_s * 1e3:.3f}",
        f"{verdict.own_s * 1e3:.3f}",
        f"{verdict.lost_s * 1e3:+.3f}",
        f"{verdict.allowed_s * 1e3:.3f}",
        f"{outcome} ({', '.join(verdict.engines)})",
    )
    print(_pair_line(line), flush=True)
    return verdict


def _form(args: Namespace) -> Form:
    form: Form = args.form
    names = args.only or list(dict.fromkeys(name for name, _ in form.cases))
    for name in names:
        workload_named(name)
    if args.sizes:
        cases = tuple((name, size) for size in args.sizes for name in names)
    else:
        cases = tuple(case for case in form.cases if case[0] in names)
    return replace(
        form,
        cases=cases,
        repetitions=args.repetitions or form.repetitions,
        minutes=args.minutes or form.minutes,
    )


def _runner(args: Namespace, *, quiet: bool = True) -> Runner:
    return Runner(gate=Gate() if args.gate and quiet else None)


def _rates(path: Path | None) -> dict[str, float]:
    if path is None:
        return {}
    return {case.workload: case.amount / case.size_ms for case in loaded(path).cases}


def _publish(results: Results, path: Path, readme: Path | None) -> int:
    print(short_report(results, summary_of(results)))
    written = publish(results, path)
    if readme is not None:
        publish_in(readme, results, path)
        written.append(readme)
    _say(f"written: {', '.join(str(file) for file in [path, *written])}")
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
