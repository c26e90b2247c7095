from __future__ import annotations

import ast
import json
import lzma
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import amorsize
from examples import complexity, compress, entropy, fetch

EXAMPLES = Path(complexity.__file__).parent
STDLIB = Path(json.__file__).parents[1]


def python(*args: str | Path, folder: Path) -> str:
    """Run Python to its end; whatever it says on stderr but a summary is a failure."""
    done = subprocess.run(
        [sys.executable, *args],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(Path(amorsize.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("code", "paths"),
    [
        ("def f(): pass", 1),
        ("def f(x):\n if x: pass\n elif x > 1: pass\n else: pass", 3),
        ("async def f(x):\n async for y in x:\n  while y: pass", 3),
        ("def f(x): return x and x or not x and 1", 4),
        ("def f(x): return [y if y else 0 for y in x if y if not y]", 5),
        ("def f(x):\n try: pass\n except A: pass\n except B: pass\n assert x", 4),
        ("def f(x):\n match x:\n  case 1: pass\n  case _: pass", 3),
        ("def f(x):\n def g():\n  if x: pass\n class C:\n  def h(): x or x", 1),
    ],
)
def test_complexity_counts_the_paths_through_a_function(code: str, paths: int) -> None:
    function = ast.parse(code).body[0]

    assert complexity.cyclomatic(function) == paths


def test_complexity_names_the_worst_function_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("def f(): pass\nclass C:\n def g(x):\n  if x: pass\nx or 1\n")

    assert complexity.complexity(str(file)) == {
        "path": str(file),
        "functions": 2,
        "total": 3,
        "worst": {"complexity": 2, "name": "g", "line": 3},
    }


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"print 'old'", "SyntaxError: Missing parentheses"),
        (b"x = '\xff'", "SyntaxError: (unicode error)"),
        (b"# coding: no-such", "SyntaxError: unknown encoding"),
        (b"x = 1\0", "SyntaxError: source code"),
        (b"(" * 1000, "SyntaxError: too many nested parentheses"),
        (b"-" * 100_000 + b"1", "MemoryError"),
    ],
)
def test_complexity_reports_files_that_are_no_python(
    tmp_path: Path, content: bytes, error: str
) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(content)

    assert error in complexity.complexity(str(file))["error"]


def test_complexity_reads_every_encoding_and_keeps_quiet(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_bytes("# coding: latin-1\ndef f(): return 'ü\\d'\n".encode("latin-1"))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert complexity.complexity(str(file))["functions"] == 1


def test_the_files_of_the_standard_library_are_found_without_packages() -> None:
    files = complexity.stdlib_files()

    assert len(files) > 500
    assert files == sorted(files)
    assert json.__file__ in files
    assert pytest.__file__ not in files
    assert set(compress.large_files()) < set(files)


def test_complexity_runs_from_the_command_line(tmp_path: Path) -> None:
    target = f"{EXAMPLES / 'complexity.py'}:complexity"
    pattern = f"{STDLIB}/json/*.py"
    lines = python(
        *("-m", "amorsize", "execute", target, "--data-glob", pattern), folder=tmp_path
    ).splitlines()

    assert [json.loads(line)["path"] for line in lines] == sorted(
        str(path) for path in (STDLIB / "json").glob("*.py")
    )


def test_entropy_is_that_of_the_name() -> None:
    assert entropy.entropy("0.001 10.0.0.1 A aaaa NOERROR") == 0
    assert entropy.entropy("0.001 10.0.0.1 A abcd NOERROR") == 2
    assert entropy.entropy("0.001 10.0.0.1 A aabb NOERROR") == 1


@pytest.mark.slow
def test_entropy_generates_the_same_log_each_time_and_finds_the_odd_names(tmp_path: Path) -> None:
    script = EXAMPLES / "entropy.py"
    shown = python(script, "--lines", "3000", "one.log", folder=tmp_path)
    assert python(script, "--lines", "3000", "two.log", folder=tmp_path) == shown

    assert (tmp_path / "one.log").read_bytes() == (tmp_path / "two.log").read_bytes()
    assert len((tmp_path / "one.log").read_text().splitlines()) == 3000
    first, *names = shown.splitlines()
    assert first.startswith("3,000 lines, ")
    assert len(names) == 5
    odd = (tmp_path / "one.log").read_text().split()[3::5]
    assert all(name.split()[1] in odd for name in names)


@pytest.mark.slow
def test_fetch_gets_every_page_and_stops_its_server(tmp_path: Path) -> None:
    flags = ("--pages", "30", "--latency", "0.005")

    first, second = python(EXAMPLES / "fetch.py", *flags, folder=tmp_path).splitlines()

    assert first.startswith("30 pages, 35,000 bytes in ")
    assert second == "one after the other they would wait for 0.15 s"


@pytest.mark.slow
def test_the_server_is_gone_after_use() -> None:
    with fetch.slow_server(0.01) as address:
        assert fetch.fetch(f"{address}/a") == len(b"<h1>/a</h1>") * 100

    with pytest.raises(OSError, match="refused"):
        fetch.fetch(f"{address}/a")


def test_compress_tells_the_sizes(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"ab" * 50_000)

    assert compress.compress(str(file)) == {
        "path": str(file),
        "bytes": 100_000,
        "compressed": len(lzma.compress(b"ab" * 50_000)),
    }


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        (("entropy.py", "no/such/file"), "cannot write to no/such/file: No such file"),
        (("compress.py", "more"), "unrecognized arguments: more"),
        (("complexity.py", "more"), "unrecognized arguments: more"),
    ],
)
def test_what_an_example_cannot_do_is_told(
    tmp_path: Path, args: tuple[str, ...], complaint: str
) -> None:
    script, *rest = args
    done = subprocess.run(
        [sys.executable, EXAMPLES / script, *rest],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(amorsize.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert complaint in done.stderr


def test_a_log_without_lines_has_no_odd_names(tmp_path: Path) -> None:
    shown = python(EXAMPLES / "entropy.py", "--lines", "0", "none.log", folder=tmp_path)

    assert shown == "0 lines, 0.00 bits per character on average\n"
