"""Puts a run's report where people read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.measure.runner import ROOT
from benchmarks.report.readme import rewritten
from benchmarks.report.summary import summary_of
from benchmarks.report.tables import full_report, short_report

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.measure.records import Results

FOLDER: Final = ROOT / "benchmarks" / "results"


def publish(results: Results, path: Path) -> list[Path]:
    """Write the tables and the picture beside the figures; returns the files written."""
    from benchmarks.report.pictures import draw

    report, picture = path.with_suffix(".md"), path.with_suffix(".svg")
    report.write_text(full_report(results, summary_of(results)))
    draw(results.cases, picture)
    return [report, picture]


def publish_in(document: Path, results: Results, path: Path) -> None:
    """Rewrite the benchmark's section of a document that links to the files beside ``path``.

    Raises:
        MarkersMissingError: the document has no place for it.
    """
    where = path.resolve().relative_to(document.resolve().parent)
    section = "\n\n".join(
        [
            short_report(results, summary_of(results)),
            f"![Performance profile, and a bar for each workload]({where.with_suffix('.svg')})",
            f"[Case by case]({where.with_suffix('.md')}), [all figures]({where}).",
        ]
    )
    document.write_text(rewritten(document.read_text(), section))
