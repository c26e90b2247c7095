"""Where lines go: a file that appears only when complete, standard output, or memory."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from amorsize.cli.exits import OutputFailedError
from amorsize.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amorsize.cli.lines import LineOf
    from amorsize.cli.streams import DataOutput


class Place(Protocol):
    """Takes whole lines; ends by ``finish`` or by ``abandon``."""

    def write(self, lines: Sequence[str], /) -> None: ...

    def finish(self) -> None:
        """All lines are there."""

    def abandon(self) -> Path | None:
        """No more lines will come; tells which file holds those so far, if one does."""


class ToOutput:
    def __init__(self, output: DataOutput) -> None:
        self._output = output

    def write(self, lines: Sequence[str], /) -> None:
        self._output.write("".join(f"{line}\n" for line in lines))

    def finish(self) -> None:
        pass

    def abandon(self) -> None:
        pass


class ToMemory:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, lines: Sequence[str], /) -> None:
        self.lines.extend(lines)

    def finish(self) -> None:
        pass

    def abandon(self) -> None:
        pass


class ToFile:
    """Writes ``FILE.partial`` beside, which becomes ``FILE`` when complete.

    A device or a pipe cannot be replaced, so lines go straight to it.
    """

    def __init__(self, name: str) -> None:
        named = Path(name)
        self._replaces = named.is_file() or not named.exists()
        self._path = named.resolve() if self._replaces and named.is_symlink() else named
        self._beside = Path(f"{self._path}.partial") if self._replaces else self._path
        if self._path.is_dir():
            msg = f"cannot write to {name}: it is a folder"
            raise UsageError(msg, hint="--output names a file")
        try:
            self._stream = self._beside.open("wb")
        except OSError as error:
            msg = f"cannot write to {self._beside}: {error.strerror}"
            raise UsageError(msg, hint="--output names a file in a folder that exists") from error

    def write(self, lines: Sequence[str], /) -> None:
        text = "".join(f"{line}\n" for line in lines)
        try:
            self._stream.write(text.encode("utf-8", "backslashreplace"))
            self._stream.flush()
        except OSError as error:
            raise OutputFailedError.for_place(str(self._beside), error) from error

    def finish(self) -> None:
        try:
            if self._replaces:
                os.fsync(self._stream.fileno())
            self._stream.close()
            if self._replaces:
                self._beside.replace(self._path)
        except OSError as error:
            raise OutputFailedError.for_place(str(self._path), error) from error

    def abandon(self) -> Path | None:
        with suppress(OSError):
            self._stream.close()
        if not self._replaces:
            return None
        if self._beside.stat().st_size > 0:
            return self._beside
        self._beside.unlink()
        return None


class Results:
    """Takes results in input order, and writes each as one line."""

    def __init__(self, place: Place, line_of: LineOf) -> None:
        self._place = place
        self._line_of = line_of
        self.count = 0

    def take(self, results: Sequence[object]) -> None:
        """Write the next results; those before a misfit are written all the same."""
        lines: list[str] = []
        try:
            for index, result in enumerate(results, self.count):
                lines.append(self._line_of(result, index))
        finally:
            self._place.write(lines)
            self.count += len(lines)

    def finish(self) -> None:
        self._place.finish()

    def abandon(self) -> Path | None:
        return self._place.abandon()

    @property
    def kept_lines(self) -> list[str] | None:
        """The lines themselves, where they are kept in memory."""
        return self._place.lines if isinstance(self._place, ToMemory) else None
