"""Laws of the chunk rules, whatever the number of items, their cost, or the size of the pipe."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from amorsize.engines.tokens import BIGGEST_COUNT
from amorsize.model.chunks import FLOOR_S, QUANTUM_S, TAPER, chunk_sizes, tokens

items = st.integers(0, 20_000) | st.integers(0, 10**8)
costs = st.just(0.0) | st.floats(1e-9, 1e3)
workers = st.integers(1, 256)
rooms = st.integers(1, 8192) | st.sampled_from([1, 2, 3, 512, 8192])


def listed(count: int, item_s: float, team: int, most: int) -> list[int]:
    return list(chunk_sizes(count, item_s, team, most=most))


@given(items, costs, workers, rooms)
def test_sizes_add_up_and_find_room(count: int, item_s: float, team: int, most: int) -> None:
    sizes = listed(count, item_s, team, most)

    assert sum(sizes) == count
    assert len(sizes) <= most
    assert all(size >= 1 for size in sizes)


@given(items, costs, workers, rooms)
def test_chunks_never_grow(count: int, item_s: float, team: int, most: int) -> None:
    sizes = listed(count, item_s, team, most)

    assert all(later <= earlier for earlier, later in pairwise(sizes))


@given(st.integers(0, 20_000), st.floats(1e-7, 1e3), workers)
def test_with_room_enough_chunks_are_short_and_the_end_is_shared(
    count: int, item_s: float, team: int
) -> None:
    sizes = listed(count, item_s, team, most=2**30)

    left = count
    for size in sizes:
        assert size <= max(1, QUANTUM_S / item_s)
        assert size <= max(1, FLOOR_S / item_s, left / (TAPER * team))
        left -= size


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(1, 3000)), max_size=12),
    costs,
    workers,
    rooms,
)
def test_tokens_cover_every_gapped_span_once_and_in_order(
    pieces: list[tuple[int, int]], item_s: float, team: int, most: int
) -> None:
    spans, at = [], 0
    for gap, length in pieces:
        spans.append((at + gap, at + gap + length))
        at += gap + length
    count = sum(stop - start for start, stop in spans)
    issued = list(tokens(spans, chunk_sizes(count, item_s, team, most=most), BIGGEST_COUNT))

    assert [index for start, size in issued for index in range(start, start + size)] == [
        index for span in spans for index in range(*span)
    ]
    assert len(issued) <= most + len(spans)


@given(st.integers(1, 10**4), st.integers(1, 100))
def test_no_token_counts_more_than_it_can_hold(count: int, biggest: int) -> None:
    issued = list(tokens([(0, count)], iter([count]), biggest))

    assert sum(size for _, size in issued) == count
    assert all(0 < size <= biggest for _, size in issued)
