from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

import pytest

from amorsize.cli import inputs
from amorsize.cli.app import build_parser
from amorsize.cli.exits import InputError
from amorsize.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.cli.conftest import Shell


def items_of(*flags: str) -> Iterable[Any]:
    return inputs.read_items(build_parser().parse_args(["execute", "builtins:len", *flags]))


@pytest.fixture(params=["read whole", "read as it goes"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "read as it goes":
        monkeypatch.setattr(inputs, "WHOLE_BYTES", -1)


@pytest.mark.usefixtures("either_way")
class TestFiles:
    def test_text_gives_its_lines_without_their_ends(self, tmp_path: Path) -> None:
        file = tmp_path / "a.log"
        file.write_bytes("\ufeffone\r\n\n  zwölf \nlast".encode())

        assert list(items_of("--data-file", str(file))) == ["one", "", "  zwölf ", "last"]

    def test_jsonl_gives_its_values_and_skips_blank_lines(self, tmp_path: Path) -> None:
        file = tmp_path / "a.jsonl"
        file.write_text('{"a": 1}\n\n  \n[2, "ü"]\nnull\n', encoding="utf-8")

        assert list(items_of("--data-file", str(file))) == [{"a": 1}, [2, "ü"], None]

    def test_csv_gives_its_rows_by_name(self, tmp_path: Path) -> None:
        file = tmp_path / "a.CSV"
        file.write_text('\ufeffa,b\n1,"x, ""y""\nz"\n\n2,\n', encoding="utf-8")

        found = list(items_of("--data-file", str(file)))

        assert found == [{"a": "1", "b": 'x, "y"\nz'}, {"a": "2", "b": ""}]

    def test_an_empty_file_has_no_items(self, tmp_path: Path) -> None:
        for name in ("a.txt", "a.csv", "a.jsonl"):
            (tmp_path / name).touch()

            assert list(items_of("--data-file", str(tmp_path / name))) == []

    @pytest.mark.parametrize(
        ("name", "content", "complaint"),
        [
            ("a.jsonl", b'1\n\n{"a" 1}\n', "bad JSON on line 3 of .*a.jsonl: Expecting ':'"),
            ("a.jsonl", b"[" * 100_000, "bad JSON on line 1 of .*a.jsonl: "),
            ("a.csv", b"a,b\n1,2\n3\n", "bad CSV on line 3 of .*a.csv: 1 fields in 2 columns"),
            ("a.csv", b"a,b\n1,2,3\n", "bad CSV on line 2 of .*a.csv: 3 fields in 2 columns"),
            ("a.csv", b"a,a\n1,2\n", "bad CSV on line 1 of .*a.csv: two columns"),
            ("a.csv", b'a,b\n1,"2\n', "bad CSV on line 2 of .*a.csv: unexpected end"),
            ("a.log", b"one\ntw\xf6\n", "line 2 of .*a.log is not UTF-8: byte 3 is 0xf6"),
            ("a.jsonl", b'1\n"\xf6"\n', "line 2 of .*a.jsonl is not UTF-8"),
        ],
    )
    def test_a_bad_line_is_named(
        self, tmp_path: Path, name: str, content: bytes, complaint: str
    ) -> None:
        (tmp_path / name).write_bytes(content)

        with pytest.raises(InputError, match=complaint):
            list(items_of("--data-file", str(tmp_path / name)))


def test_small_files_have_a_length_and_large_ones_are_not_read_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text("1\n2\nbad\n")
    with pytest.raises(InputError):
        items_of("--data-file", str(file))

    monkeypatch.setattr(inputs, "WHOLE_BYTES", 3)
    items = iter(items_of("--data-file", str(file)))

    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(InputError):
        next(items)


@pytest.mark.slow
def test_a_range_and_what_a_function_returns(shell: Shell) -> None:
    assert items_of("--data-range", "1_000") == range(1000)
    assert items_of("--data-range", "0") == range(0)
    ran = shell.run("execute", "work.py:square", "--data-call", "work:three", "--quiet")
    assert ran.out == "1\n4\n9\n"


@pytest.mark.parametrize(
    "target", ["work.py:square", "work:square", "work.square", "work.Box.twice"]
)
def test_a_function_beside_the_target(shell: Shell, target: str) -> None:
    ran = shell.run("execute", target, "--data-call", ":three", "--quiet")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out == ("2\n4\n6\n" if "Box" in target else "1\n4\n9\n")


def test_a_pattern_gives_sorted_paths_from_all_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("b.txt", "a.txt", "c.log", "sub/deep/d.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "sub"))

    assert items_of("--data-glob", "*.txt") == ["a.txt", "b.txt"]
    assert items_of("--data-glob", "./**/*.txt") == ["./a.txt", "./b.txt", "./sub/deep/d.txt"]
    assert items_of("--data-glob", f"{tmp_path}/s*/**/*.txt") == [f"{tmp_path}/sub/deep/d.txt"]
    assert items_of("--data-glob", "~/deep/*") == [f"{tmp_path}/sub/deep/d.txt"]


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        ((), "one of the arguments --data-range --data-file .* is required"),
        (("--data-range", "3", "--data-stdin"), "not allowed with argument"),
        (("--data-range", "-3"), "must be a whole number from 0 on, got '-3'"),
        (("--data-range", "many"), "must be a whole number from 0 on, got 'many'"),
        (("--data-file", "no/such"), "no such file: no/such"),
        (("--data-file", os.curdir), "cannot read .: Is a directory"),
        (("--data-glob", "no/such*"), r"no file matches 'no/such\*'"),
        (("--data-call", "builtins:divmod"), "--data-call builtins:divmod needs arguments"),
    ],
)
def test_input_that_is_not_there_is_refused(flags: tuple[str, ...], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        items_of(*flags)


def test_what_may_not_be_read_is_refused_with_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.open", denied)  # root may read anything
        with pytest.raises(UsageError, match="cannot read secret: Permission denied") as told:
            items_of("--data-file", "secret")

    assert told.value.hint == "ls -l secret shows who may read it"


def test_a_bad_line_of_a_file_is_found_before_anything_runs(shell: Shell) -> None:
    (shell.folder / "a.jsonl").write_text("1\n2\n{\n")

    told = shell.refuses(
        "execute", "work:counted_set", "--data-file", "a.jsonl", "--output", "o.jsonl"
    )

    assert "bad JSON on line 3 of a.jsonl" in told
    assert sorted(p.name for p in shell.folder.glob("[aco]*")) == ["a.jsonl"]


def test_a_shell_that_replaced_the_pattern_is_explained(shell: Shell) -> None:
    told = shell.refuses("execute", "work:echo", "--data-glob", "a.txt", "b.txt")

    assert "quote the pattern" in told


def test_standard_input_is_read_as_it_comes(shell: Shell) -> None:
    with shell.start("execute", "work:echo", "--data-stdin", "--quiet") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("first\n")
        process.stdin.flush()

        assert process.stdout.readline() == '"first"\n'
        assert process.communicate("last")[0] == '"last"\n'


def test_a_bad_line_of_standard_input_ends_the_run_and_keeps_what_was_done(shell: Shell) -> None:
    ran = shell.run("execute", "work:echo", "--data-stdin", given=b"one\ntwo\nthr\xe9\xe9\nfour\n")

    assert (ran.code, ran.out) == (2, '"one"\n"two"\n')
    assert ran.err.startswith("error: line 3 of standard input is not UTF-8: byte 4 is 0xe9\n")
