from __future__ import annotations

import json
import os
import pty
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

pytestmark = pytest.mark.slow

FILL = """
from amorsize import save_result
for name, seconds, speedup in (("base", 2.0, 1.5), ("later", 3.0, 1.0)):
    result = {"best_config_index": 0, "configs": [{"name": "pool"}],
              "execution_times": [seconds], "speedups": [speedup]}
    print(save_result(result, name, "fetch", 100))
"""


@pytest.fixture
def ids(shell: Shell) -> list[str]:
    return shell.python(FILL).split()


def told(shell: Shell, *args: str) -> Any:
    ran = shell.run("history", *args, "--json")
    assert (ran.code, ran.err) == (0, "")
    return json.loads(ran.out)


def test_programs_get_documents(shell: Shell, ids: list[str]) -> None:
    base, later = ids

    assert [entry["id"] for entry in told(shell, "list")] == [later, base]
    assert [entry["id"] for entry in told(shell, "list", "--filter", "BAS")] == [base]
    assert [entry["id"] for entry in told(shell, "list", "--limit", "1")] == [later]
    shown = told(shell, "show", base)
    assert (shown["name"], shown["function_name"], shown["data_size"]) == ("base", "fetch", 100)
    assert shown["result"]["execution_times"] == [2.0]
    comparison = told(shell, "compare", base, later)["comparison"]
    assert (comparison["time_delta_percent"], comparison["is_regression"]) == (50.0, True)
    assert told(shell, "delete", base) == {"removed": 1}
    assert told(shell, "clear", "--yes") == {"removed": 1}
    assert told(shell, "list") == []


def test_people_get_lines(shell: Shell, ids: list[str]) -> None:
    base, later = ids

    listed = shell.run("history", "list").out.splitlines()
    assert listed[1].startswith(base)
    assert listed[1].endswith("  base: pool, 2.00 s, 1.50x, fetch")
    assert "best: pool, 2.00 s, 1.50x\n" in shell.run("history", "show", base).out
    assert shell.run("history", "compare", base, later).out == (
        f"{base}  base: pool, 2.00 s, 1.50x\n"
        f"{later}  later: pool, 3.00 s, 1.00x\n"
        "time: +1.00 s, +50.0 %\n"
        "speed-up: -0.50\n"
        "same system: yes\n"
        "regression: yes\n"
    )
    assert shell.run("history", "clear", "-y").out == "removed: 2\n"
    assert shell.run("history", "list").out == "no entries\n"


def test_what_is_not_there_ends_with_one_and_what_is_wrong_with_two(
    shell: Shell, ids: list[str]
) -> None:
    for args in (("show", "gone"), ("delete", "gone"), ("compare", ids[0], "gone")):
        ran = shell.run("history", *args)
        assert (ran.code, ran.out) == (1, "")
        assert ran.err == "error: No entry of the history is called gone\n"

    assert "entry_id must be" in shell.refuses("history", "show", "../work")
    assert "entry_id must be" in shell.refuses("history", "delete", "..")
    assert "limit must be" in shell.refuses("history", "list", "--limit", "-1")
    assert "required: ACTION" in shell.refuses("history")


def test_nothing_is_cleared_where_nobody_can_be_asked(shell: Shell, ids: list[str]) -> None:
    refused = shell.refuses("history", "clear")

    assert "hint: --yes removes without asking" in refused
    assert len(told(shell, "list")) == len(ids)


@pytest.mark.parametrize(
    ("answer", "code", "left"), [("y\n", 0, 0), ("\n", 1, 2), ("no\n", 1, 2), ("\x04", 1, 2)]
)
def test_on_a_terminal_it_is_asked(
    shell: Shell, ids: list[str], answer: str, code: int, left: int
) -> None:
    ours, theirs = pty.openpty()
    try:
        with subprocess.Popen(
            shell.command("history", "clear"),
            cwd=shell.folder,
            env=shell.environment(),
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as asked:
            os.write(ours, answer.encode())
            out, err = asked.communicate(timeout=20)
    finally:
        os.close(ours)
        os.close(theirs)

    assert err == "remove every entry of the history? [y/N]\n"
    assert (asked.returncode, out) == (code, f"removed: {len(ids) - left}\n")
    assert len(told(shell, "list")) == left


def test_a_terminal_does_not_obey_a_hostile_name(shell: Shell, ids: list[str]) -> None:
    folder = shell.python(
        "from amorsize.machine.folders import DATA, own_folder; print(own_folder(DATA, 'history'))"
    ).strip()
    path = f"{folder}/{ids[0]}.json"
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - a name that was printed
        entry = json.load(file)
    with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123 - likewise
        json.dump(entry | {"function_name": "\x9b31mred", "result": {"best": "\x1b[2J"}}, file)

    for args in (("list",), ("show", ids[0])):
        ran = shell.run("history", *args)
        assert "\x1b" not in ran.out
        assert "\x9b" not in ran.out
