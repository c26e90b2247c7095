"""Where lines go: standard output, memory, or a file, which has ``output_file`` to itself."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Protocol, TypedDict

from amorsize.errors import AmorsizeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from amorsize.cli.lines import LineOf
    from amorsize.cli.output_file import Kept
    from amorsize.cli.streams import DataOutput


class Place(Protocol):
    """Takes whole lines; ends by ``finish`` or by ``abandon``."""

    def write(self, lines: Sequence[str], /) -> None: ...

    def settled(self) -> int | None:
        """How many lines are there for certain after an interruption, where that is known."""

    def finish(self) -> None:
        """All lines are there."""

    def abandon(self) -> Kept | None:
        """No more lines will come; tells which file holds those so far, if one does."""


class ToOutput:
    def __init__(self, output: DataOutput) -> None:
        self._output = output

    def write(self, lines: Sequence[str], /) -> None:
        self._output.write("".join(f"{line}\n" for line in lines))

    def settled(self) -> None:
        pass

    def finish(self) -> None:
        pass

    def abandon(self) -> None:
        pass


class ToMemory:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, lines: Sequence[str], /) -> None:
        self.lines.extend(lines)

    def settled(self) -> int:
        return len(self.lines)

    def finish(self) -> None:
        pass

    def abandon(self) -> None:
        pass


class Watching(TypedDict):
    """Keywords of ``api.run.run``."""

    deliver: Callable[[Sequence[object]], None]
    interrupted: Callable[[Sequence[object]], None]


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

    def interrupted(self, results: Sequence[object]) -> None:
        """Write what is missing of all ``results`` that had come when Ctrl-C did."""
        there = self._place.settled()
        if there is not None:
            self.count = there
            with suppress(AmorsizeError):  # Ctrl-C is what ends the run
                self.take(results[there:])

    def finish(self) -> None:
        self._place.finish()

    def abandon(self) -> Kept | None:
        return self._place.abandon()

    @property
    def hooks(self) -> Watching:
        """What a run calls."""
        return {"deliver": self.take, "interrupted": self.interrupted}

    @property
    def kept_lines(self) -> list[str] | None:
        """The lines themselves, where they are kept in memory."""
        return self._place.lines if isinstance(self._place, ToMemory) else None
