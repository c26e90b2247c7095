"""The verdict comes first, pruning after: whatever is pruned, the answer is the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from amorsize import cache
from amorsize.cache.kinds import BENCHMARK, OPTIMIZATION, Kind
from amorsize.cache.loader import PRUNED_PER_LOAD, Cache
from amorsize.testing.memory_store import MemoryStore
from amorsize.vocab.lookup import Expired, Miss
from tests.cache.kit import TTL_S

if TYPE_CHECKING:
    from tests.cache.kit import Door, FakeTime

KEY = "asked"
ROUNDS = 200


@pytest.fixture
def always_prunes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "AUTO_PRUNE_PROBABILITY", 1.0)


@pytest.mark.usefixtures("always_prunes")
def test_an_expired_entry_is_reported_as_expired_every_time(
    door: Door, fake_time: FakeTime
) -> None:
    for _ in range(ROUNDS):
        door.save(KEY)
        fake_time.now += TTL_S + 1

        assert door.load(KEY)[1].startswith("Cache entry expired")
        assert door.load(KEY) == (None, door.absent)  # pruned by the load before


@pytest.mark.usefixtures("always_prunes")
def test_pruning_removes_what_is_expired_or_unreadable_and_nothing_else(
    door: Door, fake_time: FakeTime
) -> None:
    for key in ("old", "other", "spoilt"):
        door.save(key)
    fake_time.now += TTL_S + 1
    for key in ("fresh", "foreign", "older-format"):
        door.save(key)
    door.edit("foreign", system_info={"physical_cores": 999})
    door.edit("older-format", cache_version=1)
    door.write("spoilt", b"[]")

    assert door.load("fresh")[1] == ""
    assert door.keys() == ["foreign", "fresh", "older-format"]


def test_nothing_is_pruned_where_the_probability_is_zero(door: Door, fake_time: FakeTime) -> None:
    door.save(KEY)
    fake_time.now += TTL_S + 1
    for _ in range(ROUNDS):
        door.load(KEY)

    assert door.keys() == [KEY]


class Watched(MemoryStore):
    """Notes what is asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, str]] = []

    def get(self, key: str, /) -> bytes | None:
        self.calls.append(("get", key))
        return super().get(key)

    def delete(self, key: str, /) -> bool:
        self.calls.append(("delete", key))
        return super().delete(key)

    def some(self, most: int, /) -> list[str]:
        self.calls.append(("some", str(most)))
        return super().some(most)


@pytest.mark.parametrize("kind", [OPTIMIZATION, BENCHMARK], ids=lambda kind: kind.name)
@pytest.mark.parametrize("stored", [None, b"[]", b'{"timestamp": 0}'])
def test_on_every_path_the_entry_is_read_once_before_anything_is_pruned(
    kind: Kind[Any], stored: bytes | None
) -> None:
    store = Watched()
    if stored is not None:
        store.put(KEY, stored)
    quiet = Cache(kind, store, clock=lambda: TTL_S + 1.0, chance=lambda: 1.0)
    alone = quiet.load(KEY, TTL_S)
    assert store.calls == [("get", KEY)]
    store.calls.clear()

    pruning = Cache(kind, store, clock=lambda: TTL_S + 1.0, chance=lambda: -1.0)

    assert pruning.load(KEY, TTL_S) == alone
    assert store.calls[:2] == [("get", KEY), ("some", str(PRUNED_PER_LOAD))]
    assert store.get(KEY) is None


def test_a_store_that_fails_while_pruning_changes_no_answer() -> None:
    class Failing(Watched):
        def some(self, most: int, /) -> list[str]:
            raise OSError(most)

        def delete(self, key: str, /) -> bool:
            raise PermissionError(key)

    store = Failing()
    store.put(KEY, b'{"timestamp": 0}')
    pruning = Cache(OPTIMIZATION, store, clock=lambda: TTL_S + 1.0, chance=lambda: -1.0)

    assert pruning.load(KEY, TTL_S) == Miss(Expired(TTL_S + 1.0, TTL_S))


def test_a_load_looks_at_a_bounded_number_of_entries_however_many_there_are() -> None:
    store = Watched()
    for number in range(10 * PRUNED_PER_LOAD):
        store.put(f"k{number}", b"[]")
    Cache(OPTIMIZATION, store, chance=lambda: -1.0).load(KEY, TTL_S)

    read = [call for call in store.calls if call[0] == "get"]
    assert len(read) <= PRUNED_PER_LOAD + 2
    assert len([*store.keys()]) == 9 * PRUNED_PER_LOAD


def test_about_one_load_in_twenty_prunes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "AUTO_PRUNE_PROBABILITY", 0.05)
    store, loads = Watched(), 4000
    for _ in range(loads):
        Cache(OPTIMIZATION, store).load(KEY, TTL_S)

    pruned = sum(call[0] == "some" for call in store.calls)
    assert loads * 0.025 < pruned < loads * 0.1


@pytest.mark.usefixtures("always_prunes")
def test_a_short_time_to_live_is_one_caller_s_and_prunes_nothing_of_others(
    door: Door, fake_time: FakeTime
) -> None:
    for key in ("k", "other"):
        door.save(key)
    fake_time.now += 60

    for ttl_s in (30, 0, -1):
        assert door.load("k", ttl_s)[1].startswith("Cache entry expired")
        assert door.keys() == ["k", "other"]


@pytest.mark.usefixtures("always_prunes")
def test_a_long_time_to_live_keeps_what_it_would_serve(door: Door, fake_time: FakeTime) -> None:
    for key in ("k", "other"):
        door.save(key)
    fake_time.now += 2 * TTL_S

    assert door.load("k", 3 * TTL_S)[1] == ""
    assert door.keys() == ["k", "other"]
