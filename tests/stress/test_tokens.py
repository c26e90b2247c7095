from __future__ import annotations

import fcntl
import os
import struct
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amorsize.engines.board import NO_LIMIT, Board
from amorsize.engines.tokens import BIGGEST_COUNT, TokenPipe
from tests.stress.marks import on_linux

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = on_linux

FAR = (1 << 40) - 1
"""The largest start that a token holds: a terabyte of items, or of memory file."""

starts = st.integers(0, FAR) | st.sampled_from([0, 1, FAR])
counts = st.integers(0, BIGGEST_COUNT) | st.sampled_from([0, 1, BIGGEST_COUNT])
ranges = st.tuples(starts, counts)


@pytest.fixture
def pipe() -> Iterator[TokenPipe]:
    with closing(TokenPipe()) as pipe:
        yield pipe


def claimed(pipe: TokenPipe) -> list[tuple[int, int]]:
    tokens = []
    while (token := pipe.claim()) is not None:
        tokens.append(token)
    return tokens


def tell(writer: int, tokens: list[tuple[int, int]]) -> None:
    """A line each, in writes small enough not to mix with those of others."""
    for start, _ in tokens:
        os.write(writer, b"%d\n" % start)


@given(st.lists(ranges, max_size=300))
def test_tokens_come_out_as_they_went_in(tokens: list[tuple[int, int]]) -> None:
    with closing(TokenPipe()) as pipe:
        assert pipe.is_empty()
        pipe.issue(tokens)

        assert pipe.is_empty() is not bool(tokens)
        assert claimed(pipe) == tokens
        assert pipe.is_empty()


@given(st.integers(FAR + 1), counts)
def test_a_start_too_far_is_refused_and_not_cut(start: int, count: int) -> None:
    with closing(TokenPipe()) as pipe:
        with pytest.raises(struct.error):
            pipe.issue([(start, count)])

        assert pipe.is_empty()


def test_a_pipe_holds_as_many_tokens_as_it_says(pipe: TokenPipe) -> None:
    pipe.issue((index, 1) for index in range(pipe.capacity))

    assert not pipe.give_back(pipe.capacity, 1)
    assert claimed(pipe) == [(index, 1) for index in range(pipe.capacity)]
    assert pipe.give_back(7, 5)
    assert claimed(pipe) == [(7, 5)]


def test_a_pipe_of_one_page_knows_that(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = os.pipe2

    def small_pipe(flags: int) -> tuple[int, int]:
        ends = usual(flags)
        fcntl.fcntl(ends[1], fcntl.F_SETPIPE_SZ, 4096)
        return ends

    monkeypatch.setattr(os, "pipe2", small_pipe)
    with closing(TokenPipe()) as pipe:
        assert pipe.capacity == 512
        pipe.issue((index, 1) for index in range(512))
        assert not pipe.give_back(512, 1)


def test_each_token_has_one_claimant_however_many_try(pipe: TokenPipe) -> None:
    pipe.issue((index, 1) for index in range(pipe.capacity))
    reader, writer = os.pipe()
    children = []
    for _ in range(3):
        child = os.fork()
        if child == 0:
            try:
                tell(writer, claimed(pipe))
            finally:
                os._exit(0)
        children.append(child)
    os.close(writer)
    own = [start for start, _ in claimed(pipe)]
    with open(reader) as theirs:  # noqa: PTH123 - a descriptor has no path
        other = [int(line) for line in theirs]
    for child in children:
        os.waitpid(child, 0)

    assert Counter(own + other) == Counter(range(pipe.capacity))


@given(
    st.integers(1, 9),
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 2**40)), max_size=30),
)
def test_the_limit_is_the_smallest_index_that_failed_anywhere(
    rows: int, failures: list[tuple[int, int]]
) -> None:
    failures = [(row % rows, index) for row, index in failures]
    with closing(Board(rows)) as board:
        for row, index in failures:
            board.note_failure(row, index)

        assert board.limit() == min((index for _, index in failures), default=NO_LIMIT)
        board.stop()
        assert board.limit() == 0


@given(st.integers(1, 9), st.data())
def test_what_one_row_notes_no_other_row_sees(rows: int, data: st.DataObject) -> None:
    values = data.draw(st.lists(st.integers(0, 2**49), min_size=rows, max_size=rows))
    with closing(Board(rows)) as board:
        assert [board.current(row) for row in range(rows)] == [None] * rows
        for row, value in enumerate(values):
            board.commit(row, value)
            board.note_current(row, value // 2, 1 + value % 4096)
            for _ in range(value % 3):
                board.note_claim(row)

        assert [board.committed(row) for row in range(rows)] == values
        assert [board.current(row) for row in range(rows)] == [
            range(value // 2, value // 2 + 1 + value % 4096) for value in values
        ]
        assert [board.claims(row) for row in range(rows)] == [value % 3 for value in values]


def test_a_child_and_its_parent_see_the_same_board() -> None:
    with closing(Board(2)) as board:
        child = os.fork()
        if child == 0:
            try:
                board.note_failure(1, 42)
            finally:
                os._exit(0)
        os.waitpid(child, 0)

        assert board.limit() == 42
