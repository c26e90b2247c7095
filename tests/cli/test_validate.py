from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]

FIELDS = {
    "checks_passed",
    "checks_failed",
    "warnings",
    "errors",
    "details",
    "overall_health",
}


def test_a_healthy_machine_is_told_of_in_lines_and_as_a_document(shell: Shell) -> None:
    text = shell.run("validate")
    document = shell.run("validate", "--json")

    assert (text.code, text.err) == (document.code, document.err) == (0, "")
    told = json.loads(document.out)
    assert told.keys() == FIELDS
    assert told["checks_failed"] == 0
    assert "passed  forked workers: " in text.out
    last = text.out.splitlines()[-1]
    assert last == f"health: {told['overall_health']}, 12 of 12 passed"


def test_a_poor_one_ends_with_one_and_says_what_to_do(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMORSIZE_NUM_CPUS", "none")
    ran = shell.run("validate", "-v")

    assert (ran.code, ran.err) == (1, "")
    assert "failed  usable CPUs: " in ran.out
    assert "advice: give this process more CPUs" in ran.out
    assert ran.out.count("matters: ") == 12
    assert "\nhealth: poor, 11 of 12 passed\n" in ran.out
