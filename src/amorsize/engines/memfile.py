"""Results on their way home: frames appended to a memory file that the caller maps.

The worker never waits for the caller. Small results travel inside a pickle; large buffers lie
beside it and come back as writable views on the mapping, without a copy.
"""

from __future__ import annotations

import mmap
import os
import pickle
import struct
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

OUT_OF_BAND_BYTES: Final = 64 * 1024
"""Smaller buffers are cheaper inside the pickle than as views of their own."""

WINDOW_BYTES: Final = 1 << 36
"""Address space that one mapping covers: only pages written take memory."""

ALIGN: Final = 64
"""Buffers start on cache lines, as array libraries like it."""

RELEASE_BYTES: Final = 4 << 20
"""Pages that were read are given back to the system in steps of this size, or before buffers that
are kept."""

MAP_NORESERVE: Final = 0x4000
"""Of mmap(2), on Linux: address space that is never filled is not to be accounted for."""

HEADER: Final = struct.Struct("<qqqqqq")


class FrameKind(IntEnum):
    """What a frame tells."""

    RESULTS = 0
    FAILED = 1
    """The item after the results raised: the payload is the exception."""
    STRANDED = 2
    """Results or an exception of these items cannot travel: the payload says why."""
    ENDED = 3
    """The input ended at ``start``."""
    UNREAD = 4
    """These items could not be unpickled here: nobody has run them."""
    LOG = 5
    """A log record or a warning, about no item in particular."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One message of a worker about ``covered`` claimed items from ``start`` on."""

    kind: FrameKind
    start: int
    covered: int
    busy_s: float
    payload: bytes | memoryview
    buffers: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class Packed:
    """A pickle and the large buffers that lie beside it."""

    payload: bytes
    buffers: list[memoryview]


def pack(value: Any) -> Packed:
    """Pickle ``value``, large buffers out of band.

    Raises:
        Exception: whatever the value's own pickling raises.
    """
    buffers: list[memoryview] = []

    def keep_inside(buffer: pickle.PickleBuffer) -> bool:
        try:
            raw = buffer.raw()
        except BufferError:  # not contiguous
            return True
        if raw.nbytes < OUT_OF_BAND_BYTES:
            return True
        buffers.append(raw)
        return False

    return Packed(pickle.dumps(value, 5, buffer_callback=keep_inside), buffers)


def memory_file() -> int:
    """A file that exists in memory only. Raises ``OSError`` where there is none to be had."""
    descriptor = os.memfd_create("amorsize", os.MFD_CLOEXEC)
    try:
        os.ftruncate(descriptor, WINDOW_BYTES)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


class FrameWriter:
    """The worker's end: appends frames; ``end`` is the size that may be committed."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.end = 0

    def append(self, frame: Frame) -> None:
        """Write one frame. Raises ``OSError`` where memory has run out; ``end`` then stays."""
        sizes = [memoryview(buffer).nbytes for buffer in frame.buffers]
        head = HEADER.pack(
            frame.kind,
            frame.start,
            frame.covered,
            int(frame.busy_s * 1e9),
            len(frame.payload),
            len(sizes),
        ) + struct.pack(f"<{len(sizes)}q", *sizes)
        write_all(self._descriptor, [head, frame.payload], self.end)
        at = self.end + len(head) + len(frame.payload)
        for buffer, size in zip(frame.buffers, sizes, strict=True):
            at = _aligned(at)
            write_all(self._descriptor, [buffer], at)
            at += size
        self.end = _aligned(at)


def write_all(descriptor: int, parts: list[Any], at: int) -> None:
    """Write ``parts`` one after the other at an offset, however often the kernel stops short."""
    wanted = sum(memoryview(part).nbytes for part in parts)
    written = os.pwritev(descriptor, parts, at)
    if written < wanted:
        rest = memoryview(b"".join(parts))[written:]
        while rest.nbytes:
            more = os.pwrite(descriptor, rest, at + written)
            written, rest = written + more, rest[more:]


def read_all(descriptor: int, at: int, size: int) -> bytes:
    """Exactly ``size`` bytes from an offset."""
    data = os.pread(descriptor, size, at)
    while len(data) < size:
        data += os.pread(descriptor, size - len(data), at + len(data))
    return data


class FrameReader:
    """The caller's end: reads the frames that a worker has committed, in order."""

    def __init__(self, descriptor: int, *, lasting: bool = True) -> None:
        """Unless ``lasting``, buffers are copied: nothing that was read stays in the file."""
        self._descriptor = descriptor
        self._at = 0
        self._released = 0
        self._map: mmap.mmap | None = None
        self._can_map = lasting

    def read(self, committed: int) -> list[Frame]:
        """All frames between the last call and ``committed`` bytes."""
        frames = []
        while self._at < committed:
            frames.append(self._next())
        return frames

    def _next(self) -> Frame:
        head = os.pread(self._descriptor, HEADER.size, self._at)
        kind, start, covered, busy_ns, payload_size, count = HEADER.unpack(head)
        at = self._at + HEADER.size
        sizes = struct.unpack(f"<{count}q", os.pread(self._descriptor, 8 * count, at))
        at += 8 * count
        payload = read_all(self._descriptor, at, payload_size)
        at += payload_size
        self._give_back(at, step=OUT_OF_BAND_BYTES if sizes else RELEASE_BYTES)
        buffers = []
        for size in sizes:
            at = _aligned(at)
            buffers.append(self._view(at, size))
            at += size
        self._at = _aligned(at)
        if buffers and self._map is not None:
            self._released = self._at
        return Frame(
            kind=FrameKind(kind),
            start=start,
            covered=covered,
            busy_s=busy_ns / 1e9,
            payload=payload,
            buffers=buffers,
        )

    def _view(self, at: int, size: int) -> memoryview:
        mapping = self._mapping() if at + size <= WINDOW_BYTES else None
        if mapping is None:
            return memoryview(bytearray(read_all(self._descriptor, at, size)))
        return memoryview(mapping)[at : at + size]

    def _mapping(self) -> mmap.mmap | None:
        if self._map is None and self._can_map:
            try:
                self._map = mmap.mmap(
                    self._descriptor,
                    WINDOW_BYTES,
                    # private: what the user writes into an array is nobody else's business,
                    # not even of workers that are forked later
                    flags=mmap.MAP_PRIVATE | MAP_NORESERVE,
                    prot=mmap.PROT_READ | mmap.PROT_WRITE,
                )
            except (OSError, ValueError):  # an address space limit: copies will do
                self._can_map = False
        return self._map

    def _give_back(self, at: int, *, step: int) -> None:
        """Let the system have the pages before ``at``, once there are ``step`` bytes of them."""
        if at - self._released < step or at > WINDOW_BYTES:
            return
        begin = -(-self._released // mmap.PAGESIZE) * mmap.PAGESIZE
        end = at // mmap.PAGESIZE * mmap.PAGESIZE
        with suppress(OSError, ValueError):  # no address space for it: then it stays
            region = mmap.mmap(self._descriptor, end - begin, offset=begin)
            region.madvise(mmap.MADV_REMOVE)
            region.close()
        self._released = end

    def close(self) -> None:
        """Drop our hold; the mapping lives as long as views on it do."""
        self._map = None
        os.close(self._descriptor)


def _aligned(at: int) -> int:
    return -(-at // ALIGN) * ALIGN
