"""``validate``, ``compare`` and ``tune``: what they print, and how they end."""

from __future__ import annotations

import json
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

import psutil
import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Ran, Shell

pytestmark = pytest.mark.slow

TARGETS = {
    "validate": (),
    "compare": ("--configs", "2,5", "mine:2,1,thread"),
    "tune": ("--quick",),
}


def run(shell: Shell, command: str, target: str, *flags: str) -> Ran:
    return shell.run(command, target, *flags, *TARGETS[command])


@pytest.mark.parametrize("command", TARGETS)
def test_json_is_one_clean_document_whatever_the_function_prints(
    shell: Shell, command: str
) -> None:
    ran = run(shell, command, "work:noisy", "--data-range", "20", "--json", "-v")

    document = json.loads(ran.out)
    assert ran.code == 0
    assert document["items"] == 20
    assert document["interrupted"] is False
    assert "from a shell" in ran.err


@pytest.mark.parametrize("command", TARGETS)
def test_text_is_printed_and_nothing_else(shell: Shell, command: str) -> None:
    ran = run(shell, command, "work:square", "--data-range", "50")

    assert (ran.code, ran.err) == (0, "")
    assert "the plain loop" in ran.out or "Serial" in ran.out


@pytest.mark.parametrize("command", TARGETS)
def test_a_failing_function_shows_its_traceback_and_fails(shell: Shell, command: str) -> None:
    ran = run(shell, command, "work:fails_at_3", "--data-range", "9")

    assert (ran.code, ran.out) == (1, "")
    assert "KeyError: 'no three'" in ran.err
    assert ran.err.startswith("Traceback (most recent call last):\n")


@pytest.mark.parametrize("command", TARGETS)
def test_no_items_are_refused(shell: Shell, command: str) -> None:
    told = shell.refuses(command, "work:square", "--data-range", "0", *TARGETS[command])

    assert "data parameter must not be empty" in told


def fields_of(ran: Ran) -> dict[str, Any]:
    assert ran.code == 0, ran.err
    fields: dict[str, Any] = json.loads(ran.out)
    return fields


def test_validate_tells_what_was_predicted_and_measured(shell: Shell) -> None:
    fields = fields_of(
        shell.run("validate", "work:slow", "--data-range", "200", "--max-items", "10", "--json")
    )

    assert fields["choice"] == "faster"
    assert fields["verdict"].startswith("right: ThreadPoolExecutor(")
    assert fields["items"] == 10
    assert fields["speedup_low"] <= fields["actual_speedup"] <= fields["speedup_high"]
    assert len(fields["measured"]) == 2


def test_validate_gives_null_for_what_was_not_measured(shell: Shell) -> None:
    ran = shell.run(
        "validate", "work:slow", "--data-range", "9", "--timeout", "0.01", "--json", "--no-cache"
    )

    assert fields_of(ran)["serial_time"] is None


def test_validate_needs_items_for_its_target(shell: Shell) -> None:
    assert "there are no items" in shell.refuses("validate", "work:square")


def test_compare_takes_names_kinds_and_what_is_advised(shell: Shell) -> None:
    flags = ("--configs", "2,5", "mine:2,1,thread", "2,1,adaptive", "--include-optimizer")

    fields = fields_of(shell.run("compare", "work:square", "--data-range", "50", *flags, "--json"))

    names = [config["name"] for config in fields["configs"]]
    assert names == ["Serial", "Optimizer", "Pool(2), chunksize=5", "mine", "execute"]
    assert fields["configs"][0]["speedup"] == 1.0


def test_compare_leaves_the_baseline_out_where_asked(shell: Shell) -> None:
    flags = ("--configs", "a:2,1,thread", "b:3,1,thread", "--no-baseline", "--json")

    fields = fields_of(shell.run("compare", "work:square", "--data-range", "50", *flags))

    assert [config["name"] for config in fields["configs"]] == ["a", "b"]


def test_compare_keeps_all_lines_of_standard_input(shell: Shell) -> None:
    ran = shell.run(
        "compare", "work:echo", "--data-stdin", "--include-optimizer", "--json", given=b"a\nb\nc\n"
    )

    assert fields_of(ran)["items"] == 3


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ("2", "N,CHUNKSIZE[,EXECUTOR], with a NAME: before it if wanted"),
        ("two,5", "N,CHUNKSIZE[,EXECUTOR]"),
        ("0,5", "n_jobs must be positive, got 0"),
        ("2,5,dask", "executor_type must be one of 'serial', "),
    ],
)
def test_compare_refuses_what_it_cannot_read(shell: Shell, config: str, why: str) -> None:
    told = shell.refuses("compare", "work:square", "--data-range", "9", "--configs", config)

    assert f"--configs: {config!r} cannot be read" in told
    assert why in told
    assert "hint: for example 2,50" in told


def test_compare_without_anything_to_compare_is_refused(shell: Shell) -> None:
    told = shell.refuses("compare", "work:square", "--data-range", "9")

    assert "there is nothing to compare\n\nhint: --configs 2,50" in told


def test_tune_keeps_to_its_ranges(shell: Shell) -> None:
    flags = ("--n-jobs-range", "8", "16", "--threads", "--timeout-per-config", "9", "--json")

    fields = fields_of(shell.run("tune", "work:slow", "--data-range", "30", *flags))

    assert fields["executor_type"] == "thread"
    tried = {result["n_jobs"] for result in fields["results"]}
    assert tried <= {8, 16, 30}  # and what optimize advises: one thread for each item
    assert any(result["whole"] for result in fields["results"])


def test_tune_quick_chooses_its_ranges_itself(shell: Shell) -> None:
    told = shell.refuses(
        "tune", "work:square", "--data-range", "9", "--quick", "--n-jobs-range", "2"
    )

    assert "--quick chooses ranges and limits itself\n\nhint: leave --quick out" in told


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_prints_what_was_found_and_leaves_no_process(shell: Shell) -> None:
    with shell.start(
        "compare", "work:slow", "--data-range", "20", "--configs", "20,1,thread", "2,10000",
        "--json", "-v",
    ) as process:  # fmt: skip
        assert process.stderr is not None
        seen = iter(process.stderr.readline, "")
        assert next(line for line in seen if line.startswith("Serial: "))
        time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out = process.communicate()[0]

    fields = json.loads(out)
    assert process.returncode == 130
    assert fields["interrupted"] is True
    assert fields["configs"][0]["time"] > 0
    assert not psutil.pid_exists(process.pid)
