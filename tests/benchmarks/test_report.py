from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from benchmarks.measure.contestants import NOTEBOOK
from benchmarks.measure.records import loaded, saved
from benchmarks.measure.runner import ROOT
from benchmarks.report.pictures import bars, steps
from benchmarks.report.readme import BEGIN, END, MarkersMissingError, rewritten
from benchmarks.report.summary import summary_of
from benchmarks.report.tables import full_report, percent, short_report, table, times
from benchmarks.runs.circumstances import circumstances, field_of
from tests.benchmarks.made import case, results, series

if TYPE_CHECKING:
    from pathlib import Path

RUN = results(
    case("a", plain=0.1, again=0.12, ours=0.05, oracle=0.06, pool=0.2, joblib="over 20 s running"),
    case("b", plain=0.1, ours=0.2, mpire="TypeError: no"),
    left_out=("c 1000 ms",),
)


def test_figures_survive_being_stored(tmp_path: Path) -> None:
    saved(RUN, tmp_path / "run.json")

    assert loaded(tmp_path / "run.json") == RUN
    assert [file.name for file in tmp_path.iterdir()] == ["run.json"]


def test_another_format_is_refused(tmp_path: Path) -> None:
    saved(replace(RUN, format=99), tmp_path / "run.json")

    with pytest.raises(ValueError, match="format 99"):
        loaded(tmp_path / "run.json")


def test_the_short_report_has_every_figure() -> None:
    text = short_report(RUN, summary_of(RUN))

    assert "2 cores (a processor), Linux 6, CPython 3.11.7; joblib 1.5. 2 cases" in text
    assert "9.5% in the middle, 20% at worst (a 100 ms)" in text
    assert "| Speed over the plain loop | 1.00x | 0.50x (b 100 ms) |" in text
    assert "| Oracle's time / ours, all cases | 1.10x | 1.00x (b 100 ms) |" in text
    assert "| Pool | 4.00x | 4.00x (a 100 ms) | 0 of 2 |" in text
    assert "| joblib | - | - | 1 of 2 |" in text
    assert "b 100 ms, +100.00 ms of 6.00 ms allowed, **which is more**" in text


def test_the_full_report_hides_no_failure() -> None:
    text = full_report(RUN, summary_of(RUN))

    assert "- a 100 ms, joblib: over 20 s running" in text
    assert "- b 100 ms, mpire: TypeError: no" in text
    assert "- left out: c 1000 ms" in text
    assert "| too long |" in text
    assert "| failed |" in text
    assert "- discarded: 1" in text
    assert "| a 100 ms | 100 | 100.0 | 0.83x | 0.50x |" in text


def test_our_own_failures_are_said_at_the_top() -> None:
    sound = case("a")
    broken = results(replace(sound, series={**sound.series, NOTEBOOK: series("died")}))

    assert "- amorsize failed in a 100 ms: died" in short_report(broken, summary_of(broken))


def test_an_empty_run_can_be_reported() -> None:
    text = full_report(results(), summary_of(results()))

    assert "the noise floor is not known" in text
    assert "Nothing." in text


def test_tables_are_markdown() -> None:
    assert table(("a", "b"), [("x", "1")]) == "| a | b |\n| --- | ---: |\n| x | 1 |"


def test_numbers_have_two_or_three_digits() -> None:
    assert [times(factor) for factor in (0.5, 1.234, 12.3)] == ["0.50x", "1.23x", "12x"]
    assert [percent(share) for share in (0.012, 0.5)] == ["1.2%", "50%"]


def test_only_what_is_between_the_markers_is_rewritten() -> None:
    document = f"before {BEGIN}\nold\n{END} after"

    once = rewritten(document, " new\n")

    assert once == f"before {BEGIN}\n\nnew\n\n{END} after"
    assert rewritten(once, "new") == once


@pytest.mark.parametrize(
    "document",
    ["", BEGIN, END, f"{END}{BEGIN}", f"{BEGIN}{BEGIN}{END}", f"{BEGIN}{END}{END}"],
)
def test_a_document_without_one_place_is_left_alone(document: str) -> None:
    with pytest.raises(MarkersMissingError, match="bench:begin"):
        rewritten(document, "new")


def test_a_profiles_curve_begins_at_nothing_and_stays_where_it_ends() -> None:
    assert steps([1.0, 2.0, math.inf, math.inf]) == ([1.0, 1.0, 2.0, 10.0], [0, 0.25, 0.5, 0.5])
    assert steps([math.inf]) == ([1.0, 10.0], [0.0, 0.0])


def test_bars_are_sorted_and_only_of_one_size() -> None:
    other = replace(case("c"), size_ms=10)

    found = bars([*RUN.cases, other])

    assert [name for name, _, _ in found] == ["b", "a"]
    assert [ours for _, ours, _ in found] == pytest.approx([0.5, 2.0])
    assert [best for _, _, best in found] == pytest.approx([0.5, 0.1 / 0.06])


def reported(figures: Path, *options: str) -> dict[str, bytes]:
    """Publish in another process, which the fonts it opens leave with it."""
    pytest.importorskip("matplotlib")
    saved(RUN, figures)
    command = [sys.executable, "-m", "benchmarks", "report", str(figures), *options]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return {file.name: file.read_bytes() for file in figures.parent.iterdir()}


@pytest.mark.slow
def test_the_same_figures_give_the_same_files(tmp_path: Path) -> None:
    first, again = (reported(tmp_path / "quick.json") for _ in range(2))

    assert set(first) == {"quick.json", "quick.md", "quick.svg"}
    assert first == again
    assert b"amorsize" in first["quick.svg"]


@pytest.mark.slow
def test_the_readme_links_to_what_was_written(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"# Title\n\n{BEGIN}\n{END}\n")
    (tmp_path / "results").mkdir()

    reported(tmp_path / "results" / "quick.json", "--readme", str(readme))

    assert "](results/quick.svg)" in readme.read_text()
    assert readme.read_text().startswith("# Title\n")


def test_circumstances_are_written_down() -> None:
    found = circumstances("quick")

    assert found.machine["cores"] >= 1
    assert found.versions["python"].startswith("3.")
    assert field_of("a: 1\nb : 2: 3\n", "b") == "2: 3"
    assert field_of("", "b") == ""
