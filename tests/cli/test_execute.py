from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import amorsize.cli

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

on_posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="watched runs need Linux")


def test_results_go_to_stdout_and_the_summary_to_stderr(shell: Shell) -> None:
    ran = shell.run("execute", "work:square", "--data-range", "4")

    assert (ran.code, ran.out) == (0, "0\n1\n4\n9\n")
    for word in ("items: 4", "workers: 1", "engine: ", "time: ", "speed-up: "):
        assert word in ran.err
    assert "\r" not in ran.err


def test_no_items_give_no_lines(shell: Shell) -> None:
    ran = shell.run("execute", "work:square", "--data-range", "0")

    assert (ran.code, ran.out) == (0, "")
    assert "items" in ran.err


@pytest.mark.slow
def test_quiet_says_nothing_and_verbose_says_why(shell: Shell) -> None:
    assert shell.run("execute", "work:square", "--data-range", "4", "--quiet").err == ""
    short = shell.run("execute", "work:square", "--data-range", "4").err
    assert len(shell.run("execute", "work:square", "--data-range", "4", "-v").err) > len(short)


def test_lines_are_strict_json_and_utf8(shell: Shell) -> None:
    (shell.folder / "a.jsonl").write_text('"\\u00fc\\n"\n"\\udc80"\n{"a": [true, null, 1e300]}\n')

    ran = shell.run("execute", "work:echo", "--data-file", "a.jsonl")

    assert ran.out == '"ü\\n"\n"\\udc80"\n{"a": [true, null, 1e+300]}\n'


def test_output_appears_only_when_complete(shell: Shell) -> None:
    file = shell.folder / "out.jsonl"
    file.write_text("old\n")
    (shell.folder / "look.py").write_text(
        "from pathlib import Path\ndef look(x):\n    return Path('out.jsonl').read_text()\n"
    )

    ran = shell.run("execute", "look:look", "--data-range", "2", "--output", "out.jsonl")

    assert (ran.code, ran.out) == (0, "")
    assert file.read_text() == '"old\\n"\n"old\\n"\n'
    assert not (shell.folder / "out.jsonl.partial").exists()


def test_output_through_a_link_replaces_the_file_it_points_to(shell: Shell) -> None:
    (shell.folder / "real.jsonl").touch()
    link = shell.folder / "link.jsonl"
    link.symlink_to("real.jsonl")

    shell.run("execute", "work:echo", "--data-range", "2", "--output", "link.jsonl")

    assert link.is_symlink()
    assert (shell.folder / "real.jsonl").read_text() == "0\n1\n"


@pytest.mark.parametrize("name", ["-", "/dev/stdout"])
def test_standard_output_has_names(shell: Shell, name: str) -> None:
    ran = shell.run("execute", "work:echo", "--data-range", "2", "--output", name, "--quiet")

    assert (ran.code, ran.out, ran.err) == (0, "0\n1\n", "")


@on_posix
def test_output_to_a_pipe_goes_straight_to_it(shell: Shell) -> None:
    pipe = shell.folder / "pipe"
    os.mkfifo(pipe)
    flags = ["--data-range", "2", "--output", "pipe", "--quiet"]
    with shell.start("execute", "work:echo", *flags) as process:
        assert pipe.read_text() == "0\n1\n"

    assert process.returncode == 0
    assert pipe.is_fifo()
    assert not (shell.folder / "pipe.partial").exists()


def test_a_failing_function_shows_its_traceback_and_keeps_the_lines_so_far(shell: Shell) -> None:
    (shell.folder / "out.jsonl").write_text("old\n")

    ran = shell.run("execute", "work:fails_at_3", "--data-range", "9", "--output", "out.jsonl")

    assert (ran.code, ran.out) == (1, "")
    assert (shell.folder / "out.jsonl").read_text() == "old\n"
    assert (shell.folder / "out.jsonl.partial").read_text() == "0\n1\n2\n"
    first, second, *_, note, kept = ran.err.rstrip("\n").split("\n")
    assert first == "Traceback (most recent call last):"
    assert "work.py" in second
    assert "KeyError: 'no three'" in ran.err
    assert "item 3" in note
    assert kept == "the results so far are in out.jsonl.partial: 3 lines"


@pytest.mark.slow
def test_a_failure_in_a_worker_shows_the_traceback_there_and_nothing_of_ours(shell: Shell) -> None:
    flags = ("--data-range", "99", "--n-jobs", "2", "--backend", "processes", "--quiet")
    ran = shell.run("execute", "work:fails_in_a_worker", *flags)

    assert ran.code == 1
    first, *_, note = ran.err.rstrip("\n").split("\n")
    item = ran.out.count("\n")
    assert first == f"KeyError: {item}"
    assert "work.py" in ran.err
    assert "in fails_in_a_worker" in ran.err
    assert str(Path(amorsize.cli.__file__).parent) not in ran.err
    assert f"item {item}" in note


