"""Lines of standard input as they come: how many there are is known before one is waited for."""

from __future__ import annotations

import os
import select
import sys
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from amorsize.cli.exits import InputError
from amorsize.cli.inputs import BYTE_ORDER_MARK, json_value

if TYPE_CHECKING:
    from collections.abc import Iterator

READ_BYTES: Final = 1 << 16
NAME: Final = "standard input"


class LiveLines:
    """Iterates over the lines that are not blank, as text or as values of JSON."""

    def __init__(self, *, text: bool) -> None:
        """Raises ``InputError`` where standard input is closed."""
        if sys.stdin is None:
            msg = "standard input is closed"
            raise InputError(msg, hint="pipe lines into the command")
        self._descriptor = sys.stdin.fileno()
        self._text = text
        self._lines: deque[tuple[int, bytes]] = deque()
        self._begun: list[bytes] = []
        """Parts of a line whose end has not come."""
        self._number = 0
        self._has_ended = False

    def at_hand(self) -> int:
        """So many can be read without waiting; the end of input is not waited for either."""
        while not self._lines and not self._has_ended and self._has_come():
            self._read()
        return len(self._lines) + self._has_ended

    def _has_come(self) -> bool:
        try:
            return bool(select.select([self._descriptor], [], [], 0)[0])
        except (OSError, ValueError):  # Windows knows this of sockets only
            return False

    def __iter__(self) -> Iterator[Any]:
        while True:
            while not self._lines and not self._has_ended:
                self._read()
            if not self._lines:
                return
            yield self._value(*self._lines.popleft())

    def _read(self) -> None:
        try:
            data = os.read(self._descriptor, READ_BYTES)
        except OSError as error:
            msg = f"cannot read {NAME} after line {self._number}: {error.strerror}"
            raise InputError(msg) from error
        self._has_ended = not data
        first, *others = data.split(b"\n")
        self._begun.append(first)
        for part in others:
            self._add(b"".join(self._begun))
            self._begun = [part]
        if self._has_ended:
            self._add(b"".join(self._begun))

    def _add(self, line: bytes) -> None:
        self._number += 1
        if line.strip():
            self._lines.append((self._number, line))

    def _value(self, number: int, line: bytes) -> object:
        where = f"line {number} of {NAME}"
        try:
            text = line.decode().removesuffix("\r")
        except UnicodeDecodeError as error:
            msg = f"{where} is not UTF-8: byte {error.start + 1} is {line[error.start]:#04x}"
            raise InputError(msg, hint="iconv -f LATIN1 -t UTF-8 converts it") from error
        if number == 1:
            text = text.removeprefix(BYTE_ORDER_MARK)
        return text if self._text else json_value(text, where)
