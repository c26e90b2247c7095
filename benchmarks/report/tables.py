"""The report in words and tables, as Markdown. It computes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.measure.contestants import AGAIN, BY_NAME, NOTEBOOK, ORACLE, OURS, PEERS, PLAIN
from benchmarks.report.summary import ratio

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.measure.records import Case, Results
    from benchmarks.report.summary import Excess, Ratio, Summary

NONE: Final = "-"
COLUMNS: Final = (*PEERS, ORACLE, OURS, NOTEBOOK)
TITLES: Final = {
    "pool": "Pool",
    "processes": "ProcessPoolExecutor",
    "threads": "ThreadPoolExecutor",
    "joblib": "joblib",
    "mpire": "mpire",
    ORACLE: "oracle",
    OURS: "**amorsize**",
    NOTEBOOK: "in a notebook",
}


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay rows out; the first column is text, the others are figures."""
    lines = [titles, ["---", *["---:"] * (len(titles) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def short_report(results: Results, summary: Summary) -> str:
    """What a reader wants to know first."""
    return "\n\n".join(
        [circumstances(results, summary), headline(summary), peers(summary), losses(summary)]
    )


def full_report(results: Results, summary: Summary) -> str:
    """Everything, case by case."""
    return "\n\n".join(
        [
            f"# Benchmark: {results.form} form",
            short_report(results, summary),
            "## Case by case",
            LEGEND,
            case_table(results.cases),
            "## What failed",
            failures(results, summary),
            "## Circumstances",
            details(results),
            "",
        ]
    )


LEGEND: Final = (
    "Times the plain loop's speed, medians; the plain loop itself in milliseconds. The oracle is "
    "the best of a grid of static configurations for that very case, named in the last column but "
    "one; the last one is what amorsize did when it was asked afterwards."
)


def circumstances(results: Results, summary: Summary) -> str:
    """When, where, with what, and how far the plain loop is from itself."""
    machine, versions = results.machine, results.versions
    others = ", ".join(
        f"{name} {number}" for name, number in versions.items() if name not in {"python", "loky"}
    )
    noise = summary.noise
    floor = (
        "the noise floor is not known"
        if noise is None
        else f"noise floor (the plain loop against itself): {percent(noise.typical - 1)} in the "
        f"middle, {percent(noise.worst - 1)} at worst ({noise.where})"
    )
    return (
        f"`python -m benchmarks {results.form}`, {results.began[:10]}: {machine['cores']} cores "
        f"({machine['cpu']}), {machine['system']}, CPython {versions['python']}; {others}. "
        f"{summary.cases} cases in {results.seconds / 60:.0f} minutes; {floor}."
    )


def headline(summary: Summary) -> str:
    """The figures that matter."""
    computing = [kind for kind in summary.oracle_by_kind if kind != "waits"]
    rows = [
        ("Speed over the plain loop", *_mean_and_worst(summary.speedup)),
        ("The same with another thread alive (notebook)", *_mean_and_worst(summary.notebook)),
        ("Oracle's time / ours, all cases", *_mean_and_worst(summary.oracle)),
        *(
            (f"Oracle's time / ours, {kind}", *_mean_and_worst(summary.oracle_by_kind[kind]))
            for kind in [*computing, "waits"]
        ),
        ("Cases within 5 % of the oracle", percent(summary.within_5), ""),
        ("Cases within 20 % of the oracle", percent(summary.within_20), ""),
    ]
    return table(("", "geometric mean", "worst"), rows)


def peers(summary: Summary) -> str:
    """One line for each of those that people use."""
    failed = {
        name: sum(failure.contestant == name for failure in summary.failures) for name in PEERS
    }
    rows = [
        (BY_NAME[name].label, *_mean_and_worst(found), f"{failed[name]} of {summary.cases}")
        for name, found in summary.peers.items()
    ]
    return table(("Their time / ours, defaults", "geometric mean", "worst", "failed"), rows)


def losses(summary: Summary) -> str:
    """How near we come to being slower than the plain loop."""
    lines = [
        _loss("Nearest to being slower than the plain loop by 3 % + 3 ms", summary.slowest),
        _loss(
            "Nearest to 3 % + 20 us, among jobs that stayed serial",
            summary.slowest_serial,
        ),
    ]
    ours = [f for f in summary.failures if f.contestant in {OURS, NOTEBOOK}]
    lines += [f"- amorsize failed in {f.case}: {f.why}" for f in ours]
    return "\n".join(lines)


def case_table(cases: Iterable[Case]) -> str:
    """One line for each case."""
    titles = (
        "case",
        "items",
        "plain loop, ms",
        "again",
        *(TITLES[name] for name in COLUMNS),
        "oracle's choice",
        "what amorsize did",
    )
    return table(titles, (_row(case) for case in cases))


def failures(results: Results, summary: Summary) -> str:
    """Who did not get through what, and why; and what there was no time for."""
    lines = [
        f"- {f.case}, {f.contestant}: {f.why}"
        for f in sorted(summary.failures, key=lambda f: (f.contestant, f.case))
    ]
    lines += [f"- left out: {title}" for title in results.left_out]
    return "\n".join(lines) or "Nothing."


def details(results: Results) -> str:
    """Everything that was written down about the machine and the others on it."""
    facts = {**results.machine, **results.versions, **results.disturbance}
    return "\n".join(f"- {name}: {value}" for name, value in facts.items())


def _row(case: Case) -> list[str]:
    plain_s = case.median_s(PLAIN)
    account = case.account or {}
    did = f"{account.get('engine', 'failed')}, {account.get('workers', 0)}"
    return [
        case.title,
        f"{case.items:,}",
        NONE if plain_s is None else f"{plain_s * 1e3:.1f}",
        _cell(case, AGAIN),
        *(_cell(case, name) for name in COLUMNS),
        case.oracle.chosen,
        did,
    ]


def _cell(case: Case, name: str) -> str:
    found = ratio(case, PLAIN, by=name)
    if found is not None:
        return times(found)
    why = case.series[name].failure if name in case.series else None
    if why is None:
        return NONE
    return "too long" if why.startswith("over ") else "failed"


def _mean_and_worst(found: Ratio | None) -> tuple[str, str]:
    if found is None:
        return NONE, NONE
    return times(found.mean), f"{times(found.worst)} ({found.where})"


def _loss(title: str, lost: Excess | None) -> str:
    if lost is None:
        return f"- {title}: {NONE}"
    verdict = "" if lost.holds else ", **which is more**"
    return (
        f"- {title}: {lost.case}, {lost.seconds * 1e3:+.2f} ms "
        f"of {lost.allowed_s * 1e3:.2f} ms allowed{verdict}"
    )


def times(factor: float) -> str:
    """A factor, with as many digits as it deserves."""
    return f"{factor:.2f}x" if factor < 10 else f"{factor:.0f}x"  # noqa: PLR2004 - two digits


def percent(share: float) -> str:
    """A share in percent, with a decimal where it is small."""
    return f"{share:.0%}" if share >= 0.1 else f"{share:.1%}"  # noqa: PLR2004 - two digits
