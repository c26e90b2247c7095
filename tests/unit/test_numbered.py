"""The numbered view gives each item with its index, and can leave items out."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amorsize.engines.source import IndexedSource, IteratedSource, all_items, source_of


class OnlyGetItem:
    def __init__(self, items: int, promised: int) -> None:
        self.items, self.promised = items, promised

    def __len__(self) -> int:
        return self.promised

    def __getitem__(self, index: int) -> int:
        if index >= self.items:
            raise IndexError
        return 10 * index


def everything(source: Any) -> list[Any]:
    return list(source.block(10**6)) if source.exact is False else list(source.items(0, None))


@given(st.integers(0, 30), st.booleans())
def test_each_item_has_its_index(length: int, indexed: bool) -> None:
    data = [10 * index for index in range(length)]
    source = source_of(data if indexed else iter(data), numbered=True)

    assert everything(source) == [(index, 10 * index) for index in range(length)]
    assert isinstance(source, IndexedSource) is indexed


@given(st.integers(1, 30), st.data())
def test_any_part_of_it_can_be_fetched_by_index(length: int, draw: st.DataObject) -> None:
    source = source_of(range(length), numbered=True)
    assert isinstance(source, IndexedSource)
    whole = [(index, index) for index in range(length)]
    start = draw.draw(st.integers(0, len(whole)))
    stop = draw.draw(st.integers(start, len(whole)))

    assert source.length == len(whole)
    assert list(source.items(start, stop)) == whole[start:stop]


@pytest.mark.parametrize("data", ["abc", b"abc", ("a", "b"), range(3)], ids=repr)
def test_it_indexes_what_the_plain_view_indexes(data: Any) -> None:
    source = source_of(data, numbered=True)

    assert isinstance(source, IndexedSource)
    assert everything(source) == list(enumerate(data))
    assert source.data is data


def test_an_object_with_only_getitem_ends_where_it_says() -> None:
    for promised in (2, 9):
        source = source_of(OnlyGetItem(5, promised), numbered=True)  # type: ignore[arg-type]  # iterable by __getitem__

        assert not source.exact
        assert everything(source) == [(index, 10 * index) for index in range(5)]


def test_input_that_grows_is_seen_to() -> None:
    data = [0, 1]
    source = source_of(data, numbered=True)
    assert list(source.block(9)) == [(0, 0), (1, 1)]
    source.advance(2)
    data.append(2)

    assert source.room(9) == 1
    assert list(source.block(9)) == [(2, 2)]


def test_a_container_that_is_listed_later_keeps_its_numbers() -> None:
    source = source_of({"a": 1, "b": 2}, numbered=True)
    assert isinstance(source, IteratedSource)
    assert list(source.block(1)) == [(0, "a")]
    source.advance(1)
    rest = source.settled()

    assert rest.numbered
    assert list(rest.block(9)) == [(1, "b")]


def test_what_was_kept_of_a_one_shot_input_is_the_users() -> None:
    source = source_of((x for x in "abc"), keep=True, numbered=True)
    list(source.block(2))

    assert list(all_items(source, None)) == ["a", "b", "c"]


def test_items_that_share_an_iterator_are_known_as_such() -> None:
    source = source_of(groupby("aab"), numbered=True)

    assert isinstance(source, IteratedSource)
    assert source.is_fleeting


def test_a_promised_length_is_kept() -> None:
    source = source_of({"a": 1, "b": 2, "c": 3}, numbered=True)

    assert source.length == 3


def test_to_number_copies_no_items() -> None:
    data = [object() for _ in range(3)]
    source = source_of(data, numbered=True)

    assert all(item is data[index] for index, item in everything(source))
