"""``amorsize execute`` with what is wanted of each item."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

FAILING = ("execute", "work:fails_at_3", "--data-range", "5")


def test_a_failure_stands_in_the_place_of_its_result(shell: Shell) -> None:
    ran = shell.run(*FAILING, "--on-error", "collect")
    lines = [json.loads(line) for line in ran.out.splitlines()]

    assert ran.code == 0
    assert [line for line in lines if not isinstance(line, dict)] == [0, 1, 2, 4]
    failure = lines[3]["failure"]
    assert (failure["index"], failure["item"]) == (3, "3")
    assert failure["error"] == "KeyError: 'no three'"
    assert "in fails_at_3" in failure["traceback"]
    assert "1 of 5 items failed" in ran.err


@pytest.mark.parametrize("flags", [(), ("--json",)], ids=["lines", "document"])
def test_a_failure_is_left_out_and_told_of(shell: Shell, flags: tuple[str, ...]) -> None:
    ran = shell.run(*FAILING, "--on-error", "skip", *flags)

    assert ran.code == 0
    if flags:
        assert json.loads(ran.out)["results"] == [0, 1, 2, 4]
        return
    assert ran.out == "0\n1\n2\n4\n"
    assert "the first is item 3: KeyError: 'no three'" in ran.err


def test_an_item_is_tried_again(shell: Shell) -> None:
    (shell.folder / "flaky.py").write_text(
        "tried = set()\n"
        "def flaky(x):\n"
        "    if x not in tried:\n"
        "        tried.add(x)\n"
        "        raise ValueError(x)\n"
        "    return x\n"
    )
    ran = shell.run("execute", "flaky:flaky", "--data-range", "3", "--retries", "1")

    assert (ran.code, ran.out) == (0, "0\n1\n2\n")
    assert "3 items ran more than once" in ran.err


def test_seed_and_rate_are_heard(shell: Shell) -> None:
    (shell.folder / "drawn.py").write_text(
        "from amorsize import item_rng\ndef draw(x):\n    return item_rng().random()\n"
    )
    run = ("execute", "drawn:draw", "--data-range", "3", "--max-rate", "1000/s", "--seed")

    first, again, other = (shell.run(*run, seed).out for seed in ("5", "5", "6"))

    assert first == again != other
    assert len(set(first.splitlines())) == 3


@pytest.mark.parametrize(
    ("flag", "value"), [("--retries", "-1"), ("--max-rate", "fast"), ("--max-rate", "0/s")]
)
def test_what_makes_no_sense_is_refused_by_the_name_of_its_flag(
    shell: Shell, flag: str, value: str
) -> None:
    ran = shell.run(*FAILING, f"{flag}={value}")

    assert ran.code == 2
    assert f"{flag} takes" in ran.err
