"""What a watched worker and its caller say to each other: letters through two pipes.

A letter is in the pipe before its worker starts the next item, and what is in a pipe outlives
the process that wrote it. The caller never waits for a pipe: it reads what is there, and keeps
the rest of what it could not write yet.
"""

from __future__ import annotations

import os
import struct
from contextlib import suppress
from enum import IntEnum
from typing import Final, NamedTuple

HEAD: Final = struct.Struct("<qqqqq")
READ_BYTES: Final = 1 << 20


class Kind(IntEnum):
    """What a letter tells, of the item ``at`` if nothing else is said."""

    # to the worker
    FUNCTION = 0
    """The function, for a worker that was not forked."""
    CHUNK = 1
    """``first`` items from ``at`` on, pickled."""
    INHERITED = 2
    """The same, of items that the worker has inherited."""
    # to the caller
    RESULT = 3
    FAILED = 4
    """It raised; the payload is the exception."""
    STRANDED = 5
    """Its result or exception cannot travel; the payload says why."""
    UNREAD = 6
    """The chunk ends here: its items cannot be unpickled; the payload says why."""
    BAD_FUNCTION = 7
    """The function cannot be loaded; the payload says why."""
    DONE = 8
    """The chunk ends here; it took ``first`` nanoseconds in all."""
    LOG = 9
    """A log record or a warning, of no item in particular."""


class Letter(NamedTuple):
    """One message. ``first`` and ``second`` are times in nanoseconds, wall and CPU, of results."""

    kind: Kind
    at: int
    """The index of an item."""
    payload: bytes = b""
    first: int = 0
    second: int = 0


def packed(letter: Letter) -> bytes:
    """As it goes through a pipe."""
    head = HEAD.pack(letter.kind, letter.at, letter.first, letter.second, len(letter.payload))
    return head + letter.payload


def write(descriptor: int, letter: Letter) -> None:
    """In a worker: write all of it, however long that takes."""
    rest = memoryview(packed(letter))
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def read(descriptor: int) -> Letter | None:
    """In a worker: wait for the next one; ``None`` when the caller has hung up."""
    head = _read_exactly(descriptor, HEAD.size)
    if len(head) < HEAD.size:
        return None
    kind, at_item, first, second, size = HEAD.unpack(head)
    return Letter(Kind(kind), at_item, _read_exactly(descriptor, size), first, second)


def _read_exactly(descriptor: int, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size and (part := os.read(descriptor, size - len(parts))):
        parts += part
    return bytes(parts)


class LetterBox:
    """The caller's end of what one worker writes."""

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self.descriptor = descriptor
        self._unread = bytearray()

    def empty(self) -> list[Letter]:
        """All letters that have come whole; half of one stays, for ever if its writer died."""
        with suppress(BlockingIOError):
            while part := os.read(self.descriptor, READ_BYTES):
                self._unread += part
        letters, at = [], 0
        while at + HEAD.size <= len(self._unread):
            kind, at_item, first, second, size = HEAD.unpack_from(self._unread, at)
            end = at + HEAD.size + size
            if end > len(self._unread):
                break
            payload = bytes(memoryview(self._unread)[at + HEAD.size : end])
            letters.append(Letter(Kind(kind), at_item, payload, first, second))
            at = end
        if at:
            del self._unread[:at]
        return letters


class Outgoing:
    """The caller's end of what one worker reads."""

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self.descriptor = descriptor
        self._rest = memoryview(b"")

    def put(self, letter: Letter) -> None:
        self._rest = memoryview(bytes(self._rest) + packed(letter))
        self.push()

    def push(self) -> None:
        """Write as much as the pipe takes. A reader that has died is found out otherwise."""
        with suppress(BlockingIOError, BrokenPipeError):
            while self._rest and self.descriptor >= 0:
                self._rest = self._rest[os.write(self.descriptor, self._rest) :]

    def close(self) -> None:
        """Once, however often it is asked for."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    @property
    def is_waiting(self) -> bool:
        """Whether something is left to be pushed."""
        return len(self._rest) > 0
