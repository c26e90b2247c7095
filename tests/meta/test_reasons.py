"""Whoever silences a tool says why, on the same line."""

from __future__ import annotations

import re
import tokenize
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
FOLDERS = ("src", "tests", "scripts", "benchmarks", "examples")
SILENCES = re.compile(r"noqa|type: *ignore")
REASONED = re.compile(r"noqa:[\w, ]+ - \S|type: *ignore\[[\w, -]+\]  # (?!noqa)\S")
"""mypy wants a comment of its own after the codes."""


def without_reason(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*.py")):
        with path.open("rb") as file:
            tokens = list(tokenize.tokenize(file.readline))
        for token in tokens:
            silences = token.type == tokenize.COMMENT and SILENCES.search(token.string)
            if silences and not REASONED.search(token.string):
                yield f"{path}, line {token.start[0]}: {token.string}"


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_exception_has_its_reason(folder: str) -> None:
    assert list((ROOT / folder).rglob("*.py"))
    assert list(without_reason(ROOT / folder)) == []


@pytest.mark.parametrize(
    ("comment", "is_reasoned"),
    [
        ("noqa", False),
        ("noqa: S101", False),
        ("noqa: S101, E402 - it is a test", True),
        ("noqa: S101  (a test)", False),
        ("type: ignore[misc]", False),
        ("type: ignore[misc]  # no types there", True),
        ("type: ignore[misc]  # noqa: E731", False),
        ("type: ignore[misc]  # noqa: E731 - it is what is tested", True),
        ("ruff: noqa: T201 - it prints", True),
    ],
)
def test_an_exception_without_one_is_reported(
    tmp_path: Path, comment: str, is_reasoned: bool
) -> None:
    (tmp_path / "a.py").write_text(f"x = 1  # {comment}\ny = '# noqa'\n")

    assert (list(without_reason(tmp_path)) == []) == is_reasoned
