"""What every store must do: run against all of them, and against a dictionary."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from amorsize.cache.file_store import FileStore
from amorsize.testing.memory_store import MemoryStore

if TYPE_CHECKING:
    from pathlib import Path

    from amorsize.cache.store import Store

KEYS = ("a", "A.b", "_-", ".hidden", "x" * 200)


@pytest.fixture(params=["memory", "files"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return MemoryStore() if request.param == "memory" else FileStore(str(tmp_path / "some" / "f"))


def test_an_empty_store_has_nothing(store: Store) -> None:
    store.tidy()

    assert (store.get("a"), store.delete("a")) == (None, False)
    assert ([*store.keys()], store.some(9)) == ([], [])


def test_what_was_put_is_there_until_it_is_deleted(store: Store) -> None:
    store.put("a", b"one")
    store.put("a", b"two" * 100_000)
    store.put(".hidden", b"")
    store.tidy()

    assert (store.get("a"), store.get(".hidden")) == (b"two" * 100_000, b"")
    assert sorted(store.keys()) == sorted(store.some(9)) == [".hidden", "a"]
    assert (store.delete("a"), store.delete("a"), store.get("a")) == (True, False, None)


def test_some_are_keys_and_no_more_than_asked_for(store: Store) -> None:
    names = {f"k{number}" for number in range(50)}
    for name in names:
        store.put(name, b"x")

    assert len({*store.some(7)}) == 7
    assert {*store.some(7)} <= names
    assert {*store.some(100)} == names


def test_keys_may_be_deleted_while_they_are_listed(store: Store) -> None:
    for number in range(500):
        store.put(f"k{number}", b"x")

    assert sum(map(store.delete, store.keys())) == 500
    assert [*store.keys()] == []


def test_it_does_what_a_dictionary_does(store: Store) -> None:
    random, model = Random(1), dict[str, bytes]()
    for _ in range(1000):
        key = random.choice(KEYS)
        match random.randrange(4):
            case 0:
                model[key] = random.randbytes(random.randrange(50))
                store.put(key, model[key])
            case 1:
                assert store.delete(key) == (model.pop(key, None) is not None)
            case 2:
                assert store.get(key) == model.get(key)
            case _:
                assert sorted(store.keys()) == sorted(model)


def test_files_beyond_the_first_thousands_are_seen_by_turns(tmp_path: Path) -> None:
    store = FileStore(str(tmp_path))
    for number in range(60):
        store.put(f"k{number}", b"x")

    assert len({key for _ in range(60) for key in store.some(2)}) > 20
