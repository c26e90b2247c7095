"""Whatever can be iterated gives what the plain loop over it gives, each item once."""

from __future__ import annotations

import itertools
import threading
import time
import zlib
from array import array
from collections import Counter, OrderedDict, UserList, deque
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest

from amorsize import execute
from tests.support.calls import ITEMS, Trial, once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class OnlyGetItem:
    """Iterable in the old way; ``len`` may say what it likes."""

    def __init__(self, ends_at: int, says: int) -> None:
        self.ends_at, self.says = ends_at, says

    def __len__(self) -> int:
        return self.says

    def __getitem__(self, index: int) -> int:
        if index >= self.ends_at:
            raise IndexError(index)
        return index * 7


class WithoutLength:
    def __getitem__(self, index: int) -> int:
        return range(ITEMS)[index]


class OneShot:
    """Yields each item once, ever, and has a length."""

    def __init__(self, says: int) -> None:
        self.says, self.items = says, iter(range(ITEMS))

    def __len__(self) -> int:
        return self.says

    def __iter__(self) -> Iterator[int]:
        return self.items


class Backwards(list[int]):
    def __iter__(self) -> Iterator[int]:
        return reversed(self)


class OtherItems(list[int]):
    """Indexes to something else than it iterates."""

    def __getitem__(self, index: Any) -> Any:
        return -1


class PlainSubclass(list[int]):
    pass


class Row(tuple[int, ...]):
    __slots__ = ()


