"""Frames come out of a memory file as they went in, and what was read takes no memory."""

from __future__ import annotations

import gc
import mmap
import os
import pickle
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amorsize.engines import memfile
from amorsize.engines.memfile import (
    ALIGN,
    OUT_OF_BAND_BYTES,
    RELEASE_BYTES,
    Frame,
    FrameKind,
    FrameReader,
    FrameWriter,
    memory_file,
    pack,
)
from tests.stress.marks import on_linux

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = on_linux

BLOCK_BYTES = 512
"""The unit of ``st_blocks`` (stat(2))."""

edges = (0, 1, ALIGN - 1, ALIGN, ALIGN + 1, mmap.PAGESIZE - 1, mmap.PAGESIZE, 3 * mmap.PAGESIZE + 7)
sizes = st.sampled_from(edges) | st.integers(0, 2 * mmap.PAGESIZE)


@st.composite
def contents(draw: st.DrawFn) -> bytes:
    """Bytes that differ from their neighbours in the file."""
    size = draw(sizes)
    return (bytes([draw(st.integers(0, 255))]) + b"0123456789abcde") * (size // 16 + 1)


frames = st.builds(
    Frame,
    kind=st.sampled_from(FrameKind),
    start=st.integers(0, 2**62),
    covered=st.integers(0, 2**24),
    busy_s=st.integers(0, 10**12).map(lambda us: us / 1e6),
    payload=contents(),
    buffers=st.lists(contents(), max_size=4),
)


@contextmanager
def both_ends() -> Iterator[tuple[FrameWriter, FrameReader, int]]:
    """A writer and a reader of one memory file, and a descriptor to look at it."""
    descriptor = memory_file()
    reader = FrameReader(os.dup(descriptor))
    try:
        yield FrameWriter(descriptor), reader, descriptor
    finally:
        reader.close()
        os.close(descriptor)


def flat(frame: Frame) -> Frame:
    """The same frame in bytes, which can be compared."""
    return Frame(
        kind=frame.kind,
        start=frame.start,
        covered=frame.covered,
        busy_s=round(frame.busy_s, 6),
        payload=bytes(frame.payload),
        buffers=[bytes(buffer) for buffer in frame.buffers],
    )


def taken_bytes(descriptor: int) -> int:
    return os.fstat(descriptor).st_blocks * BLOCK_BYTES


def small(number: int, size: int = 1 << 16) -> Frame:
    payload = number.to_bytes(8, "little") * (size // 8)
    return Frame(kind=FrameKind.RESULTS, start=number, covered=1, busy_s=0.0, payload=payload)


@given(st.lists(st.lists(frames, max_size=4), max_size=5))
def test_frames_come_out_as_they_went_in(commits: list[list[Frame]]) -> None:
    with both_ends() as (writer, reader, _):
        for commit in commits:
            for frame in commit:
                writer.append(frame)
            read = reader.read(writer.end)

            assert [flat(frame) for frame in read] == [flat(frame) for frame in commit]
            assert reader.read(writer.end) == []


@given(st.lists(frames, min_size=1, max_size=6))
def test_what_was_not_committed_is_not_read(written: list[Frame]) -> None:
    with both_ends() as (writer, reader, _):
        for frame in written[:-1]:
            writer.append(frame)
        committed = writer.end
        writer.append(written[-1])

        assert len(reader.read(committed)) == len(written) - 1
        assert [flat(frame) for frame in reader.read(writer.end)] == [flat(written[-1])]


@given(window_pages=st.integers(1, 4), written=st.lists(frames, max_size=8))
def test_beyond_the_window_buffers_are_copied(window_pages: int, written: list[Frame]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memfile, "WINDOW_BYTES", window_pages * mmap.PAGESIZE)
        with both_ends() as (writer, reader, _):
            for frame in written:
                writer.append(frame)

            assert [flat(f) for f in reader.read(writer.end)] == [flat(f) for f in written]


@given(written=st.lists(frames, max_size=5))
def test_where_nothing_can_be_mapped_buffers_are_copied(written: list[Frame]) -> None:
    def no_address_space(*_: object, **__: object) -> None:
        raise OSError

    with pytest.MonkeyPatch.context() as patch, both_ends() as (writer, reader, _):
        patch.setattr("amorsize.engines.memfile.mmap.mmap", no_address_space)
        for frame in written:
            writer.append(frame)

        assert [flat(f) for f in reader.read(writer.end)] == [flat(f) for f in written]


@given(written=st.lists(frames, min_size=1, max_size=3), most=st.integers(1, 3 * mmap.PAGESIZE))
@settings(max_examples=20)
def test_a_kernel_that_writes_and_reads_short_is_asked_again(
    written: list[Frame], most: int
) -> None:
    pwritev, pwrite, pread = os.pwritev, os.pwrite, os.pread
    with pytest.MonkeyPatch.context() as patch, both_ends() as (writer, reader, _):
        patch.setattr(
            os, "pwritev", lambda fd, parts, at: pwritev(fd, [b"".join(parts)[:most]], at)
        )
        patch.setattr(os, "pwrite", lambda fd, data, at: pwrite(fd, data[:most], at))
        for frame in written:
            writer.append(frame)
        patch.setattr(
            os, "pread", lambda fd, size, at: pread(fd, size if size < 64 else min(size, most), at)
        )

        assert [flat(f) for f in reader.read(writer.end)] == [flat(f) for f in written]


class Blob:
    """Travels as a buffer, as arrays do."""

    def __init__(self, data: Any) -> None:
        self.data = data

    def __reduce_ex__(self, _protocol: Any) -> Any:
        return Blob, (pickle.PickleBuffer(self.data),)


@given(
    st.lists(
        st.sampled_from([0, 1, OUT_OF_BAND_BYTES - 1, OUT_OF_BAND_BYTES, OUT_OF_BAND_BYTES + 1])
        | st.integers(0, 2 * OUT_OF_BAND_BYTES),
        max_size=5,
    )
)
@settings(max_examples=20)
def test_large_buffers_travel_beside_the_pickle_and_stay_writable(lengths: list[int]) -> None:
    blobs = [Blob(bytearray(os.urandom(length))) for length in lengths]
    packed = pack(blobs)
    frame = Frame(
        kind=FrameKind.RESULTS,
        start=0,
        covered=len(blobs),
        busy_s=0.0,
        payload=packed.payload,
        buffers=packed.buffers,
    )
    with both_ends() as (writer, reader, _):
        writer.append(frame)
        (read,) = reader.read(writer.end)
        back = pickle.loads(read.payload, buffers=read.buffers)

        assert len(read.buffers) == sum(length >= OUT_OF_BAND_BYTES for length in lengths)
        assert len(packed.payload) < 200 + sum(
            20 + length for length in lengths if length < OUT_OF_BAND_BYTES
        )
        assert [bytes(blob.data) for blob in back] == [bytes(blob.data) for blob in blobs]
        assert not any(memoryview(blob.data).readonly for blob in back)
        for blob in back:
            blob.data[:1] = b"!"[: len(blob.data)]


def test_a_buffer_with_gaps_is_an_error_of_pickle_and_not_garbage() -> None:
    with pytest.raises(pickle.PicklingError):
        pack(Blob(memoryview(bytearray(4 * OUT_OF_BAND_BYTES))[::2]))


def test_arrays_of_every_layout_come_back_equal() -> None:
    numpy = pytest.importorskip("numpy")
    square = numpy.arange(40_000.0).reshape(200, 200)
    arrays = [
        square,
        square.T,
        square[::2, ::3],
        square[:0],
        numpy.asfortranarray(square),
        square.astype(">f4"),
        numpy.zeros((), int),
        numpy.rec.array([(1, 2.5)] * 9000, dtype=[("a", "i4"), ("b", "f8")]),
    ]
    packed = pack(arrays)
    frame = Frame(
        kind=FrameKind.RESULTS,
        start=0,
        covered=1,
        busy_s=0.0,
        payload=packed.payload,
        buffers=packed.buffers,
    )
    with both_ends() as (writer, reader, _):
        writer.append(frame)
        (read,) = reader.read(writer.end)
        back = pickle.loads(read.payload, buffers=read.buffers)

    assert all(map(numpy.array_equal, arrays, back))
    assert [array.dtype for array in back] == [array.dtype for array in arrays]
    assert all(array.flags.writeable for array in back)
    assert packed.buffers


def test_pages_of_frames_that_were_read_are_given_back() -> None:
    with both_ends() as (writer, reader, descriptor):
        for number in range(200):
            writer.append(small(number))
            (frame,) = reader.read(writer.end)
            assert frame.payload == small(number).payload

            assert taken_bytes(descriptor) <= RELEASE_BYTES + 2 * len(frame.payload)

        assert writer.end > 3 * RELEASE_BYTES


def test_pages_that_an_array_still_uses_are_not_given_back() -> None:
    kept = os.urandom(OUT_OF_BAND_BYTES)
    with both_ends() as (writer, reader, descriptor):
        writer.append(
            Frame(kind=FrameKind.RESULTS, start=0, covered=1, busy_s=0, payload=b"", buffers=[kept])
        )
        (frame,) = reader.read(writer.end)
        for number in range(1, 200):
            writer.append(small(number))
            reader.read(writer.end)

        assert bytes(frame.buffers[0]) == kept
        assert taken_bytes(descriptor) <= RELEASE_BYTES + 4 * OUT_OF_BAND_BYTES
        del frame


def test_small_frames_between_arrays_do_not_pile_up() -> None:
    array = bytes(OUT_OF_BAND_BYTES)
    before_an_array = RELEASE_BYTES * 3 // 4
    with both_ends() as (writer, reader, descriptor):
        for number in range(20):
            writer.append(small(number, before_an_array))
            writer.append(
                Frame(
                    kind=FrameKind.RESULTS,
                    start=number,
                    covered=1,
                    busy_s=0,
                    payload=b"",
                    buffers=[array],
                )
            )
            reader.read(writer.end)

        arrays = 20 * (len(array) + mmap.PAGESIZE)
        assert taken_bytes(descriptor) <= arrays + 2 * RELEASE_BYTES


def memory_mappings() -> int:
    return Path("/proc/self/maps").read_text().count("/memfd:amorsize")


def memory_descriptors() -> int:
    folder = Path("/proc/self/fd")
    return sum(
        "memfd:amorsize" in str(link.readlink()) for link in folder.iterdir() if link.exists()
    )


def test_views_hold_one_mapping_and_one_descriptor_and_let_them_go() -> None:
    gc.collect()
    assert (memory_mappings(), memory_descriptors()) == (0, 0)
    with both_ends() as (writer, reader, _):
        for number in range(10):
            frame = small(number)
            buffers = [bytes(OUT_OF_BAND_BYTES), bytes(OUT_OF_BAND_BYTES)]
            writer.append(
                Frame(
                    kind=frame.kind,
                    start=number,
                    covered=1,
                    busy_s=0.0,
                    payload=b"",
                    buffers=buffers,
                )
            )
        views = [view for frame in reader.read(writer.end) for view in frame.buffers]

    assert (memory_mappings(), memory_descriptors()) == (1, 1)
    del views[1:]
    assert (memory_mappings(), memory_descriptors()) == (1, 1)
    views.clear()
    assert (memory_mappings(), memory_descriptors()) == (0, 0)
