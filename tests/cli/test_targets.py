from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Shell


@pytest.mark.parametrize(
    ("target", "results"),
    [
        ("work:square", "0\n1\n4\n"),
        ("work.square", "0\n1\n4\n"),
        ("work.py:square", "0\n1\n4\n"),
        ("./work.py:Box.twice", "0\n2\n4\n"),
        ("work:Box.twice", "0\n2\n4\n"),
        ("builtins:float", "0.0\n1.0\n2.0\n"),
        ("math.sqrt", None),
    ],
)
def test_a_target_can_be_named_in_each_form(shell: Shell, target: str, results: str | None) -> None:
    ran = shell.run("execute", target, "--data-range", "3", "--quiet")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (results or "0.0\n1.0\n1.4142135623730951\n")


def test_a_dotted_target_is_a_module_as_far_as_there_is_one(shell: Shell) -> None:
    ran = shell.run("execute", "xml.sax.saxutils.escape", "--data-glob", "work.py", "--quiet")

    assert (ran.code, ran.out) == (0, '"work.py"\n')


def test_a_file_in_a_package_is_imported_as_part_of_it(shell: Shell) -> None:
    deep = shell.folder / "outer" / "inner"
    deep.mkdir(parents=True)
    (deep / "__init__.py").touch()
    (deep.parent / "__init__.py").touch()
    (deep.parent / "helper.py").write_text("def negative(x):\n    return -x\n")
    (deep / "mod.py").write_text("from ..helper import negative\n")

    ran = shell.run("execute", "outer/inner/mod.py:negative", "--data-range", "2", "--quiet")

    assert (ran.code, ran.out) == (0, "0\n-1\n")


def test_a_file_finds_the_modules_beside_it(shell: Shell) -> None:
    folder = shell.folder / "elsewhere"
    folder.mkdir()
    (folder / "helper.py").write_text("def negative(x):\n    return -x\n")
    (folder / "main.py").write_text("from helper import negative\n")

    ran = shell.run("execute", "elsewhere/main.py:negative", "--data-range", "2", "--quiet")

    assert (ran.code, ran.out) == (0, "0\n-1\n")


@pytest.mark.parametrize("name", ["my.mod.py", "my-mod.py", "work.v2.py"])
@pytest.mark.parametrize("backend", ["serial", "processes"])
def test_a_file_may_be_called_anything(shell: Shell, name: str, backend: str) -> None:
    (shell.folder / "path").mkdir()
    (shell.folder / "path" / name).write_text("def tenfold(x):\n    return 10 * x\n")

    flags = ("--data-range", "3", "--quiet", "--backend", backend)
    ran = shell.run("execute", f"path/{name}:tenfold", *flags)

    assert (ran.code, ran.out, ran.err) == (0, "0\n10\n20\n", "")


@pytest.fixture
def queue_file(shell: Shell) -> str:
    """A file called as a module of Python's own that workers need."""
    (shell.folder / "elsewhere").mkdir()
    code = "FACTOR = 10\ndef tenfold(x):\n    return FACTOR * x\n"
    (shell.folder / "elsewhere" / "queue.py").write_text(code)
    return "elsewhere/queue.py"


def test_a_file_with_the_name_of_a_standard_module_hides_nothing(
    shell: Shell, queue_file: str
) -> None:
    forced = ("--backend", "processes", "--n-jobs", "2", "--quiet")
    ran = shell.run("execute", f"{queue_file}:tenfold", "--data-range", "3", *forced)

    assert (ran.code, ran.out, ran.err) == (0, "0\n10\n20\n", "")


def test_a_file_with_the_name_of_a_standard_module_travels_by_value(
    shell: Shell, queue_file: str
) -> None:
    sent = shell.python(
        "import sys, cloudpickle; from amorsize.cli.target import find_target;"
        f"sys.stdout.write(cloudpickle.dumps(find_target('{queue_file}:tenfold')).hex())"
    )
    received = shell.python(f"import pickle; print(pickle.loads(bytes.fromhex('{sent}'))(4))")

    assert received == "40\n"


@pytest.mark.parametrize(
    ("target", "complaint", "hint"),
    [
        ("work:squrae", "work has no 'squrae'", "did you mean square?"),
        ("work.squrae", "work has no 'squrae'", "did you mean square?"),
        ("work:Box.twcie", "Box has no 'twcie'", "did you mean twice?"),
        ("work:NOT_A_FUNCTION", "is not a function", ""),
        ("wrok:square", "no module is called wrok", "did you mean work?"),
        ("json.decodr:JSONDecoder", "no module is called json.decodr", "did you mean decoder"),
        ("wrok.py:square", "no such file: wrok.py", "did you mean work.py?"),
        ("nowhere/work.py:square", "no such file: nowhere/work.py", "no folder nowhere"),
        ("work", "'work' names no function", "module:function"),
        ("work.py", "'work.py' names no function", "path/to/file.py:function"),
        ("work:", "'work:' names no function", "module:function"),
        (":square", "':square' names no function", "module:function"),
        ("wo/rk:square", "'wo/rk' is not the name of a module", "ends in .py"),
    ],
)
def test_a_target_that_is_not_there_is_refused_in_one_line(
    shell: Shell, target: str, complaint: str, hint: str
) -> None:
    told = shell.refuses("execute", target, "--data-range", "3")

    assert complaint in told
    assert hint in told.partition("hint: ")[2]


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        ("1 / 0", "cannot import broken: ZeroDivisionError: division by zero"),
        ("\nimport no_such_package", "No module named 'no_such_package'"),
        ("def f(:", "cannot import broken: SyntaxError: invalid syntax (broken.py, line 1)"),
        ("raise SystemExit('script')", "cannot import broken: SystemExit: script"),
    ],
)
def test_a_target_that_cannot_be_imported_is_refused_in_one_line(
    shell: Shell, code: str, complaint: str
) -> None:
    (shell.folder / "broken.py").write_text(code)

    told = shell.refuses("execute", "broken.py:f", "--data-range", "3")

    assert complaint in told
    assert f"broken.py, line {code.count(chr(10)) + 1})" in told
    assert "hint: python broken.py" in told


def test_pools_cannot_run_an_async_target(shell: Shell) -> None:
    (shell.folder / "waits.py").write_text("async def f(x):\n    return x\n")

    assert "async" in shell.refuses("optimize", "waits:f", "--data-range", "3")
