"""The figures of the planner on machines that are not here: ``python scripts/planner_figures.py``.

Everything is simulated: generated workloads, 4 to 128 cores, no clock. The numbers are the same
on every machine. ``tests/simulated`` asserts them for a quarter of the pairs.
"""
# ruff: noqa: INP001, T201, E402 - a script: it shows what it found, and finds us first

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from amorsize.testing import regret
from amorsize.vocab.plan import Candidate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from amorsize.testing.regret import Miss, Regret
    from amorsize.vocab.advice import PoolCandidate

WORST: Final = 10


def decisions() -> None:
    """Regret of ``decide`` against every engine, number of workers and chunk."""
    pairs = (regret.of_decision(load, cores) for load, cores in regret.suite())
    show([one for one in pairs if one is not None])


def advice() -> None:
    """Regret of ``advise`` against every pool, number of jobs and chunk."""
    show([regret.of_advice(load, cores) for load, cores in regret.suite()])


def formula() -> None:
    """The formula for our engines against the simulator, both told everything."""
    compare(miss for pair in regret.suite() for miss in regret.misses_of_decisions(*pair))


def pool_formula() -> None:
    """The formula for the standard pools against the simulator, both told everything."""
    compare(miss for pair in regret.suite() for miss in regret.misses_of_advice(*pair))


def show(found: Sequence[Regret]) -> None:
    """By cores, by kind, and the worst of all."""
    hard, misled = sum(one.load.is_hard for one in found), sum(one.misled for one in found)
    fair = max(one.share for one in found if not one.misled)
    print(f"{len(found)} decisions, {hard} of them on hard workloads, {misled} by wrong samples")
    print(f"worst, wrong samples aside: {fair:.1%}")
    for title, of in (("cores", lambda one: one.cores), ("kind", lambda one: one.load.kind)):
        groups: dict[object, list[float]] = defaultdict(list)
        for one in found:
            groups[of(one)].append(one.share)
        for name, shares in [*groups.items(), ("all", [one.share for one in found])]:
            print(f"  {title} {name!s:>14}: {_spread(shares)}")
    for one in sorted(found, key=lambda one: -one.share)[:WORST]:
        print(
            f"  {one.share:7.1%} {one.load.kind} {one.load.number} on {one.cores}:"
            f" {_named(one.chosen)} took {one.chosen_s:.4g} s,"
            f" {_named(one.best)} {one.best_s:.4g} s, the loop {one.serial_s:.4g} s"
        )


def compare(misses: Iterable[Miss]) -> None:
    """Errors by kind; below zero: the formula promises too much."""
    groups: dict[str, list[float]] = defaultdict(list)
    for miss in misses:
        groups[miss.load.kind].append(miss.error)
        groups[f"{miss.cores} cores"].append(miss.error)
        groups["all"].append(miss.error)
    for name, errors in groups.items():
        low, *_, high = quantiles(errors, n=20)
        off = [abs(error) for error in errors]
        print(
            f"  {name:>14}: median error {median(off):6.2%}, 90th {quantiles(off, n=10)[-1]:6.1%},"
            f" bias {median(errors):+6.2%}, 5-95 %: {low:+6.1%} to {high:+6.1%}"
        )


def _spread(shares: Sequence[float]) -> str:
    most = quantiles(shares, n=10)[-1]
    return f"median {median(shares):6.2%}, 90th {most:6.1%}, worst {max(shares):6.1%}"


def _named(one: Candidate | PoolCandidate) -> str:
    if isinstance(one, Candidate):
        return f"{one.engine} x {one.workers} / {one.chunk}{' fixed' if one.fixed else ''}"
    return f"{one.kind} x {one.n_jobs} / {one.chunksize}"


FIGURES: Final[dict[str, Callable[[], None]]] = {
    "decisions": decisions,
    "advice": advice,
    "formula": formula,
    "pool-formula": pool_formula,
}


def main(names: Sequence[str]) -> int:
    """Print the figures that were asked for, or all."""
    if unknown := set(names) - set(FIGURES):
        print(f"no such figure: {', '.join(sorted(unknown))}\n\nhint: {', '.join(FIGURES)}")
        return 2
    for name in names or FIGURES:
        print(f"\n{name}: {(FIGURES[name].__doc__ or '').splitlines()[0]}")
        print(f"$ python scripts/planner_figures.py {name}", flush=True)
        FIGURES[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
