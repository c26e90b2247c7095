"""How many others want a core."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from amorsize.machine.load import others_running

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("0.20 0.18 0.12 3/412 11206\n", 2),
        ("0.20 0.18 0.12 1/412 11206\n", 0),
        ("0.20 0.18 0.12 0/412 11206\n", 0),
        ("0.20 0.18 0.12\n", 0),
        ("0.20 0.18 0.12 many/412 1\n", 0),
        ("", 0),
    ],
)
def test_others_are_all_that_run_but_this_one(tmp_path: Path, text: str, others: int) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "loadavg").write_text(text)

    assert others_running(str(tmp_path)) == others


def test_without_the_file_nobody_is_known_of(tmp_path: Path) -> None:
    assert others_running(str(tmp_path)) == 0
