from __future__ import annotations

from typing import TYPE_CHECKING

import amorsize
from amorsize.cli.exits import MEANING, Exit

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

HEAVY = {"asyncio", "cloudpickle", "loky", "multiprocessing", "numpy", "psutil", "rich"}


def test_the_version_is_the_package_s(shell: Shell) -> None:
    ran = shell.run("--version")

    assert (ran.code, ran.out) == (0, f"amorsize {amorsize.__version__}\n")


def test_every_help_page_lists_every_exit_code(shell: Shell) -> None:
    for command in ((), ("execute",), ("optimize",), ("machine",), ("cache",), ("cache", "show")):
        ran = shell.run(*command, "--help")

        assert (ran.code, ran.err) == (0, "")
        for code in Exit:
            assert f"  {code:<4}{MEANING[code]}\n" in ran.out


def test_a_command_that_is_not_there_is_refused_in_one_line(shell: Shell) -> None:
    assert "invalid choice: 'optimise'" in shell.refuses("optimise", "work:echo")
    assert "required: COMMAND" in shell.refuses()


def test_help_into_a_closed_pipe_ends_without_a_word(shell: Shell) -> None:
    with shell.start("execute", "--help") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""

    assert process.returncode == 141


def test_the_command_line_itself_imports_nothing_heavy(shell: Shell) -> None:
    look = (
        "import sys; from amorsize.cli.app import build_parser; build_parser();"
        f"print(sorted({HEAVY} & sys.modules.keys()))"
    )

    assert shell.python(look) == "[]\n"


def test_a_command_is_one_file(shell: Shell) -> None:
    (shell.folder / "more").mkdir()
    (shell.folder / "more" / "greet.py").write_text(
        "from amorsize.cli.command import Command\n"
        "def run(args):\n    print('hello', args.name)\n    return 7\n"
        "COMMAND = Command('greet', lambda parser: parser.add_argument('name'), run)\n"
    )
    start = (
        "from amorsize.cli import commands, main; commands.__path__.append('more');"
        "print('code', main(['greet', 'you']))"
    )

    assert shell.python(start) == "hello you\ncode 7\n"
