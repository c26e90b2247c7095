"""Arrays come home without a copy; what holds them is let go with them."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from amorsize.api.run import run
from amorsize.vocab.options import Backend, Options
from tests.conformance.jobs import Recorder
from tests.stress import kit
from tests.stress.kit import Elsewhere, in_order
from tests.stress.marks import on_linux

if TYPE_CHECKING:
    from collections.abc import Sequence

numpy = pytest.importorskip("numpy")
pytestmark = [on_linux, pytest.mark.slow]

ITEMS = 40
LARGE = 20_000
"""Numbers of 8 bytes: far beyond what travels inside a pickle."""


def memory_files() -> tuple[int, int]:
    """Mappings and descriptors of memory files in this process."""
    links = [link for link in Path("/proc/self/fd").iterdir() if link.exists()]
    mappings = Path("/proc/self/maps").read_text().count("/memfd:amorsize")
    return mappings, sum("memfd:amorsize" in str(link.readlink()) for link in links)


def arrays_from_workers(workers: int) -> list[Any]:
    elsewhere = Elsewhere()

    def filled(index: int) -> Any:
        if not elsewhere:
            kit.compute(5e-3)
        return numpy.full(LARGE, index, float), bool(elsewhere)

    results = in_order(kit.team(filled, range(ITEMS), workers=workers, chunksize=1))
    return [array for array, travelled in results if travelled]


@pytest.mark.parametrize("workers", [2, 4])
def test_arrays_are_equal_writable_and_need_one_mapping_per_worker(workers: int) -> None:
    arrays = arrays_from_workers(workers)

    mappings, descriptors = memory_files()
    assert len(arrays) > ITEMS // 4
    assert all((array == array[0]).all() for array in arrays)
    assert len({array[0] for array in arrays}) == len(arrays)
    assert all(array.flags.writeable for array in arrays)
    assert 1 <= mappings <= workers - 1
    assert descriptors == mappings
    for number, array in enumerate(arrays):
        array[:] = -number
    assert [array[-1] for array in arrays] == [-number for number in range(len(arrays))]

    last = arrays[0]
    del arrays, array
    gc.collect()
    assert memory_files() == (1, 1)
    del last
    assert memory_files() == (0, 0)


def test_workers_that_write_on_do_not_change_what_came_home() -> None:
    shared = numpy.zeros(LARGE)

    def written_over(index: int) -> Any:
        shared[:] = index
        return shared

    elsewhere = Elsewhere()

    def told_apart(index: int) -> Any:
        kit.compute(2e-3)
        return written_over(index) if elsewhere else index

    results = in_order(kit.team(told_apart, range(ITEMS), chunksize=1))

    travelled = {i: r for i, r in enumerate(results) if not isinstance(r, int)}
    assert travelled
    assert all((array == index).all() for index, array in travelled.items())


def test_results_die_with_their_last_reference_not_at_the_next_collection() -> None:
    options = Options(backend=Backend.PROCESSES, n_jobs=2)
    elsewhere = Elsewhere()

    def filled(index: int) -> Any:
        if not elsewhere:  # else the caller may have done it all before the worker is there
            kit.compute(5e-3)
        return numpy.full(LARGE, index)

    gc.collect()
    gc.disable()
    try:
        results = run(filled, range(ITEMS), options).results
        assert memory_files() == (1, 1)
        del results
        kept = memory_files()
    finally:
        gc.enable()
        gc.collect()

    assert kept == (0, 0)


class Scales(Recorder):
    """Weighs the memory files whenever something comes home."""

    heaviest_bytes = 0

    def done(self, start: int, results: Sequence[Any], busy_s: float) -> None:
        super().done(start, results, busy_s)
        links = [link for link in Path("/proc/self/fd").iterdir() if link.exists()]
        sizes = [
            os.fstat(int(link.name)).st_blocks * 512
            for link in links
            if "memfd:amorsize" in str(link.readlink())
        ]
        self.heaviest_bytes = max([self.heaviest_bytes, *sizes])


def test_many_small_results_do_not_keep_their_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    scales = Scales()
    monkeypatch.setattr(kit, "Recorder", lambda: scales)

    def page(index: int) -> bytes:
        kit.compute(50e-6)  # the caller reads between its chunks: little piles up unread
        return index.to_bytes(8, "little") * 1000

    results = in_order(kit.team(page, range(8000), item_s=50e-6))

    assert all(page == i.to_bytes(8, "little") * 1000 for i, page in enumerate(results))
    assert 0 < scales.heaviest_bytes < sum(map(len, results)) / 3
