"""Chunks handed out through a pipe of 8-byte tokens: a ``read`` is an atomic claim.

No dispatcher and no lock: the kernel gives each token to exactly one reader. The write end
never blocks, and everybody who claims may also give back the rest of a chunk.
"""

from __future__ import annotations

import fcntl
import os
import struct
import termios
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

TOKEN: Final = struct.Struct("<Q")
COUNT_BITS: Final = 24
BIGGEST_COUNT: Final = (1 << COUNT_BITS) - 1
F_GETPIPE_SZ: Final = 1032
PIPE_BUF_TOKENS: Final = 4096 // TOKEN.size
"""A write of up to ``PIPE_BUF`` bytes is all or nothing (pipe(7))."""


class TokenPipe:
    """The queue of chunks that nobody has claimed yet."""

    __slots__ = ("capacity", "reader", "writer")

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.capacity = fcntl.fcntl(self.writer, F_GETPIPE_SZ) // TOKEN.size
        """Tokens that fit; some users get a single page."""

    def issue(self, tokens: Iterable[tuple[int, int]]) -> None:
        """Write (start, count) pairs; the caller keeps their number within ``capacity``.

        Raises:
            BlockingIOError: the pipe is full.
        """
        packed = [TOKEN.pack(start << COUNT_BITS | count) for start, count in tokens]
        for at in range(0, len(packed), PIPE_BUF_TOKENS):
            os.write(self.writer, b"".join(packed[at : at + PIPE_BUF_TOKENS]))

    def give_back(self, start: int, count: int) -> bool:
        """Offer a range to whoever is idle; false where the pipe has no room."""
        try:
            self.issue([(start, count)])
        except BlockingIOError:
            return False
        return True

    def claim(self) -> tuple[int, int] | None:
        """Take the next (start, count); ``None`` if there is none at the moment."""
        try:
            raw = os.read(self.reader, TOKEN.size)
        except BlockingIOError:
            return None
        if not raw:
            return None
        (token,) = TOKEN.unpack(raw)
        return token >> COUNT_BITS, token & BIGGEST_COUNT

    def is_empty(self) -> bool:
        waiting = bytearray(4)
        fcntl.ioctl(self.reader, termios.FIONREAD, waiting)
        return not any(waiting)

    def close(self) -> None:
        os.close(self.reader)
        os.close(self.writer)
