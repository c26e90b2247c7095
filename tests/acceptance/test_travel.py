"""What cannot travel back from a worker costs a second call of that item, never the answer."""

from __future__ import annotations

import os
import re
import threading
import traceback
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from amorsize import BackendRefusedError, ResultLostError
from tests.support.calls import ITEMS, Trial, once

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable


def explode(*_args: object) -> NoReturn:
    msg = "it does not come back"
    raise TypeError(msg)


class Value:
    """Equal where the items are equal."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Value) and self.value == other.value

    def __hash__(self) -> int:
        return hash(self.value)


class NoWayOut(Value):
    def __reduce__(self) -> NoReturn:
        explode()


class NoWayBack(Value):
    def __reduce__(self) -> Any:
        return explode, (self.value,)


class NoState(Value):
    def __setstate__(self, state: object) -> NoReturn:
        explode(state)


class Unhinged(Value):
    """Its pickling raises what is not even an ``Exception``."""

    def __reduce__(self) -> NoReturn:
        raise RecursionError


def locally_defined(item: int) -> Value:
    class Local(Value):
        pass

    return Local(item)


def with_a_lock(item: int) -> Value:
    value = Value(item)
    value.lock = threading.Lock()  # type: ignore[attr-defined]  # any attribute may be set
    return value


def with_a_lambda(item: int) -> Value:
    value = Value(item)
    value.function = lambda: item  # type: ignore[attr-defined]  # any attribute may be set
    return value


STUCK: dict[str, Callable[[int], Value]] = {
    "refuses to be pickled": NoWayOut,
    "refuses to be unpickled": NoWayBack,
    "refuses its state": NoState,
    "recurses without end": Unhinged,
    "local class": locally_defined,
    "lock": with_a_lock,
    "lambda": with_a_lambda,
}


TAKES_ITS_CHUNK_ALONG = {"refuses to be unpickled", "refuses its state"}
"""Found by the caller, to whom the chunk is one pickle: its other results are lost with it."""


@pytest.mark.parametrize("kind", STUCK)
@pytest.mark.parametrize("trial", ["auto", "serial", "threads"], indirect=True)
def test_results_that_never_travel_are_returned(kind: str, trial: Trial) -> None:
    results = trial.run_anyhow(lambda item: STUCK[kind](trial.work(item)), range(ITEMS))
    assert [value.value for value in results] == list(range(ITEMS))
    assert trial.work.calls == once(range(ITEMS))


def test_forced_processes_are_refused_where_no_result_travels(processes: Trial) -> None:
    with pytest.raises(BackendRefusedError, match=r"result .* cannot be sent to another process: "):
        processes.run(lambda item: NoWayOut(processes.work(item)), range(ITEMS))
    assert max(processes.work.calls.values()) == 1


def away(home: int) -> bool:
    """Whether this is another process than the one that counts its items."""
    return os.getpid() != home


def reran(trial: Trial) -> Counter[str]:
    assert trial.record is not None
    return once(trial.record.reruns)


def named_in_warnings(trial: Trial) -> set[int]:
    """Items that the warnings say ran twice."""
    assert trial.record is not None
    told: set[int] = set()
    for warning in trial.record.warnings:
        found = re.match(r"items? (\d+)(?: to (\d+))? ran a second time, in the caller", warning)
        if found is not None:
            told.update(range(int(found[1]), int(found[2] or found[1]) + 1))
    return told


@pytest.mark.parametrize("kind", STUCK)
@pytest.mark.parametrize("trial", ["auto", "processes"], indirect=True)
def test_results_found_late_not_to_travel_are_computed_again_in_the_caller(
    kind: str, trial: Trial
) -> None:
    home = os.getpid()

    def func(item: int) -> Value:
        trial.work(item)
        return STUCK[kind](item) if item % 5 == 0 and away(home) else Value(item)

    results = trial.run(func, range(ITEMS))
    assert [value.value for value in results] == list(range(ITEMS))
    again = reran(trial)
    assert again & once(range(0, ITEMS, 5))
    assert again <= once(range(0, ITEMS, 5)) or kind in TAKES_ITS_CHUNK_ALONG
    assert trial.work.calls == once(range(ITEMS)) + again
    assert once(named_in_warnings(trial)) == again


@pytest.mark.parametrize("kind", STUCK)
def test_a_lost_result_is_an_error_where_it_must_not_be_computed_again(
    kind: str, processes: Trial
) -> None:
    home = os.getpid()

    def func(item: int) -> Value:
        processes.work(item)
        return STUCK[kind](item) if away(home) else Value(item)

    with pytest.raises(ResultLostError, match=r"^what item \d+ gave could not come back"):
        processes.run(func, range(ITEMS), rerun_lost=False)
    assert max(processes.work.calls.values()) == 1


class StuckError(Exception):
    def __init__(self, item: int) -> None:
        super().__init__(item)
        self.lock = threading.Lock()


class NoWayBackError(Exception):
    def __setstate__(self, state: object) -> NoReturn:
        explode(state)


class RefusesItsFieldsError(Exception):
    @property
    def lock(self) -> int:
        return 1

    def __init__(self, item: int) -> None:
        super().__init__(item)
        self.__dict__["lock"] = threading.Lock()


def local_error(item: int) -> Exception:
    class LocalError(Exception):
        pass

    return LocalError(item)


def stuck_cause(item: int) -> Exception:
    error = ValueError(item)
    error.__cause__ = StuckError(item)
    return error


STUCK_ERRORS: dict[str, Callable[[int], Exception]] = {
    "lock": StuckError,
    "refuses its fields": RefusesItsFieldsError,
    "local class": local_error,
    "lambda as an argument": lambda item: ValueError(item, lambda: item),
    "cause with a lock": stuck_cause,
}


@pytest.mark.parametrize("kind", STUCK_ERRORS)
def test_an_exception_that_does_not_travel_is_raised_as_itself(kind: str, trial: Trial) -> None:
    def raises(item: int) -> int:
        trial.work(item)
        if item == 70:
            raise STUCK_ERRORS[kind](item)
        return item

    error = trial.catch(raises, range(ITEMS))
    assert type(error).__name__ == type(STUCK_ERRORS[kind](70)).__name__
    assert error.args[0] == 70
    assert error.__notes__[-1].startswith("amorsize: raised at item 70, in ")
    assert "in raises" in "".join(traceback.format_exception(error))
    twice = {item for item, count in trial.work.calls.items() if count > 1}
    assert twice <= {"70"}
    assert max(trial.work.calls.values()) <= 2
    assert once(range(71)) <= trial.work.calls


@pytest.mark.parametrize("kind", STUCK_ERRORS)
@pytest.mark.parametrize("trial", ["auto", "processes"], indirect=True)
def test_items_whose_exception_was_lost_in_a_worker_run_again(kind: str, trial: Trial) -> None:
    home = os.getpid()

    def func(item: int) -> int:
        trial.work(item)
        if item % 5 == 0 and away(home):
            raise STUCK_ERRORS[kind](item)
        return item

    assert trial.run(func, range(ITEMS)) == list(range(ITEMS))
    again = reran(trial)
    assert again
    assert trial.work.calls == once(range(ITEMS)) + again
    assert once(named_in_warnings(trial)) == again


@pytest.mark.parametrize("kind", STUCK_ERRORS)
def test_a_lost_exception_is_an_error_where_its_item_must_not_run_again(
    kind: str, processes: Trial
) -> None:
    home = os.getpid()

    def func(item: int) -> int:
        processes.work(item)
        if away(home):
            raise STUCK_ERRORS[kind](item)
        return item

    with pytest.raises(ResultLostError, match=r"^what item \d+ gave could not come back"):
        processes.run(func, range(ITEMS), rerun_lost=False)
    assert max(processes.work.calls.values()) == 1


def test_lost_items_of_an_iterator_run_again_with_the_very_objects(processes: Trial) -> None:
    home = os.getpid()

    def func(item: Value) -> tuple[Value, int]:
        processes.work(item.value)
        return (NoWayOut(1), 0) if away(home) else (item, id(item))

    items = [Value(i) for i in range(ITEMS)]
    results = processes.run(func, iter(items))
    assert [found for _, found in results] == [id(item) for item in items]
    assert processes.work.calls == once(range(ITEMS)) + reran(processes)


def test_a_failure_at_the_second_call_is_raised(processes: Trial) -> None:
    home = os.getpid()

    def func(item: int) -> Value:
        processes.work(item)
        if away(home):
            return NoWayOut(item)
        if processes.work.calls[repr(item)] > 1:
            raise LookupError(item)
        return Value(item)

    error = processes.catch(func, range(ITEMS))
    assert type(error) is LookupError
    twice = {item for item, count in processes.work.calls.items() if count == 2}
    assert twice == {repr(error.args[0])}
    assert once(range(ITEMS)) + once(error.args) == processes.work.calls


def test_results_may_be_of_any_size(trial: Trial) -> None:
    sizes = [0, 1, 100, 10_000, 3_000_000]

    def sized(item: int) -> tuple[int, bytes]:
        return item, bytes([item]) * sizes[trial.work(item) % len(sizes)]

    expected = [(i, bytes([i]) * sizes[i % len(sizes)]) for i in range(ITEMS)]
    assert trial.run_anyhow(sized, range(ITEMS)) == expected
    assert trial.work.calls == once(range(ITEMS))
