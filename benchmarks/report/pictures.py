"""The report as one picture: a performance profile, and a bar for each workload."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from benchmarks.measure.contestants import BY_NAME, ORACLE, OURS, PEERS, PLAIN
from benchmarks.report.summary import profile, ratio

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.measure.records import Case

PLAYERS: Final = (PLAIN, *PEERS, OURS)
SHOWN_MS: Final = 100
"""The bars show this size: all forms have it for all workloads."""

MOST: Final = 10.0
"""Factors beyond it are not drawn: who is ten times slower than the best is just slow."""

WIDTH, BAR_HEIGHT, LEAST_HEIGHT = 12.0, 0.17, 5.0
OUR_COLOUR: Final = "#c0392b"
COLOURS: Final = {
    PLAIN: "#7f8c8d",
    "pool": "#1f77b4",
    "processes": "#17becf",
    "threads": "#2ca02c",
    "joblib": "#9467bd",
    "mpire": "#e3a008",
    OURS: OUR_COLOUR,
}


def steps(ratios: Sequence[float]) -> tuple[list[float], list[float]]:
    """Corners of a profile's curve: factors, and the share of cases within each."""
    within = [found for found in ratios if found <= MOST]
    shares = [(i + 1) / len(ratios) for i in range(len(within))]
    last = shares[-1] if shares else 0.0
    return [1.0, *within, MOST], [0.0, *shares, last]


def bars(cases: Sequence[Case]) -> list[tuple[str, float, float]]:
    """Name, our speed over the plain loop, and the oracle's; the slowest first."""
    found = [
        (case.workload, ratio(case, PLAIN) or 0.0, ratio(case, PLAIN, by=ORACLE) or 0.0)
        for case in cases
        if case.size_ms == SHOWN_MS
    ]
    return sorted(found, key=lambda bar: bar[1])


def draw(cases: Sequence[Case], path: Path) -> None:
    """Write the picture; its kind follows from the file's name."""
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams["svg.fonttype"] = "none"
    mpl.rcParams["svg.hashsalt"] = "amorsize"  # the same figures give the same file
    from matplotlib import pyplot as plt

    found = bars(cases)
    height = max(LEAST_HEIGHT, BAR_HEIGHT * len(found) + 1)
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(WIDTH, height), layout="constrained", width_ratios=(1, 1.2)
    )
    _draw_profile(left, cases)
    _draw_bars(right, found)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    plt.close(figure)


def _draw_profile(axes: Any, cases: Sequence[Case]) -> None:
    for name, ratios in profile(cases, PLAYERS).items():
        factors, shares = steps(ratios)
        ours = name == OURS
        axes.step(
            factors,
            shares,
            where="post",
            label=BY_NAME[name].label,
            linewidth=2.5 if ours else 1.2,
            color=COLOURS[name],
            zorder=3 if ours else 2,
        )
    axes.set_xscale("log")
    ticks = (1, 1.2, 1.5, 2, 3, 5, MOST)
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set(xlim=(1, MOST), ylim=(0, 1.02))
    axes.set(xlabel="times as long as the fastest", ylabel="share of the cases")
    axes.set_title("How often within a factor of the fastest")
    axes.legend(loc="lower right", fontsize="small")
    axes.grid(alpha=0.3)


def _draw_bars(axes: Any, found: Sequence[tuple[str, float, float]]) -> None:
    names = [name for name, _, _ in found]
    gains = [ours - 1 if ours > 0 else 0.0 for _, ours, _ in found]
    axes.barh(names, gains, left=1, color=OUR_COLOUR, label="amorsize")
    axes.plot(
        [best if best > 0 else math.nan for _, _, best in found],
        names,
        "|",
        color="black",
        markersize=9,
        label="oracle",
    )
    axes.axvline(1, color=COLOURS[PLAIN], linewidth=1)
    axes.set_xscale("log")
    ticks = (0.5, 1, 2, 5, 10, 20, 50)
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.tick_params(axis="y", labelsize="x-small")
    axes.set(xlim=(0.5, 50), ylim=(-0.6, len(names) - 0.4))
    axes.set_title(f"Times the plain loop's speed, jobs of {SHOWN_MS} ms")
    axes.legend(loc="lower right", fontsize="small")
    axes.grid(axis="x", alpha=0.3)