def test_a_failure_without_results_leaves_no_file(shell: Shell) -> None:
    ran = shell.run("execute", "work:fails_at_once", "--data-range", "9", "--output", "out.jsonl")

    assert ran.code == 1
    assert "KeyError" in ran.err
    assert "results so far" not in ran.err
    assert list(shell.folder.glob("out*")) == []


def test_a_function_that_exits_has_failed(shell: Shell) -> None:
    ran = shell.run("execute", "builtins:exit", "--data-range", "3")

    assert (ran.code, ran.out) == (1, "")
    assert "SystemExit: 0" in ran.err


def test_the_first_result_is_checked_before_the_run_goes_on(shell: Shell) -> None:
    ran = shell.run("execute", "work:counted_set", "--data-range", "50", "--output", "out.jsonl")

    assert (ran.code, ran.out) == (1, "")
    assert (shell.folder / "calls").read_text() == "x"
    line, _, hint = ran.err.rstrip("\n").split("\n")
    assert "the result of item 0 cannot be written as JSON" in line
    assert "set is not JSON serializable" in line
    assert hint.startswith("hint: --repr")
    assert list(shell.folder.glob("out*")) == []


@pytest.mark.parametrize("target", ["work:set_at_3", "work:nan_at_3"])
def test_a_later_misfit_is_named_and_the_lines_before_it_are_kept(
    shell: Shell, target: str
) -> None:
    ran = shell.run("execute", target, "--data-range", "9", "--output", "out.jsonl")

    assert ran.code == 1
    assert ran.err.startswith("error: the result of item 3 cannot be written as JSON: ")
    assert ran.err.endswith("the results so far are in out.jsonl.partial: 3 lines\n")
    assert (shell.folder / "out.jsonl.partial").read_text() == "0\n1\n2\n"


def test_numpy_values_are_told_how_to_become_json(shell: Shell) -> None:
    pytest.importorskip("numpy")

    ran = shell.run("execute", "numpy:int64", "--data-range", "3")

    assert (ran.code, ran.out) == (1, "")
    assert "int64 is not JSON serializable" in ran.err
    assert ".item()" in ran.err


def test_repr_writes_anything_one_line_each(shell: Shell) -> None:
    ran = shell.run("execute", "work:set_at_3", "--data-range", "4", "--repr", "--quiet")
    assert (ran.code, ran.out) == (0, "0\n1\n2\n{3}\n")

    ran = shell.run("execute", "work:lines", "--data-range", "2", "--repr", "--quiet")
    assert (ran.code, ran.out) == (0, "two\\nlines\ntwo\\nlines\n")


def test_json_prints_one_document(shell: Shell) -> None:
    ran = shell.run("execute", "work:noisy", "--data-range", "3", "--json")

    document = json.loads(ran.out)
    assert list(document) == ["summary", "results"]
    assert document["results"] == [0, 1, 2]
    assert document["summary"]["items"] == 3
    assert document["summary"].keys() >= {"engine", "workers", "wall_s", "speedup"}


def test_json_quotes_what_repr_shows(shell: Shell) -> None:
    ran = shell.run("execute", "work:lines", "--data-range", "1", "--json", "--repr")

    assert json.loads(ran.out)["results"] == ["two\nlines"]


def test_json_with_output_prints_only_the_summary(shell: Shell) -> None:
    ran = shell.run("execute", "work:echo", "--data-range", "3", "--json", "--output", "out.jsonl")

    assert (ran.code, list(json.loads(ran.out))) == (0, ["summary"])
    assert (shell.folder / "out.jsonl").read_text() == "0\n1\n2\n"


def test_json_after_a_failure_is_a_document_too(shell: Shell) -> None:
    ran = shell.run("execute", "work:fails_at_3", "--data-range", "9", "--json")

    document = json.loads(ran.out)
    assert ran.code == 1
    assert document["results"] == [0, 1, 2]
    assert document["error"]["type"] == "KeyError"
    assert "item 3" in document["error"]["notes"][0]


def test_what_the_function_prints_is_not_data(shell: Shell) -> None:
    ran = shell.run("execute", "work:noisy", "--data-range", "2", "--quiet")

    assert ran.out == "0\n1\n"
    assert ran.err.count("printed\n") == ran.err.count("from a shell\n") == 2


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (("--n-jobs", "0"), "Invalid parameter: n_jobs must be positive or -1, got 0"),
        (("--chunksize", "-2"), "Invalid parameter: chunksize must be positive, got -2"),
        (("--sample-size", "0"), "Invalid parameter: sample_size must be positive, got 0"),
        (("--target-chunk-duration", "nan"), "target_chunk_duration must be a finite number"),
        (("--backend", "gpu"), "argument --backend: invalid choice: 'gpu'"),
        (("--output", "no/such/file"), "cannot write to no/such/file: No such file"),
        (("--output", "."), "cannot write to .: it is a folder"),
        (("--outptu", "x"), "unrecognized arguments: --outptu x"),
        (("--quie",), "unrecognized arguments: --quie"),
    ],
)
def test_wrong_flags_are_refused(shell: Shell, flags: tuple[str, ...], complaint: str) -> None:
    assert complaint in shell.refuses("execute", "work:echo", "--data-range", "3", *flags)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["serial", "threads", "processes"])
