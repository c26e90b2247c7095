"""Budgets that no linter counts."""

from __future__ import annotations

from pathlib import Path

SOURCES = Path(__file__).parents[2] / "src"
MAX_LINES = 400


def too_long(folder: Path) -> list[str]:
    counts = {path: len(path.read_text().splitlines()) for path in folder.rglob("*.py")}
    return [f"{path}: {lines} lines" for path, lines in counts.items() if lines > MAX_LINES]


def test_no_source_file_is_too_long_to_be_read_at_once() -> None:
    assert list(SOURCES.rglob("*.py"))
    assert too_long(SOURCES) == []


def test_a_file_one_line_over_the_budget_is_reported(tmp_path: Path) -> None:
    (tmp_path / "fits.py").write_text("pass\n" * MAX_LINES)
    long = tmp_path / "long.py"
    long.write_text("pass\n" * (MAX_LINES + 1))

    assert too_long(tmp_path) == [f"{long}: {MAX_LINES + 1} lines"]
