"""Whatever stops a run, the exception says what is done; and it is the user's own."""

from __future__ import annotations

import os
import pickle
import signal
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from amorsize import WorkerCrashedError, execute
from amorsize.runtime.partial import PartialResults, Remaining
from tests.support.calls import ITEMS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.calls import Trial


def told_by(error: BaseException) -> tuple[dict[int, Any], list[int]]:
    results: Any = getattr(error, "results", None)
    remaining: Any = getattr(error, "remaining", None)
    assert isinstance(results, PartialResults)
    assert isinstance(remaining, Remaining)
    return dict(results), list(remaining)


def test_what_func_raises_tells_what_is_done(trial: Trial) -> None:
    def func(index: int) -> int:
        if trial.work(index) == ITEMS // 2:
            raise LookupError(index)
        return -index

    error = trial.catch(func, range(ITEMS))

    results, remaining = told_by(error)
    assert type(error) is LookupError
    assert set(range(ITEMS // 2)) <= set(results)
    assert all(results[index] == -index for index in results)
    assert sorted([*results, *remaining]) == list(range(ITEMS))
    assert ITEMS // 2 in remaining


def test_so_does_what_the_input_raises(trial: Trial) -> None:
    def items() -> Iterator[int]:
        yield from range(10)
        raise OSError

    error = trial.catch(trial.work, items())

    results, remaining = told_by(error)
    assert results == {index: index for index in range(10)}
    assert remaining == []
    assert error.remaining.is_open  # type: ignore[attr-defined]  # as told_by has seen
    assert error.remaining.next_index == 10  # type: ignore[attr-defined]  # likewise


def test_so_does_a_ctrl_c(trial: Trial) -> None:
    def func(index: int) -> int:
        if trial.work(index) == ITEMS // 2:
            raise KeyboardInterrupt
        return index

    results, remaining = told_by(trial.catch(func, range(ITEMS)))

    assert sorted([*results, *remaining]) == list(range(ITEMS))
    assert all(results[index] == index for index in results)


def test_so_does_a_callback_that_stops_the_run() -> None:
    def stop(done: int, _total: int | None) -> None:
        if done > 10:
            raise TimeoutError

    with pytest.raises(TimeoutError) as caught:
        execute(abs, range(10**6), backend="processes", n_jobs=2, progress=stop)

    results, _ = told_by(caught.value)
    assert len(results) > 10


def test_so_does_a_worker_that_has_died() -> None:
    caller = os.getpid()

    def func(index: int) -> int:
        if index == 700 and os.getpid() != caller:
            os.kill(os.getpid(), signal.SIGKILL)
        return -index

    with pytest.raises(WorkerCrashedError) as caught:
        execute(func, range(1000), isolate=True)

    results, remaining = told_by(caught.value)
    assert caught.value.index == 700
    assert set(range(700)) <= set(results)
    assert 700 in remaining


class FullOfItselfError(Exception):
    results = "mine"

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.remaining = index


class FrozenError(Exception):
    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(name)


@pytest.mark.parametrize("kind", [FullOfItselfError, FrozenError])
def test_what_the_users_exception_holds_is_left_alone(kind: type[Exception]) -> None:
    def func(index: int) -> int:
        if index == 3:
            raise kind(index)
        return index

    with pytest.raises(kind) as caught:
        execute(func, range(5))

    assert type(caught.value) is kind
    assert getattr(caught.value, "results", None) == getattr(kind, "results", None)
    if kind is FullOfItselfError:
        assert caught.value.remaining == 3  # type: ignore[attr-defined]  # just that is tried


def test_of_two_runs_one_inside_the_other_the_outer_is_told_of() -> None:
    def inner(index: int) -> int:
        return 1 // (index - 12)

    def outer(index: int) -> int:
        return sum(execute(inner, range(10 * index, 10 * index + 10)))

    with pytest.raises(ZeroDivisionError) as caught:
        execute(outer, range(5))

    assert list(told_by(caught.value)[0]) == [0]


def test_results_of_an_error_travel_with_it() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        execute(lambda index: 1 // (index - 3), range(5))

    back = pickle.loads(pickle.dumps(caught.value))
    assert told_by(back) == told_by(caught.value)


def test_a_mapping_of_pieces() -> None:
    results = PartialResults([(0, "ab"), (4, "e"), (7, "")])

    assert dict(results) == {0: "a", 1: "b", 4: "e"}
    assert [index in results for index in (-1, 2, 4, 5, 7)] == [False, False, True, False, False]
    assert results.get(3) is None
    assert len(results) == 3


def test_a_sequence_of_gaps() -> None:
    remaining = Remaining([range(2, 4), range(5, 9)], next_index=9, is_open=False)

    assert list(remaining) == [2, 3, 5, 6, 7, 8]
    assert [remaining[at] for at in range(-6, 6)] == [2, 3, 5, 6, 7, 8] * 2
    assert remaining[1:3] == [3, 5]
    assert 4 not in remaining
    with pytest.raises(IndexError):
        remaining[6]