def test_forced_engines_are_used(shell: Shell, backend: str) -> None:
    ran = shell.run(
        *("execute", "work:busy", "--data-range", "9", "--json", "--chunksize", "2"),
        *("--backend", backend, "--n-jobs", "1" if backend == "serial" else "2"),
        *("--order", "input", "--fail-fast", "--no-rerun-lost"),
    )

    summary = json.loads(ran.out)["summary"]
    engines = {"serial": "serial", "threads": "threads", "processes": summary["engine"]}
    assert json.loads(ran.out)["results"] == list(range(9))
    assert summary["engine"] == engines[backend]
    assert summary["workers"] == (1 if backend == "serial" else 2)


def test_a_bar_is_drawn_on_stderr_where_asked_for(shell: Shell) -> None:
    ran = shell.run("execute", "work:echo", "--data-range", "3", "--progress", "--quiet")

    assert ran.out == "0\n1\n2\n"
    assert "3/3" in ran.err


@on_posix
def test_a_file_that_cannot_grow_is_told_and_keeps_its_lines(shell: Shell) -> None:
    limited = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20));"
        "from amorsize.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    command = ["execute", "work:echo", "--data-range", "90", "--output", "out.jsonl"]
    run = subprocess.run(
        [sys.executable, "-c", limited, *command],
        cwd=shell.folder,
        env=shell.environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.startswith("error: cannot write to out.jsonl: File too large\n")
    assert (shell.folder / "out.jsonl.partial").read_text() == "".join(f"{n}\n" for n in range(10))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_an_output_that_is_full_is_told(shell: Shell) -> None:
    with Path("/dev/full").open("w") as full:
        run = subprocess.run(
            shell.command("execute", "work:echo", "--data-range", "3"),
            cwd=shell.folder,
            env=shell.environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert run.returncode == 1
    assert run.stderr == "error: cannot write to standard output: No space left on device\n"


def test_a_reader_that_stops_ends_the_run_without_a_word(shell: Shell) -> None:
    with shell.start("execute", "work:slow", "--data-range", "1000") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "0\n"
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""

    assert process.returncode == 141


@on_linux
@pytest.mark.slow
def test_an_item_that_hangs_is_ended_and_named(shell: Shell) -> None:
    (shell.folder / "hang.py").write_text(
        "import time\ndef at_3(x):\n    time.sleep(3600 if x == 3 else 0)\n    return x\n"
    )

    ran = shell.run("execute", "hang:at_3", "--data-range", "6", "--timeout", "0.5")

    assert (ran.code, ran.out) == (1, "0\n1\n2\n")
    assert "error: item 3 took longer than timeout=0.5 seconds" in ran.err
    assert "Traceback" not in ran.err


@on_linux
@pytest.mark.slow
def test_an_item_that_ends_its_process_may_be_skipped(shell: Shell) -> None:
    (shell.folder / "die.py").write_text(
        "import os\ndef at_3(x):\n    if x == 3:\n        os._exit(9)\n    return x\n"
    )

    ran = shell.run("execute", "die:at_3", "--data-range", "6", "--on-crash", "skip")
    alone = shell.run("execute", "die:at_3", "--data-range", "6", "--isolate")

    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 0
    assert [*lines[:3], *lines[4:]] == [0, 1, 2, 4, 5]
    assert lines[3]["failure"]["index"] == 3
    assert "exited with status 9 while it ran item 3" in alone.err
    assert alone.code == 1


@pytest.mark.parametrize("flag", ["--timeout", "--deadline"])
def test_a_time_that_is_none_is_refused_with_the_flag(shell: Shell, flag: str) -> None:
    ran = shell.run("execute", "work:square", "--data-range", "4", flag, "-1")

    assert ran.code == 2
    assert f"{flag} takes seconds" in ran.err


def test_an_async_function_is_awaited(shell: Shell) -> None:
    (shell.folder / "waits.py").write_text(
        "import asyncio\nasync def f(x):\n    await asyncio.sleep(0)\n    return 2 * x\n"
    )

    ran = shell.run("execute", "waits:f", "--data-range", "3", "--max-rate", "1000/s")

    assert (ran.code, ran.out) == (0, "0\n2\n4\n")
    assert "event loop" in shell.refuses("execute", "waits:f", "--data-range", "3", "--isolate")
