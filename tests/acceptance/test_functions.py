"""Whatever can be called is called once per item, wherever it was defined."""

from __future__ import annotations

import functools
import math
import operator
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.calls import ITEMS, PROCESSES, Trial, Work, once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Doubler:
    """Callable as an object, and through every sort of method."""

    def __init__(self, work: Work) -> None:
        self.work = work

    def __call__(self, item: int) -> int:
        return 2 * self.work(item)

    def method(self, item: int) -> int:
        return 2 * self.work(item)

    @classmethod
    def of_class(cls, work: Work, item: int) -> int:
        return cls(work).method(item)

    @staticmethod
    def static(work: Work, item: int) -> int:
        return 2 * work(item)


def double(work: Work, item: int, factor: int = 2) -> int:
    return factor * work(item)


def recursive(work: Work, item: int, depth: int = 3) -> int:
    return recursive(work, item, depth - 1) if depth else 2 * work(item)


def lambda_with_default(work: Work) -> Callable[[int], int]:
    made: Callable[[int], int] = lambda item, factor=2: factor * work(item)  # type: ignore[misc]  # noqa: E731 - a lambda with a default is what is tested
    return made


def closure(work: Work) -> Callable[[int], int]:
    factor = 2

    def inner(item: int) -> int:
        return factor * work(item)

    return inner


def decorated(work: Work) -> Callable[[int], int]:
    inner = closure(work)

    @functools.wraps(inner)
    def wrapper(*args: Any, **kwargs: Any) -> int:
        return inner(*args, **kwargs)

    return wrapper


def dispatching(work: Work) -> Callable[[Any], int]:
    @functools.singledispatch
    def double(item: object) -> int:
        raise TypeError(item)

    double.register(int, lambda item: 2 * work(item))
    return double


def made_by_exec(work: Work) -> Callable[[int], int]:
    names: dict[str, Any] = {"work": work}
    exec("def double(item): return 2 * work(item)", names)  # noqa: S102 - as notebooks and templates do
    made: Callable[[int], int] = names["double"]
    return made


FUNCTIONS: dict[str, Callable[[Work], Callable[[int], int]]] = {
    "lambda": lambda_with_default,
    "closure": closure,
    "decorated": decorated,
    "made by exec": made_by_exec,
    "partial": lambda work: functools.partial(double, work),
    "partial with a keyword": lambda work: functools.partial(double, work, factor=2),
    "partial of a partial": lambda work: functools.partial(functools.partial(double), work),
    "bound method": lambda work: Doubler(work).method,
    "class method": lambda work: functools.partial(Doubler.of_class, work),
    "static method": lambda work: functools.partial(Doubler.static, work),
    "callable object": Doubler,
    "cached": lambda work: functools.lru_cache(closure(work)),
    "dispatching on the type": dispatching,
    "recursive": lambda work: functools.partial(recursive, work),
}


@pytest.mark.parametrize("kind", FUNCTIONS)
def test_every_kind_of_function_is_called_once_per_item(kind: str, trial: Trial) -> None:
    func = FUNCTIONS[kind](trial.work)
    assert trial.run(func, range(ITEMS)) == [2 * i for i in range(ITEMS)]
    assert trial.work.calls == once(range(ITEMS))


class Priced:
    """An item that C functions work on: they call back into its methods."""

    def __init__(self, work: Work, value: int) -> None:
        self.work, self.value = work, value

    def __abs__(self) -> int:
        return abs(int(self.work(self.value)))

    def __len__(self) -> int:
        return int(self.work(self.value))

    def __index__(self) -> int:
        return int(self.work(self.value))

    def __float__(self) -> float:
        return float(self.work(self.value))

    def __getitem__(self, key: str) -> tuple[str, int]:
        return key, self.work(self.value)

    @property
    def priced(self) -> int:
        return int(self.work(self.value))


C_FUNCTIONS: dict[str, tuple[Callable[[Any], Any], Callable[[int], Any]]] = {
    "abs": (abs, abs),
    "len": (len, int),
    "hex": (hex, hex),
    "class int": (int, int),
    "class float": (float, float),
    "math.sqrt": (math.sqrt, math.sqrt),
    "method of a C class": ([*range(ITEMS + 1)].__getitem__, int),
    "itemgetter": (operator.itemgetter("key"), lambda i: ("key", i)),
    "attrgetter": (operator.attrgetter("priced"), int),
    "methodcaller": (operator.methodcaller("__abs__"), abs),
}


@pytest.mark.parametrize("kind", C_FUNCTIONS)
def test_c_functions_are_called_once_per_item(kind: str, trial: Trial) -> None:
    func, expected = C_FUNCTIONS[kind]
    items = [Priced(trial.work, i) for i in range(ITEMS)]
    assert trial.run(func, items) == [expected(i) for i in range(ITEMS)]
    assert trial.work.calls == once(range(ITEMS))


class Point:
    """A class as the function: its instances are the results."""

    def __init__(self, args: tuple[Work, int]) -> None:
        work, self.x = args
        work(self.x)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Point) and self.x == other.x

    __hash__ = None  # type: ignore[assignment]  # as Python says that it is unhashable


