"""What the page about 0.1 says is not there is not there."""

from __future__ import annotations

import re
from pathlib import Path

import amorsize
from amorsize import OptimizationResult
from amorsize.cli.app import build_parser, find_commands

DOCS = Path(__file__).parents[2] / "docs"
MISSING = (DOCS / "from-0.1.md").read_text().partition("## Not there yet\n")[2]


def names_in(kind: str) -> set[str]:
    """Everything in code marks on the line, or the lines, of one kind."""
    line = re.search(rf"^- {kind}:([^;.]*(?:[;.]|\n))", MISSING, re.MULTILINE)
    assert line is not None, kind
    return set(re.findall(r"`(.+?)`", line[1]))


def test_names_that_are_missing_are_not_in_the_library() -> None:
    kinds = re.findall(r"^- ([a-z ]+):", MISSING, re.MULTILINE)
    names = set().union(*(names_in(kind) for kind in kinds))

    assert names
    assert not names & set(amorsize.__all__)


def test_methods_that_are_missing_are_not_there() -> None:
    assert not names_in("of `OptimizationResult`") & set(dir(OptimizationResult))


def test_no_flag_or_command_is_missing() -> None:
    assert "on the command line" not in MISSING
    assert {"compare", "tune", "history", "validate"} <= find_commands().keys()
    assert {"--save-config", "--load-config", "--save-result"} <= build_parser().flags
