"""``process_in_batches`` hands results on a batch at a time; ``optimize_streaming`` advises."""

from __future__ import annotations

import io
import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest

import amorsize
from amorsize.api import batches
from tests.acceptance.test_stream import FORCED, Counted, busy, doubled

if TYPE_CHECKING:
    from pathlib import Path


def test_without_a_sink_all_results_are_returned_as_before() -> None:
    assert amorsize.process_in_batches(doubled, range(100), 7) == [2 * n for n in range(100)]


@pytest.mark.parametrize("forced", FORCED)
def test_a_sink_gets_batches_of_the_size_that_was_said(forced: dict[str, Any]) -> None:
    got: list[list[int]] = []
    count = amorsize.process_in_batches(busy, iter(range(50)), 15, sink=got.append, **forced)

    assert [len(batch) for batch in got] == [15, 15, 15, 5]
    assert [result for batch in got for result in batch] == [-item for item in range(50)]
    assert count == 50


def test_a_batch_ends_when_its_results_weigh_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "_allowed_bytes", lambda _: 20 << 20)
    sizes: list[int] = []
    amorsize.process_in_batches(
        lambda item: bytes(1 << (20 if item < 50 else 10)),
        range(200),
        sink=lambda batch: sizes.append(len(batch)),
    )

    assert sum(sizes) == 200
    assert set(sizes[:4]) == {10}
    assert sizes[-1] > 100


def test_no_more_than_a_batch_and_the_window_is_in_memory() -> None:
    data, ahead, done = Counted(), [0], [0]

    def sink(batch: list[int]) -> None:
        done[0] += len(batch)
        ahead.append(data.read - done[0])
        if done[0] > 200:
            raise StopAsyncIteration

    with pytest.raises(StopAsyncIteration):
        amorsize.process_in_batches(busy, data, 20, sink=sink, window=10, n_jobs=2)

    assert max(ahead) <= 10


def test_files_and_paths_get_a_line_per_result(tmp_path: Path) -> None:
    file = io.StringIO()
    amorsize.process_in_batches(doubled, range(5), 2, sink=file)
    amorsize.process_in_batches(doubled, range(5), 2, sink=tmp_path / "results")

    assert [json.loads(line) for line in file.getvalue().splitlines()] == [0, 2, 4, 6, 8]
    assert (tmp_path / "results").read_text() == file.getvalue()


def test_a_safe_batch_fits_into_its_share_of_memory() -> None:
    whole = amorsize.estimate_safe_batch_size(1 << 20, 1.0)

    assert amorsize.estimate_safe_batch_size(1 << 20, 0.25) <= whole / 3
    assert amorsize.estimate_safe_batch_size(1 << 60) == 1


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"batch_size": 0}, "batch_size must be positive"),
        ({"max_memory_percent": 1.5}, "max_memory_percent must be at most 1.0"),
        ({"sink": 3}, "sink must be callable"),
    ],
)
def test_arguments_are_checked(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        amorsize.process_in_batches(doubled, [1], **options)


def test_advice_for_imap_counts_the_items() -> None:
    few = amorsize.optimize_streaming(busy, range(3), use_cache=False)
    many = amorsize.optimize_streaming(busy, range(100_000), use_cache=False)

    assert (few.n_jobs, few.estimated_speedup) == (1, 1.0)
    assert many.estimated_speedup >= few.estimated_speedup
    assert len(list(few.data)) == 3


def test_advice_for_imap_keeps_the_input_and_the_buffer() -> None:
    advice = amorsize.optimize_streaming(
        busy, iter(range(5000)), buffer_size=6, prefer_ordered=False, use_cache=False
    )

    assert advice.n_jobs * advice.chunksize <= 6
    assert not advice.use_ordered
    assert list(itertools.islice(advice.data, 10)) == list(range(10))


def test_a_mistake_in_the_options_does_not_empty_the_file(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_text("old\n")

    with pytest.raises(ValueError, match="window must be positive"):
        amorsize.process_in_batches(doubled, range(3), sink=path, window=0)

    assert path.read_text() == "old\n"