def test_a_class_gives_its_instances(trial: Trial) -> None:
    results = trial.run(Point, [(trial.work, i) for i in range(ITEMS)])
    assert [(type(point), point.x) for point in results] == [(Point, i) for i in range(ITEMS)]
    assert trial.work.calls == once(range(ITEMS))


class Ends:
    """An iterator whose ``next`` has a price, and which may be at its end."""

    def __init__(self, work: Work, value: int, *, ended: bool) -> None:
        self.work, self.value, self.ended = work, value, ended

    def __next__(self) -> int:
        self.work(self.value)
        if self.ended:
            raise StopIteration(self.value)
        return self.value

    def __iter__(self) -> Iterator[int]:
        return self


@pytest.mark.parametrize("last", [0, 1, 70, ITEMS - 1])
def test_a_c_function_that_raises_stopiteration_raises_it(last: int, trial: Trial) -> None:
    items = [Ends(trial.work, i, ended=i == last) for i in range(ITEMS)]
    assert isinstance(trial.catch(next, items), StopIteration)
    calls = trial.work.calls
    assert max(calls.values()) == 1
    assert once(range(last + 1)) <= calls


class Heavy:
    """Tells when it is pickled, and weighs 32 MB."""

    def __init__(self, work: Work, pickled: Work) -> None:
        self.work, self.pickled = work, pickled
        self.load = bytes(32 << 20)

    def __reduce__(self) -> Any:
        self.pickled.note("the object")
        return super().__reduce__()

    def weigh(self, item: int) -> int:
        return len(self.load) + self.work(item)


def test_a_method_of_a_heavy_object_is_inherited_and_not_sent(trial: Trial, tmp_path: Any) -> None:
    pickled = Work(tmp_path / "pickled", cost_s=0)
    heavy = Heavy(trial.work, pickled)
    assert trial.run(heavy.weigh, range(ITEMS)) == [(32 << 20) + i for i in range(ITEMS)]
    assert trial.work.calls == once(range(ITEMS))
    assert pickled.calls == {}


class Silent:
    """An item that tells when it is pickled."""

    def __init__(self, value: int, pickled: Work) -> None:
        self.value, self.pickled = value, pickled

    def __reduce__(self) -> Any:
        self.pickled.note(self.value)
        return Silent, (self.value, self.pickled)


@pytest.mark.parametrize("kind", [list, tuple])
def test_items_of_a_sequence_are_inherited_and_not_sent(
    kind: type, trial: Trial, tmp_path: Any
) -> None:
    pickled = Work(tmp_path / "pickled", cost_s=0)
    items = kind(Silent(i, pickled) for i in range(ITEMS))
    assert trial.run(lambda item: trial.work(item.value), items) == list(range(ITEMS))
    assert pickled.calls == {}


class Locked:
    """Cannot be pickled at all."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __reduce__(self) -> Any:
        msg = "it stays here"
        raise TypeError(msg)


def test_items_that_cannot_be_sent_are_inherited(trial: Trial) -> None:
    items = [Locked(i) for i in range(ITEMS)]
    assert trial.run(lambda item: trial.work(item.value), items) == list(range(ITEMS))
    assert trial.work.calls == once(range(ITEMS))


def test_items_of_an_iterator_that_cannot_be_sent_run_in_the_caller(processes: Trial) -> None:
    items = (Locked(i) if i % 3 else i for i in range(ITEMS))
    value = operator.attrgetter("value")
    results = processes.run_anyhow(
        lambda item: processes.work(item if isinstance(item, int) else value(item)), items
    )
    assert results == list(range(ITEMS))
    assert processes.work.calls == once(range(ITEMS))
    assert processes.record is not None
    assert processes.record.engine in PROCESSES


@pytest.mark.parametrize("trial", ["auto", "serial", "threads"], indirect=True)
def test_a_function_that_changes_its_items_changes_the_caller_s(trial: Trial) -> None:
    def change(item: dict[str, int]) -> dict[str, int]:
        item["seen"] = trial.work(item["value"])
        return item

    items = [{"value": i} for i in range(ITEMS)]
    results = trial.run_anyhow(change, items)
    assert [result is item for result, item in zip(results, items, strict=True)] == [True] * ITEMS
    assert items == [{"value": i, "seen": i} for i in range(ITEMS)]
    assert trial.work.calls == once(range(ITEMS))


@pytest.mark.slow
@pytest.mark.parametrize("trial", ["auto"], indirect=True)
def test_a_first_call_that_waits_does_not_keep_the_others_on_threads(trial: Trial) -> None:
    trial.work.cost_s = 5e-3  # far more than the first call, which only waits

    def slow_at_first(item: int) -> int:
        if item == 0:
            time.sleep(0.1)
            return item
        return trial.work(item)

    began_s, cpu_s = time.perf_counter(), time.process_time()
    assert trial.run_anyhow(slow_at_first, range(ITEMS)) == list(range(ITEMS))
    busy = (time.process_time() - cpu_s) / (time.perf_counter() - began_s - 0.1)

    assert trial.work.calls == once(range(1, ITEMS))
    if busy < 0.85:
        pytest.skip("the machine was so busy that computing looked like waiting")
    assert trial.record is not None
    assert trial.record.engine in PROCESSES
