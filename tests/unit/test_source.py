"""The caller's data is read as the plain loop reads it, each item handed out once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amorsize.engines.source import (
    Chunk,
    IndexedSource,
    IteratedSource,
    all_items,
    next_item,
    source_of,
)
from amorsize.engines.supply import Supply
from amorsize.engines.window import Window, WindowedSource

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["block", "probe", "claim", "return"]),
        st.integers(0, 60),
        st.integers(1, 9),
    )
)


def handed_out(source: IndexedSource, steps: list[tuple[str, int, int]]) -> list[Any]:
    """Play the steps, then take all that is left."""
    seen: list[Any] = []
    for step, at, count in steps:
        if step == "block":
            items = list(source.block(count))
            source.advance(len(items))
            seen += items
        elif step == "probe" and source.position <= at < source.length:
            seen += source.items(*source.probe(at, count))
        elif step in {"claim", "return"} and (chunk := source.claim(count)) is not None:
            keep = len(chunk.items) // 2 if step == "return" else len(chunk.items)
            source.give_back(chunk.items[keep:])
            seen += chunk.items[:keep]
    return seen + [item for span in source.spans() for item in source.items(*span)]


@given(st.integers(0, 60), STEPS)
def test_every_item_is_handed_out_once_whatever_is_probed(
    length: int, steps: list[tuple[str, int, int]]
) -> None:
    seen = handed_out(IndexedSource(list(range(length))), steps)

    assert sorted(seen) == list(range(length))


@given(st.integers(1, 60), STEPS)
def test_what_is_left_counts_what_was_neither_run_nor_probed(
    length: int, steps: list[tuple[str, int, int]]
) -> None:
    source = IndexedSource(range(length))
    seen = 0
    for step, at, count in steps:
        if step == "probe" and source.position <= at < length:
            start, stop = source.probe(at, count)
            seen += stop - start
        elif step == "block":
            source.advance(ran := len(list(source.block(count))))
            seen += ran

    assert source.left() == length - seen


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 5))))
def test_a_generator_is_read_once_and_what_is_given_back_comes_again(
    steps: list[tuple[bool, int]],
) -> None:
    source = IteratedSource((i for i in range(40)), length=None, keep=True)
    seen: list[Any] = []
    for give_back, count in steps:
        if (chunk := source.claim(count)) is not None:
            keep = len(chunk.items) // 2 if give_back else count
            source.give_back(chunk.items[keep:])
            seen += chunk.items[:keep]

    assert seen == list(range(source.position))
    assert list(source.unread()) == list(range(40))


class OwnOrder(list[int]):
    def __iter__(self) -> Any:
        return iter([1, 2, 3])


@pytest.mark.parametrize(
    ("data", "indexed"),
    [([1], True), ((1,), True), (range(3), True), ("ab", True), (b"cd", True), ({1: 2}, False),
     ({1}, False), (OwnOrder([9]), False), (iter([1]), False), (zip([1], [2], strict=True), False)],
)  # fmt: skip
def test_input_is_indexed_only_where_indexing_is_iterating(data: Any, *, indexed: bool) -> None:
    assert isinstance(source_of(data), IndexedSource) is indexed


def test_what_an_iterator_raises_is_kept_until_its_turn() -> None:
    def broken() -> Any:
        yield 1
        raise LookupError

    source = IteratedSource(broken(), length=None)
    chunk = source.claim(5)

    assert (chunk and chunk.items, type(source.broken)) == ([1], LookupError)
    assert source.claim(5) is None


class ByIndex:
    """Nothing but ``__getitem__`` and ``__len__``."""

    def __init__(self, items: list[int]) -> None:
        self.items = items

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> int:
        return self.items[index]


@pytest.mark.parametrize("make", [list, tuple, iter, dict.fromkeys, ByIndex])
def test_the_next_item_is_left_where_it_is(make: Any) -> None:
    data = make([5, 6, 7])
    source = source_of(data, keep=True)

    assert next_item(source) == [5]
    assert next_item(source) == [5]
    assert list(source.block(1)) == [5]
    assert list(all_items(source, data)) == [5, 6, 7]


def test_there_is_no_next_item_at_the_end() -> None:
    assert next_item(source_of([])) == []
    assert next_item(source_of(iter(()), keep=True)) == []


def test_what_reading_the_next_item_raises_is_raised_in_its_turn() -> None:
    def broken() -> Any:
        yield from ()
        msg = "no more"
        raise OSError(msg)

    source = source_of(broken(), keep=True)

    assert next_item(source) == []
    with pytest.raises(OSError, match="no more"):
        list(source.block(1))


def test_a_line_that_comes_while_none_is_there_does_not_end_the_input() -> None:
    there = [1]
    lines = WindowedSource(
        iter("ab"),
        length=None,
        window=Window(),
        at_hand=lambda: there.pop(0) if len(there) > 1 else there[0],
    )
    supply = Supply(lines)
    assert supply.next(1) == Chunk(0, ["a"])

    there[:] = [0, 1]
    assert supply.next(1) is None

    assert not supply.ended
    assert supply.next(1) == Chunk(1, ["b"])
