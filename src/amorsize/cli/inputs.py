"""The items: from exactly one of ``--data-range, -file, -glob, -stdin, -call``.

Small files are read whole before anything runs: a bad line costs nothing, and the length is
known. Large ones, pipes and standard input are read as the run goes on, so they need not fit
in memory; a bad line then ends the run, as a failing item does.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from glob import iglob
from inspect import signature
from os.path import expanduser
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from amorsize.cli.exits import InputError
from amorsize.cli.suggest import similar_files
from amorsize.cli.target import beside, find_target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import BinaryIO

WHOLE_BYTES: Final = 64 * 2**20
"""Files up to this size are read at once: as objects some 100 to 500 MB. Not tuned."""

BYTE_ORDER_MARK: Final = "\ufeff"
UTF_16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


def add_input_arguments(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """Add the flags that say where items come from."""
    group = parser.add_argument_group("items, from exactly one of")
    one = group.add_mutually_exclusive_group(required=required)
    one.add_argument("--data-range", type=_count, metavar="N", help="the numbers 0 to N-1")
    one.add_argument(
        "--data-file",
        metavar="FILE",
        help="the lines of a UTF-8 file; the values of .jsonl, the rows of .csv as dicts",
    )
    one.add_argument(
        "--data-glob", metavar="PATTERN", help="paths that match, sorted; ** searches folders too"
    )
    one.add_argument("--data-stdin", action="store_true", help="the lines of standard input")
    one.add_argument(
        "--data-call",
        metavar="TARGET",
        help="what a function without arguments returns; :function is one beside TARGET",
    )


def read_items(args: argparse.Namespace) -> Iterable[Any]:
    """Open what the flags name.

    Raises:
        InputError: it does not exist, or cannot be read as what it should be.
    """
    if args.data_range is not None:
        return range(args.data_range)
    if args.data_file is not None:
        return _from_file(args.data_file)
    if args.data_glob is not None:
        return _from_glob(args.data_glob)
    if args.data_call is not None:
        return _from_call(beside(args.target, args.data_call))
    return _from_stdin()


def check_some_input(args: argparse.Namespace) -> None:
    """Where the flags are not required as such, see that one is there.

    Raises:
        InputError: none is.
    """
    if not args.data_stdin and args.data_range is None:
        named = (args.data_file, args.data_glob, args.data_call)
        if all(name is None for name in named):
            msg = "there are no items"
            raise InputError(msg, hint="--data-range 1000 gives the numbers 0 to 999")


def files_read(args: argparse.Namespace, items: Iterable[Any]) -> Iterator[str | int]:
    """Files that are input, by path or descriptor: those that flags name, and items that are."""
    if args.data_stdin:
        yield sys.stdin.fileno()
    if args.data_file is not None:
        yield args.data_file
    if isinstance(items, list | tuple):
        everything = args.data_file is None  # a file of lines holds paths now and then
        for item in items:
            if isinstance(item, str) and (everything or item.endswith(".partial")):
                yield item


def _count(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = -1
    if number > sys.maxsize:
        msg = f"must be at most {sys.maxsize:,}, got {text!r}"
        raise argparse.ArgumentTypeError(msg)
    if number < 0:
        msg = f"must be a whole number from 0 on, got {text!r}"
        raise argparse.ArgumentTypeError(msg)
    return number


def _from_glob(pattern: str) -> list[str]:
    home = expanduser(pattern)  # noqa: PTH111 - pathlib would drop a leading ./ ...
    paths = sorted(iglob(home, recursive=True))  # noqa: PTH207 - ... and searches no absolute folder
    if not paths:
        msg = f"no file matches {pattern!r}"
        raise InputError(msg, hint="** in a pattern stands for any number of folders")
    return paths


def _from_call(target: str) -> Iterable[Any]:
    from amorsize.sample.facts import is_async

    call = find_target(target)
    if is_async(call):
        msg = f"--data-call {target} is an async function: it gives a coroutine, not items"
        raise InputError(msg, hint="name a plain function")
    try:
        signature(call).bind()
    except TypeError as error:
        msg = f"--data-call {target} needs arguments: {error}"
        raise InputError(msg, hint="wrap it in a function without any") from error
    except ValueError:  # written in C, and does not tell
        pass
    items = call()
    if not hasattr(type(items), "__iter__") and not hasattr(type(items), "__getitem__"):
        msg = f"--data-call {target} gave {type(items).__name__}, which is not iterable"
        raise InputError(msg, hint="return a list, or yield items")
    return cast("Iterable[Any]", items)


def _from_stdin() -> Iterator[str]:
    if sys.stdin is None:
        msg = "standard input is closed"
        raise InputError(msg, hint="pipe lines into the command")
    return _lines(sys.stdin.buffer, "standard input")


def _from_file(name: str) -> Iterable[Any]:
    if not name:
        msg = "--data-file needs the name of a file, got an empty one"
        raise InputError(msg, hint="is a variable of the shell unset?")
    path = Path(name)
    try:
        stream = path.open("rb")
    except FileNotFoundError as error:
        msg = f"no such file: {name}"
        raise InputError(msg, hint=similar_files(path)) from error
    except OSError as error:
        msg = f"cannot read {name}: {error.strerror}"
        raise InputError(msg, hint=_unreadable(name, error)) from error
    items = _closing(stream, READERS.get(path.suffix.lower(), _lines)(stream, name))
    small = path.is_file() and path.stat().st_size <= WHOLE_BYTES
    return list(items) if small else items


def _unreadable(name: str, error: OSError) -> str:
    if isinstance(error, IsADirectoryError):
        return f"--data-glob '{name.rstrip('/')}/*' gives the paths in it"
    if isinstance(error, PermissionError):
        return f"ls -l {name} shows who may read it"
    return "--data-file names a file"


def _closing(stream: BinaryIO, items: Iterator[Any]) -> Iterator[Any]:
    with stream:
        yield from items


def _lines(stream: BinaryIO, name: str) -> Iterator[str]:
    return (line.removesuffix("\n").removesuffix("\r") for line in _decoded(stream, name))


def _decoded(stream: BinaryIO, name: str) -> Iterator[str]:
    number = 0
    try:
        for number, line in enumerate(stream, 1):
            text = line.decode()
            yield text.removeprefix(BYTE_ORDER_MARK) if number == 1 else text
    except UnicodeDecodeError as error:
        at = f"byte {error.start + 1} is {error.object[error.start]:#04x}"
        msg = f"line {number} of {name} is not UTF-8: {at}"
        is_utf16 = number == 1 and error.object.startswith(UTF_16_MARKS)
        code = "UTF-16" if is_utf16 else "LATIN1"
        raise InputError(msg, hint=f"iconv -f {code} -t UTF-8 converts it") from error
    except OSError as error:
        msg = f"cannot read {name} after line {number}: {error.strerror}"
        raise InputError(msg, hint="results of the lines before it are not affected") from error


def _json_values(stream: BinaryIO, name: str) -> Iterator[Any]:
    for number, line in enumerate(_lines(stream, name), 1):
        if line and not line.isspace():
            yield json_value(line, f"line {number} of {name}")


def json_value(line: str, where: str) -> object:
    """One value of JSON. Raises ``InputError``, which names the place."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        why = (
            f"{error.msg} at column {error.colno}"
            if isinstance(error, json.JSONDecodeError)
            else error
        )
        msg = f"bad JSON on {where}: {why}"
        raise InputError(msg, hint="each line of a .jsonl file is one JSON value") from error


def _csv_rows(stream: BinaryIO, name: str) -> Iterator[dict[str, str]]:
    header: list[str] | None = None
    for number, row in _csv_lists(stream, name):
        if header is None:
            header = row
            if len(set(header)) < len(header):
                raise _bad_csv(number, name, "two columns have the same name")
        elif len(row) != len(header):
            raise _bad_csv(number, name, f"{len(row)} fields in {len(header)} columns")
        else:
            yield dict(zip(header, row, strict=True))


def _csv_lists(stream: BinaryIO, name: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not blank, with the number of the line each ends on."""
    reader = csv.reader(_decoded(stream, name), strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise _bad_csv(reader.line_num, name, str(error)) from error


def _bad_csv(number: int, name: str, why: str) -> InputError:
    msg = f"bad CSV on line {number} of {name}: {why}"
    return InputError(msg, hint="the first row names the columns; fields are set apart by commas")


READERS: Final[dict[str, Callable[[BinaryIO, str], Iterator[Any]]]] = {
    ".jsonl": _json_values,
    ".csv": _csv_rows,
}
