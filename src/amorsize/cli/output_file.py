"""A file that appears only when it is complete."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from amorsize.cli.exits import OutputFailedError
from amorsize.errors import UsageError
from amorsize.machine.outputs import landing_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from io import FileIO

FORBIDDEN: Final = "choose a folder that you may write to"
HINTS: Final = {
    errno.ENOENT: "--output names a file in a folder that exists",
    errno.ENOTDIR: "--output names a file in a folder that exists",
    errno.ENAMETOOLONG: "choose a shorter name: up to 20 characters are added until it is complete",
    errno.EACCES: FORBIDDEN,
    errno.EPERM: FORBIDDEN,
    errno.EROFS: FORBIDDEN,
}
READ_BYTES: Final = 2**20


class Kept(NamedTuple):
    """The lines that a run left behind when it failed."""

    path: Path
    lines: int


class ToFile:
    """Writes under a name of its own beside ``FILE``, and renames.

    The name is ``FILE.<8 digits>.unfinished``, so that no other file is touched; it becomes
    ``FILE`` when complete, and ``FILE.partial`` on failure. A device or a pipe cannot be
    replaced, so lines go straight to it.
    """

    def __init__(self, name: str, *, read: Iterable[str | int] = ()) -> None:
        """``read`` names files that are input, by path or descriptor."""
        with _refusing(name):
            self._path, self._replaces = landing_of(name)
            if self._path.is_dir():
                msg = f"cannot write to {name}: it is a folder"
                raise UsageError(msg, hint="--output names a file")
            self._partial = Path(f"{self._path}.partial")
            if self._replaces:
                _refuse_input(self._partial, read)
            self._stream = _beside(self._path) if self._replaces else _opened(self._path, "wb")

    @property
    def _beside(self) -> Path:
        return Path(os.fsdecode(self._stream.name))

    def write(self, lines: Sequence[str], /) -> None:
        left = memoryview("".join(f"{line}\n" for line in lines).encode(errors="backslashreplace"))
        try:
            while left:
                left = left[self._stream.write(left) or 0 :]
        except OSError as error:
            raise OutputFailedError.for_place(str(self._path), error) from error

    def settled(self) -> int | None:
        """How many lines there are, after an interruption: what was torn by it is removed."""
        if not self._replaces:
            return None
        lines = _whole_lines(self._beside)
        self._stream.seek(0, os.SEEK_END)
        return lines

    def finish(self) -> None:
        try:
            if self._replaces:
                os.fsync(self._stream.fileno())
            self._stream.close()
            if self._replaces:
                self._beside.replace(self._path)
        except OSError as error:
            raise OutputFailedError.for_place(str(self._path), error) from error

    def abandon(self) -> Kept | None:
        with suppress(OSError):
            self._stream.close()
        if not self._replaces or not self._beside.exists():
            return None
        lines = _whole_lines(self._beside)
        if lines == 0:
            self._beside.unlink()
            return None
        try:
            return Kept(self._beside.replace(self._partial), lines)
        except OSError:  # it stays where it is
            return Kept(self._beside, lines)


@contextmanager
def _refusing(name: str) -> Iterator[None]:
    if not name:
        msg = "--output needs the name of a file, got an empty one"
        raise UsageError(msg, hint="is a variable of the shell unset?")
    try:
        yield
    except OSError as error:
        msg = f"cannot write to {name}: {error.strerror}"
        raise UsageError(msg, hint=HINTS.get(error.errno or 0, "choose another place")) from error


def _refuse_input(partial: Path, read: Iterable[str | int]) -> None:
    try:
        there = partial.stat()
    except FileNotFoundError:
        return
    if any(_is_same(one, there) for one in read):
        msg = f"{partial} is input of this run, which would replace it on failure"
        raise UsageError(msg, hint="rename it, or choose another --output")


def _is_same(file: str | int, there: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.stat(file), there)  # noqa: PTH116 - it may be a descriptor
    except (OSError, ValueError):  # no file at all, or no name for one
        return False


def _beside(path: Path) -> FileIO:
    while True:
        with suppress(FileExistsError):
            return _opened(path.with_name(f"{path.name}.{os.urandom(4).hex()}.unfinished"), "xb")


def _opened(path: Path, mode: str) -> FileIO:
    """Without a buffer: what was written is in the file, whatever happens next."""
    from io import FileIO

    return FileIO(path, mode)


def _whole_lines(path: Path) -> int:
    """Count lines, and cut off what follows the last line end."""
    lines = whole = size = 0
    with path.open("rb+", buffering=0) as file:
        while block := file.read(READ_BYTES):
            lines += block.count(b"\n")
            if (last := block.rfind(b"\n")) >= 0:
                whole = size + last + 1
            size += len(block)
        if whole < size:
            file.truncate(whole)
    return lines