TEXT = "".join(chr(base + i) for i in range(ITEMS // 3) for base in (97, 0x3B1, 0x1F600))
NAMED = {f"key {i}": i for i in range(ITEMS)}

PLAIN: dict[str, Callable[[], Any]] = {
    "list": lambda: list(range(ITEMS)),
    "tuple": lambda: tuple(range(ITEMS)),
    "range with a step": lambda: range(3 * ITEMS, 0, -3),
    "bytes": lambda: bytes(range(ITEMS)),
    "bytearray": lambda: bytearray(range(ITEMS)),
    "memoryview": lambda: memoryview(bytes(range(ITEMS))),
    "str": lambda: TEXT,
    "array": lambda: array("d", range(ITEMS)),
    "dict": lambda: dict(NAMED),
    "dict keys": lambda: dict(NAMED).keys(),
    "dict values": lambda: dict(NAMED).values(),
    "dict items": lambda: dict(NAMED).items(),
    "ordered dict": lambda: OrderedDict(NAMED),
    "counter": lambda: Counter(NAMED),
    "mapping proxy": lambda: MappingProxyType(NAMED),
    "set": lambda: set(range(ITEMS)),
    "frozenset": lambda: frozenset(range(ITEMS)),
    "deque": lambda: deque(range(ITEMS)),
    "user list": lambda: UserList(range(ITEMS)),
    "subclass of tuple": lambda: Row(range(ITEMS)),
    "subclass of list": lambda: PlainSubclass(range(ITEMS)),
    "list that iterates backwards": lambda: Backwards(range(ITEMS)),
    "list that indexes to other items": lambda: OtherItems(range(ITEMS)),
    "list of equal items": lambda: [1.5] * ITEMS,
}

ONE_SHOT: dict[str, Callable[[], Any]] = {
    "generator": lambda: (i * i for i in range(ITEMS)),
    "map": lambda: map(str, range(ITEMS)),
    "zip": lambda: zip(range(ITEMS), TEXT, strict=True),
    "enumerate": lambda: enumerate(TEXT),
    "reversed": lambda: reversed(range(ITEMS)),
    "list iterator": lambda: iter(list(range(ITEMS))),
    "chain": lambda: itertools.chain(range(60), "ab" * (ITEMS // 2 - 30)),
    "one-shot with a length": lambda: OneShot(ITEMS),
    "one-shot that promises more": lambda: OneShot(3 * ITEMS),
    "one-shot that promises less": lambda: OneShot(2),
    "one-shot that promises nothing": lambda: OneShot(0),
}

OLD_STYLE: dict[str, Callable[[], Any]] = {
    "only getitem": lambda: OnlyGetItem(ITEMS, ITEMS),
    "only getitem that ends early": lambda: OnlyGetItem(ITEMS, 3 * ITEMS),
    "only getitem that goes on": lambda: OnlyGetItem(ITEMS, 50),
    "getitem without a length": WithoutLength,
}

KINDS = PLAIN | ONE_SHOT | OLD_STYLE


def check(trial: Trial, make: Callable[[], Any]) -> None:
    """Results, types and calls are those of the loop over the same data."""
    work = trial.work

    def describe(item: object) -> tuple[str, str]:
        work(item)
        return type(item).__name__, repr(item)

    assert trial.run(describe, make()) == [(type(x).__name__, repr(x)) for x in make()]
    assert work.calls == once(make())


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_input_gives_what_the_loop_gives(kind: str, trial: Trial) -> None:
    check(trial, KINDS[kind])


def test_an_object_that_says_it_is_empty_gives_what_it_has(trial: Trial) -> None:
    assert trial.run_anyhow(trial.work, OnlyGetItem(ITEMS, 0)) == [7 * i for i in range(ITEMS)]
    assert trial.work.calls == once(7 * i for i in range(ITEMS))


def test_a_file_gives_its_lines(trial: Trial, tmp_path: Path) -> None:
    text = [f"line {i}\n" for i in range(ITEMS)]
    path = tmp_path / "lines"
    path.write_text("".join(text))
    with path.open() as file:
        assert trial.run(lambda line: trial.work(line).upper(), file) == [x.upper() for x in text]
    assert trial.work.calls == once(text)


EMPTY: dict[str, Callable[[], Any]] = {
    "list": list,
    "tuple": tuple,
    "range": lambda: range(0),
    "str": str,
    "dict": dict,
    "set": set,
    "generator": lambda: (x for x in range(0)),
    "only getitem": lambda: OnlyGetItem(0, 0),
    "only getitem with a false length": lambda: OnlyGetItem(0, 5),
    "one-shot with a false length": lambda: itertools.islice(OneShot(5), 0),
}


@pytest.mark.parametrize("kind", EMPTY)
def test_no_items_give_no_results_and_no_calls(kind: str, trial: Trial) -> None:
    assert trial.run_anyhow(trial.work, EMPTY[kind]()) == []
    assert trial.work.calls == {}


ONE: dict[str, Callable[[], Any]] = {
    "list": lambda: [5],
    "iterator": lambda: iter([5]),
    "only getitem": lambda: OnlyGetItem(1, 1),
}


@pytest.mark.parametrize("kind", ONE)
def test_one_item_is_run_once(kind: str, trial: Trial) -> None:
    (item,) = ONE[kind]()
    assert trial.run_anyhow(trial.work, ONE[kind]()) == [item]
    assert trial.work.calls == once([item])


def test_two_items_are_run_once_each(trial: Trial) -> None:
    assert trial.run_anyhow(trial.work, ["a", "b"]) == ["a", "b"]
    assert trial.work.calls == once(["a", "b"])


def test_an_iterator_goes_on_where_it_stood(trial: Trial) -> None:
    numbers = iter(range(ITEMS))
    assert [next(numbers) for _ in range(10)] == list(range(10))
    assert trial.run(trial.work, numbers) == list(range(10, ITEMS))
    assert trial.work.calls == once(range(10, ITEMS))
    assert next(numbers, None) is None


def test_the_very_objects_reach_the_function_where_memory_is_shared(threads: Trial) -> None:
    items = [[i] for i in range(ITEMS)]
    ids = threads.run(lambda item: (threads.work(item[0]), id(item))[1], items)
    assert ids == [id(item) for item in items]
    assert threads.work.calls == once(range(ITEMS))


def test_input_is_read_in_the_caller_s_thread(trial: Trial) -> None:
    import threading

    def reading() -> Iterator[int]:
        for i in range(ITEMS):
            readers.add(threading.get_ident())
            yield i

    readers: set[int] = set()
    assert trial.run(trial.work, reading()) == list(range(ITEMS))
    assert readers == {threading.get_ident()}


def test_input_without_iteration_is_refused(trial: Trial) -> None:
    class Nothing:
        pass

    with pytest.raises(ValueError, match=r"^Invalid parameter: data parameter must be iterable"):
        trial.run(trial.work, Nothing())
    assert trial.work.calls == {}


def test_items_that_end_with_the_next_one_are_not_read_ahead() -> None:
    rows = [(i // 3, i) for i in range(600)]

    def total(group: Any) -> int:
        until = time.thread_time() + 3e-4
        while time.thread_time() < until:
            pass
        return sum(value for _, value in group[1])

    groups = [total(group) for group in itertools.groupby(rows, key=lambda row: row[0])]

    assert execute(total, itertools.groupby(rows, key=lambda row: row[0])) == groups


def test_one_buffer_that_is_filled_again_and_again_is_not_read_ahead() -> None:
    def refilled() -> Any:
        buffer = [0]
        for i in range(200):
            buffer[0] = i
            yield buffer

    def first(buffer: list[int]) -> int:
        until = time.thread_time() + 3e-4
        while time.thread_time() < until:
            pass
        return buffer[0]

    assert execute(first, refilled()) == list(range(200))


def test_a_list_that_the_function_makes_longer_is_run_to_its_end() -> None:
    todo = [0]

    def grow(item: int) -> int:
        if item < 49:
            todo.append(item + 1)
        return item

    assert execute(grow, todo) == list(range(50))


def test_what_the_input_raises_is_not_lost_in_a_trial_on_two_threads() -> None:
    def broken() -> Any:
        yield from range(60)
        msg = "cannot read on"
        raise OSError(msg)

    blob = bytes(range(256)) * 400
    release = threading.Event()
    bystander = threading.Thread(target=release.wait)
    bystander.start()
    try:
        with pytest.raises(OSError, match="cannot read on"):
            execute(lambda _: len(zlib.compress(blob)), broken())
    finally:
        release.set()
        bystander.join()


class Unreadable:
    """Pickles, but cannot be unpickled elsewhere."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __reduce__(self) -> Any:
        return (Unreadable._refuse, (self.value,))

    @staticmethod
    def _refuse(value: int) -> Any:
        raise TypeError(value)


def test_items_that_no_worker_can_read_run_in_the_caller() -> None:
    results, told = execute(
        lambda item: item.value,
        (Unreadable(i) for i in range(40)),
        backend="processes",
        n_jobs=2,
        return_optimization_result=True,
    )

    assert results == list(range(40))
    assert told.run is not None
    assert told.run.reruns == ()
