"""What a gigabyte costs: to fork, to touch after a fork, to write, and to read when mapped."""

from __future__ import annotations

import mmap
import os
import struct
from time import perf_counter
from typing import TYPE_CHECKING, Final

from amorsize.calibrate.rounds import Parts, Samples, rounds

if TYPE_CHECKING:
    from collections.abc import Callable

GIGABYTE: Final = "gigabyte"

HEAP_BYTES: Final = 128 << 20
"""Page tables of so much take as long to copy as those of a small process, or longer."""

PIECE_BYTES: Final = 16 << 20

GB: Final = 1e9
SECONDS: Final = struct.Struct("d")


def gigabyte() -> Samples:
    """All four; what is forked is memory as the system gives it to whoever wants much."""
    parts, memory = Parts(), bytes(PIECE_BYTES)
    before = [_forked_s(_leave) for _ in rounds(12, 0.1)]
    heap = _filled(HEAP_BYTES)
    after = [_forked_s(_leave) for _ in rounds(12, 0.1)]
    heap.close()
    for small_s, large_s in zip(sorted(before), sorted(after), strict=False):
        parts.add(fork=(large_s - small_s) / HEAP_BYTES * GB)
    piece = _filled(PIECE_BYTES, in_pages=True)
    for _ in rounds(7, 0.3):
        parts.add(
            touch=_child_s(lambda: _touch_all(piece)) / PIECE_BYTES * GB,
            copy=_copy_s(memory) / PIECE_BYTES * GB,
            mapped=_mapped_s(memory) / PIECE_BYTES * GB,
        )
    piece.close()
    return {GIGABYTE: parts.samples}


def _filled(size: int, *, in_pages: bool = False) -> mmap.mmap:
    """``in_pages``: in small ones, as objects of Python lie in."""
    heap = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if in_pages and hasattr(mmap, "MADV_NOHUGEPAGE"):
        heap.madvise(mmap.MADV_NOHUGEPAGE)
    for at in range(0, size, mmap.PAGESIZE):
        heap[at] = 1
    return heap


def _leave() -> None:
    pass


def _forked_s(work: Callable[[], None]) -> float:
    """How long a fork blocks this process; the child does the work and ends."""
    began = perf_counter()
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    blocked_s = perf_counter() - began
    os.waitpid(pid, 0)
    return blocked_s


def _child_s(measured: Callable[[], float]) -> float:
    """What a forked child has measured."""
    reader, writer = os.pipe()
    try:
        _forked_s(lambda: _tell(writer, measured()))
        told: float = SECONDS.unpack(os.read(reader, SECONDS.size))[0]
    finally:
        os.close(reader)
        os.close(writer)
    return told


def _tell(writer: int, seconds: float) -> None:
    os.write(writer, SECONDS.pack(seconds))


def _touch_all(heap: mmap.mmap) -> float:
    pages = range(0, PIECE_BYTES, mmap.PAGESIZE)
    began = perf_counter()
    for at in pages:
        heap[at] = 2
    return perf_counter() - began - _loop_s(len(pages))


def _loop_s(times: int) -> float:
    """What the loop itself takes: of memory that is there already."""
    page = bytearray(1)
    began = perf_counter()
    for _ in range(times):
        page[0] = 2
    return perf_counter() - began


def _copy_s(memory: bytes) -> float:
    began = perf_counter()
    bytearray(memory)
    return perf_counter() - began


def _mapped_s(memory: bytes) -> float:
    descriptor = os.memfd_create("amorsize-calibrate", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, memory)
        with mmap.mmap(descriptor, len(memory)) as mapping:
            began = perf_counter()
            for at in range(0, len(memory), mmap.PAGESIZE):
                mapping[at]
            wall_s = perf_counter() - began
        return wall_s - _loop_s(len(memory) // mmap.PAGESIZE)
    finally:
        os.close(descriptor)
