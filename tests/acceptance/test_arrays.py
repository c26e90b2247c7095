"""Arrays and frames are read as the plain loop reads them: rows, columns, scalars and all."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from amorsize import execute
from tests.support.calls import ITEMS, Trial, once

if TYPE_CHECKING:
    from collections.abc import Callable

np = pytest.importorskip("numpy")
pd = pytest.importorskip("pandas")

KINDS: dict[str, Callable[[], Any]] = {
    "integers": lambda: np.arange(ITEMS),
    "small floats": lambda: np.linspace(0, 1, ITEMS, dtype=np.float32),
    "booleans": lambda: np.arange(ITEMS) % 3 == 0,
    "text": lambda: np.array([f"item {i}" for i in range(ITEMS)]),
    "objects": lambda: np.array([{"i": i} for i in range(ITEMS)], dtype=object),
    "every second one": lambda: np.arange(2 * ITEMS)[::-2],
    "rows": lambda: np.arange(3 * ITEMS).reshape(ITEMS, 3),
    "columns first": lambda: np.asfortranarray(np.arange(3 * ITEMS).reshape(ITEMS, 3)),
    "records": lambda: np.zeros(ITEMS, dtype=[("x", "f4"), ("y", "i8")]),
    "masked": lambda: np.ma.array(np.arange(ITEMS), mask=np.arange(ITEMS) % 2),
    "flat iterator": lambda: np.arange(ITEMS).reshape(2, -1).flat,
    "nothing": lambda: np.empty((0, 3)),
    "series": lambda: pd.Series(range(ITEMS), index=[f"row {i}" for i in range(ITEMS)]),
    "series with gaps in its index": lambda: pd.Series(range(2 * ITEMS))[::2],
    "series of times": lambda: pd.Series(pd.date_range("2020-01-01", periods=ITEMS)),
    "series of categories": lambda: pd.Series(list("abc") * (ITEMS // 3), dtype="category"),
    "frame": lambda: pd.DataFrame({f"column {i}": [i] for i in range(ITEMS)}),
    "empty frame": pd.DataFrame,
    "index": lambda: pd.RangeIndex(ITEMS),
    "rows of a frame": lambda: pd.DataFrame({"x": range(ITEMS), "y": 1.5}).itertuples(),
    "groups": lambda: (n for n, _ in pd.DataFrame({"x": range(ITEMS)}).groupby("x")),
}


@pytest.mark.parametrize("kind", KINDS)
def test_arrays_and_frames_give_what_the_loop_gives(kind: str, trial: Trial) -> None:
    work = trial.work

    def describe(item: object) -> tuple[str, str]:
        work(item)
        return type(item).__name__, repr(item)

    expected = [(type(x).__name__, repr(x)) for x in KINDS[kind]()]
    run = trial.run if expected else trial.run_anyhow
    assert run(describe, KINDS[kind]()) == expected
    assert work.calls == once(KINDS[kind]())


def test_an_array_without_dimensions_is_refused_as_the_loop_refuses_it(trial: Trial) -> None:
    with pytest.raises(TypeError, match="iteration over a 0-d array"):
        trial.run(trial.work, np.array(5))
    assert trial.work.calls == {}


@pytest.mark.parametrize("shape", [(), (3,), (200, 200)])
def test_arrays_come_back_equal_and_writable(shape: tuple[int, ...], trial: Trial) -> None:
    def full(item: int) -> Any:
        return np.full(shape, trial.work(item), dtype=np.int32)

    results = trial.run(full, range(ITEMS))
    assert all(np.array_equal(array, full(i)) for i, array in enumerate(results))
    for array in results:
        array[...] += 1
    assert [int(array.flat[0]) for array in results] == list(range(1, ITEMS + 1))


def test_frames_come_back_equal(trial: Trial) -> None:
    def frame(item: int) -> Any:
        return pd.DataFrame({"x": [item, item + 1], "y": ["a", f"{trial.work(item)}"]})

    for i, result in enumerate(trial.run(frame, range(ITEMS))):
        expected = pd.DataFrame({"x": [i, i + 1], "y": ["a", f"{i}"]})
        pd.testing.assert_frame_equal(result, expected)
    assert trial.work.calls == once(range(ITEMS))


def busy() -> None:
    until = time.thread_time() + 5e-4
    while time.thread_time() < until:
        pass


def test_what_workers_write_into_arrays_of_an_earlier_call_stays_with_them() -> None:
    np = pytest.importorskip("numpy")

    def zeros(_: int) -> Any:
        busy()
        return np.zeros(100_000)

    def alone(item: int) -> bool:
        scratch[:] = item
        busy()
        return bool((scratch == item).all())

    arrays = execute(zeros, range(60), backend="processes", n_jobs=2)
    scratch = next(array for array in arrays if not array.flags.owndata)  # a worker's

    assert all(execute(alone, range(60), backend="processes", n_jobs=2))
