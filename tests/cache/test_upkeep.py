"""Counting, pruning, clearing, validating and repairing: the same for both caches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import amorsize
from amorsize import cache
from amorsize.cache import upkeep
from amorsize.cache.kinds import KINDS
from amorsize.cache.loader import Cache
from amorsize.testing.memory_store import MemoryStore
from tests.cache.kit import DOORS, TTL_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.cache.kit import Door, FakeTime


@pytest.fixture
def zoo(door: Door, fake_time: FakeTime) -> Door:
    """One entry of each sort."""
    door.save("expired")
    fake_time.now += TTL_S + 1
    for key in ("fresh", "foreign", "older", "broken", "garbage"):
        door.save(key)
    fake_time.now += 100
    door.edit("foreign", system_info={"start_method": "magic"})
    door.edit("older", cache_version=1)
    field, wrong = door.wrong_field
    door.edit("broken", n_jobs=0, **{field: wrong})
    door.write("garbage", b"{")
    return door


def test_every_sort_is_counted_once(zoo: Door) -> None:
    stats = zoo.stats()

    assert (stats.total_entries, stats.valid_entries) == (6, 1)
    assert (stats.expired_entries, stats.incompatible_entries) == (1, 4)
    assert (stats.unreadable_entries, stats.cache_dir) == (2, zoo.folder)
    assert (stats.oldest_entry_age, stats.newest_entry_age) == (TTL_S + 101, 100)
    assert stats.total_size_bytes == sum(file.stat().st_size for file in zoo.folder.iterdir())


def test_an_empty_cache_has_no_ages(door: Door) -> None:
    stats = door.stats()

    assert (stats.total_entries, stats.oldest_entry_age, stats.newest_entry_age) == (0, None, None)


def test_pruning_leaves_what_a_load_would_serve(zoo: Door) -> None:
    assert cache.prune_expired_cache(cache_type=zoo.name) == 5
    assert zoo.keys() == ["fresh"]


def test_repairing_removes_what_cannot_be_read_and_counts_it_before(zoo: Door) -> None:
    counts = {"examined": 6, "deleted": 2, "kept": 4}

    assert cache.repair_cache(cache_type=zoo.name) == counts
    assert len(zoo.keys()) == 6
    assert cache.repair_cache(dry_run=False, cache_type=zoo.name) == counts
    assert zoo.keys() == ["expired", "foreign", "fresh", "older"]


def test_a_healthy_cache_is_left_alone_by_repair(door: Door) -> None:
    for key in ("a", "b"):
        door.save(key)

    assert cache.repair_cache(False, door.name) == {"examined": 2, "deleted": 0, "kept": 2}
    assert cache.validate_cache(cache_type=door.name).health_score == 100.0


def test_clearing_one_cache_leaves_the_other(door: Door) -> None:
    for each in DOORS:
        each.save("k")

    assert door.clear() == 1
    assert [each.keys() for each in DOORS] == [[] if each is door else ["k"] for each in DOORS]


def test_validation_names_everything_that_is_wrong(zoo: Door) -> None:
    zoo.edit("broken", chunksize=True)
    result = cache.validate_cache(cache_type=zoo.name)

    assert (result.is_valid, result.total_entries, result.valid_entries) == (False, 6, 1)
    assert result.invalid_entries == 5
    assert result.health_score == pytest.approx(100 / 6)
    assert "broken: Invalid n_jobs: 0 (must be >= 1)" in result.issues
    assert "broken: Invalid chunksize: True (must be an integer)" in result.issues
    assert "garbage: Failed to load cache: JSONDecodeError" in result.issues
    assert "expired: Cache entry expired (age: 7.0 days, TTL: 7.0 days)" in result.issues
    assert len([issue for issue in result.issues if issue.startswith("broken")]) == 3


class Haunted(MemoryStore):
    """Lists an entry that is gone when it is read."""

    def keys(self) -> Iterator[str]:
        yield "gone"
        yield from super().keys()


def test_any_store_is_looked_after_and_what_vanishes_is_no_part_of_it(door: Door) -> None:
    door.save("k")
    store = Haunted()
    store.put("k", door.file("k").read_bytes())
    door.clear()
    kept = Cache(KINDS[door.name], store)

    result = upkeep.validate(kept, TTL_S)
    assert (result.is_valid, result.total_entries, result.issues) == (True, 1, [])
    assert upkeep.stats(kept, TTL_S).total_entries == 1

    store.put("bad", b"{")
    result = upkeep.validate(kept, TTL_S)
    assert (result.total_entries, result.health_score) == (2, 50)
    assert result.issues == ["bad: Failed to load cache: JSONDecodeError"]
    assert upkeep.repair(kept, dry_run=False) == {"examined": 2, "deleted": 1, "kept": 1}
    assert (upkeep.prune(kept, TTL_S), upkeep.clear(kept), kept.refusals) == (0, 1, [])


def test_one_file_is_validated_wherever_it_lies(
    door: Door, fake_time: FakeTime, tmp_path: Any
) -> None:
    door.save("k")
    copy = tmp_path / "copy of it"
    copy.write_bytes(door.file("k").read_bytes())
    assert cache.validate_cache_entry(copy) == (True, [])
    assert cache.validate_cache_entry(str(door.file("k")), 0) == (True, [])

    copy.write_text(copy.read_text().replace('"chunksize": 10, ', ""))
    assert cache.validate_cache_entry(copy) == (False, ["Missing required field: chunksize"])

    fake_time.now -= 86401
    ahead = f"Invalid timestamp: {fake_time.now + 86401} (must be at most a day ahead)"
    assert cache.validate_cache_entry(door.file("k")) == (False, [ahead])
    gone = tmp_path / "gone"
    assert cache.validate_cache_entry(gone) == (False, [f"Cache file not found: {gone}"])


@pytest.mark.parametrize(
    "call",
    [
        lambda wrong: cache.prune_expired_cache(cache_type=wrong),
        lambda wrong: cache.validate_cache(cache_type=wrong),
        lambda wrong: cache.repair_cache(cache_type=wrong),
        lambda wrong: cache.export_cache("x", cache_type=wrong),
        lambda wrong: cache.import_cache("x", cache_type=wrong),
    ],
    ids=("prune", "validate", "repair", "export", "import"),
)
def test_there_are_two_caches(call: Callable[[Any], Any]) -> None:
    for wrong in ("bench", None, 3):
        with pytest.raises(ValueError, match="Invalid cache_type: ") as caught:
            call(wrong)

        words = f"Invalid cache_type: {wrong} (must be 'optimization' or 'benchmark')"
        assert str(caught.value) == words


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"n_jobs": 0}, "Invalid n_jobs: 0 (must be >= 1)"),
        ({"n_jobs": 5000}, "Invalid n_jobs: 5000 (must be <= 4096)"),
        ({"n_jobs": True}, "Invalid n_jobs: True (must be an integer)"),
        ({"chunksize": "x"}, "Invalid chunksize: 'x' (must be an integer)"),
        ({"estimated_speedup": float("nan")}, "Invalid estimated_speedup: nan (must be finite)"),
        ({"executor_type": "?"}, "Invalid executor_type: '?' (must be one of process, thread)"),
        ({"warnings": "careful"}, "Invalid warnings: 'careful' (must be a list)"),
        ({"reason": None}, "Invalid reason: None (must be a string)"),
    ],
)
def test_what_a_load_would_refuse_is_not_saved(changes: dict[str, Any], complaint: str) -> None:
    proper: dict[str, Any] = {
        "n_jobs": 2,
        "chunksize": 1,
        "executor_type": "thread",
        "estimated_speedup": 1,
        "reason": "",
        "warnings": (),
    }
    with pytest.raises(ValueError, match="Invalid") as caught:
        cache.save_cache_entry("k", **proper | changes)

    assert str(caught.value) == complaint
    assert cache.load_cache_entry("k") == (None, DOORS[0].absent)


def test_long_text_is_cut_and_the_latest_warnings_kept() -> None:
    texts = [f"{number} {'x' * 2000}" for number in range(60)]
    cache.save_cache_entry("k", 2, 1, "thread", 1, texts[0], texts)

    entry, _ = cache.load_cache_entry("k")
    assert entry is not None
    assert (len(entry.reason), entry.reason[-1], len(entry.warnings)) == (1000, "…", 50)
    assert entry.warnings[-1].startswith("59 ")


def test_the_names_are_at_the_top_too() -> None:
    assert amorsize.prune_expired_cache is cache.prune_expired_cache
    assert amorsize.CacheStats is cache.CacheStats
    assert {*cache.__all__} == {*dir(cache)}
    assert all(getattr(cache, name) is not None for name in cache.__all__)
