"""``amorsize stream``: a filter over lines, in real processes and pipes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import amorsize

if TYPE_CHECKING:
    from collections.abc import Iterator

TOOLS = """
import os, time
def doubled(x):
    return 2 * x
def fails_at_3(x):
    if x == 3:
        raise KeyError("no three")
    return x
def slow(x):
    time.sleep(0.01)
    return x
def busy(x):
    until = time.perf_counter() + 2e-3
    while time.perf_counter() < until:
        pass
    return x
def shout(line):
    print("printed")
    return line.upper()
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "tools.py").write_text(TOOLS)
    return tmp_path


def command(place: Path, *args: str) -> subprocess.Popen[str]:
    home = str(Path(amorsize.__file__).parents[1])
    return subprocess.Popen(
        [sys.executable, "-m", "amorsize", "stream", *args],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=place,
        env={**os.environ, "PYTHONPATH": home, "XDG_CACHE_HOME": str(place / "cache")},
    )


def answers(place: Path, lines: str, *args: str) -> tuple[list[str], str, int]:
    with command(place, *args) as run:
        out, err = run.communicate(lines)
        return out.splitlines(), err, run.returncode


def numbers(count: int) -> Iterator[str]:
    return (f"{number}\n" for number in range(count))


@pytest.mark.parametrize("forced", [[], ["--backend", "processes"], ["--backend", "threads"]])
def test_values_of_lines_become_lines_of_results(place: Path, forced: list[str]) -> None:
    lines, err, code = answers(place, "".join(numbers(500)), "tools:doubled", *forced)

    assert lines == [str(2 * number) for number in range(500)]
    assert (code, err.count("items: 500")) == (0, 1)


def test_unordered_results_are_the_same_ones(place: Path) -> None:
    lines, _, code = answers(
        place, "".join(numbers(80)), "tools:slow", "--unordered", "--n-jobs", "3", "--quiet"
    )

    assert sorted(map(int, lines)) == list(range(80))
    assert code == 0


def test_text_is_taken_as_it_is_and_what_is_printed_goes_elsewhere(place: Path) -> None:
    lines, err, _ = answers(place, "one\n\ntwo\r\nthree", "tools:shout", "--text", "--quiet")

    assert [json.loads(line) for line in lines] == ["ONE", "TWO", "THREE"]
    assert err.count("printed") == 3


@pytest.mark.parametrize(
    "forced", [[], ["--backend", "threads", "--n-jobs", "3"], ["--backend", "processes"]]
)
def test_each_result_is_out_before_the_next_line_comes(place: Path, forced: list[str]) -> None:
    with command(place, "tools:busy", "--quiet", *forced) as run:
        assert run.stdin is not None
        assert run.stdout is not None
        for burst in (1, 1, 300, 1, 40):
            run.stdin.write("".join(numbers(burst)))
            run.stdin.flush()
            for number in range(burst):
                assert run.stdout.readline() == f"{number}\n"
        run.stdin.close()
        assert run.wait() == 0


def test_a_burst_of_tiny_items_is_not_held_back(place: Path) -> None:
    with command(place, "tools:doubled", "--quiet") as run:
        assert run.stdin is not None
        assert run.stdout is not None
        for _ in range(3):
            run.stdin.write("".join(numbers(5000)))
            run.stdin.flush()
            for number in range(5000):
                assert run.stdout.readline() == f"{2 * number}\n"
        run.stdin.close()


@pytest.mark.parametrize("forced", [[], ["--backend", "processes", "--n-jobs", "2"]])
def test_a_reader_that_leaves_is_a_clean_end(place: Path, forced: list[str]) -> None:
    with command(place, "tools:busy", *forced) as run:
        assert run.stdin is not None
        assert run.stdout is not None
        run.stdin.write("".join(numbers(100)))
        run.stdin.flush()
        assert run.stdout.readline() == "0\n"
        run.stdout.close()
        run.stdin.write("".join(numbers(2000)))
        run.stdin.close()

        assert run.wait() == 0
        assert run.stderr is not None
        assert run.stderr.read() == ""


def test_a_failure_comes_after_the_lines_before_it(place: Path) -> None:
    lines, err, code = answers(place, "".join(numbers(9)), "tools:fails_at_3")

    assert lines == ["0", "1", "2"]
    assert (code, "KeyError: 'no three'" in err) == (1, True)


def test_a_bad_line_is_named(place: Path) -> None:
    lines, err, code = answers(place, "1\n2\nthree\n", "tools:doubled")

    assert lines == ["2", "4"]
    assert (code, "bad JSON on line 3 of standard input" in err) == (2, True)


def test_a_window_of_nothing_is_refused(place: Path) -> None:
    _, err, code = answers(place, "1\n", "tools:doubled", "--window", "0")

    assert (code, "window must be positive" in err) == (2, True)


def test_ctrl_c_ends_it(place: Path) -> None:
    with command(place, "tools:busy", "--backend", "processes", "--n-jobs", "2") as run:
        assert run.stdin is not None
        assert run.stdout is not None
        run.stdin.write("".join(numbers(2000)))
        run.stdin.flush()
        assert run.stdout.readline() == "0\n"
        run.send_signal(signal.SIGINT)
        run.stdin.close()
        run.stdout.read()

        assert run.wait() == 130


@pytest.mark.parametrize("flag", ["--timeout=1", "--deadline=1", "--on-crash=skip", "--isolate"])
def test_what_a_stream_does_not_heed_it_does_not_take(place: Path, flag: str) -> None:
    with command(place, "tools:doubled", flag) as process:
        told = process.communicate("1\n")[1]
    assert process.returncode == 2
    assert "unrecognized arguments" in told
