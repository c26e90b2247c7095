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


RUNS, SLEEPS = "R", "S"


def test_threads_of_this_process_are_no_others(tmp_path: Path) -> None:
    write(tmp_path, running=4, own=[RUNS, SLEEPS, RUNS])

    assert others_running(str(tmp_path)) == 2


def test_so_many_threads_of_this_process_are_not_looked_at(tmp_path: Path) -> None:
    write(tmp_path, running=4, own=[RUNS] * 65)

    assert others_running(str(tmp_path)) == 3


def test_this_thread_counts_even_if_it_seems_to_sleep(tmp_path: Path) -> None:
    write(tmp_path, running=2, own=[SLEEPS, SLEEPS])

    assert others_running(str(tmp_path)) == 1


def write(root: Path, *, running: int, own: list[str]) -> None:
    (root / "proc").mkdir()
    (root / "proc" / "loadavg").write_text(f"0.20 0.18 0.12 {running}/412 11206\n")
    for number, state in enumerate(own, 70):
        task = root / "proc" / "self" / "task" / str(number)
        task.mkdir(parents=True)
        (task / "stat").write_text(f"{number} (of R) S) {state} 1 70 70 0 -1\n")
