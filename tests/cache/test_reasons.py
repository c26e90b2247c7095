"""Why a lookup misses: word for word, in the order of the table, alike in both caches."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from amorsize.cache import CACHE_VERSION
from amorsize.cache.system import here
from tests.cache.kit import DAY_S, TTL_S

if TYPE_CHECKING:
    from tests.cache.kit import Door, FakeTime

KEY = "some-key_1.0"
GIB = 1024**3


def spoilt(door: Door) -> list[tuple[dict[str, Any], str]]:
    """Changes to a file, the last in the table first, and what each is answered by."""
    system = here()
    far = int(system.memory_bytes * (1 + 2 * door.memory_tolerance))
    field, wrong = door.wrong_field
    gb = f"cached: {far / GIB:.2f}GB, current: {system.memory_bytes / GIB:.2f}GB"
    cores = f"cached: 999, current: {system.physical_cores}"
    return [
        ({field: wrong}, "Failed to load cache: ValueError"),
        (
            {"system_info": {"available_memory": far}},
            f"Available memory changed significantly ({gb})",
        ),
        (
            {"system_info": {"start_method": "magic"}},
            f"Multiprocessing start method changed (cached: magic, current: {system.start_method})",
        ),
        (
            {"system_info": {"physical_cores": 999}},
            f"Physical core count changed ({cores})",
        ),
        ({}, "Cache entry expired (age: 8.5 days, TTL: 7.0 days)"),
        (
            {"cache_version": 77},
            f"Cache format version mismatch (cached: v77, current: v{CACHE_VERSION})",
        ),
    ]


def test_the_first_reason_of_the_table_is_the_one_that_is_given(
    door: Door, fake_time: FakeTime
) -> None:
    door.save(KEY)
    for changes, reason in spoilt(door):
        door.edit(KEY, **changes)
        if not changes:
            fake_time.now += 8.5 * DAY_S

        assert door.load(KEY) == (None, reason)

    door.file(KEY).unlink()
    assert door.load(KEY) == (None, door.absent)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "JSONDecodeError"),
        (b"{", "JSONDecodeError"),
        (b"\xff{}", "UnicodeDecodeError"),
        (b"[]", "TypeError"),
        (b"3", "TypeError"),
        (b"{}", "KeyError"),
        (b"[" * 100_000, "RecursionError"),
        (b" " * (2**20 + 1), "ValueError"),
        (b'{"n_jobs": ' + b"9" * 5000 + b"}", "ValueError"),
    ],
    ids=lambda value: value[:12] if isinstance(value, bytes) else value,
)
def test_what_cannot_be_decoded_is_named_by_its_exception(
    door: Door, data: bytes, name: str
) -> None:
    door.write(KEY, data)

    assert door.load(KEY) == (None, f"Failed to load cache: {name}")


def test_a_missing_field_and_a_boolean_for_a_number_are_unreadable(door: Door) -> None:
    door.save(KEY)
    document = json.loads(door.file(KEY).read_text())
    for name in document:
        without = {other: value for other, value in document.items() if other != name}
        door.write(KEY, json.dumps(without).encode())
        assert door.load(KEY) == (None, "Failed to load cache: KeyError"), name
    for name in ("n_jobs", "chunksize", "timestamp", "cache_version"):
        door.write(KEY, json.dumps(document | {name: True}).encode())
        assert door.load(KEY) == (None, "Failed to load cache: TypeError"), name


@pytest.mark.parametrize("share", [0.99, -0.99, 1.01, -1.01])
def test_memory_may_differ_by_so_much_and_no_more(door: Door, share: float) -> None:
    door.save(KEY)
    current = here().memory_bytes
    # the tolerance is a share of what was cached
    cached = round(current / (1 + share * door.memory_tolerance))
    door.edit(KEY, system_info={"available_memory": cached})

    entry, reason = door.load(KEY)

    assert (entry is None) == (abs(share) > 1)
    assert reason.startswith("Available memory" if entry is None else "")


def test_an_entry_comes_back_as_it_was_saved(door: Door, fake_time: FakeTime) -> None:
    door.save(KEY)

    entry, reason = door.load(KEY)

    assert (reason, entry.n_jobs, entry.chunksize) == ("", 4, 10)
    assert (entry.timestamp, entry.cache_version) == (fake_time.now, CACHE_VERSION)
    assert entry.is_system_compatible() == (True, "")
    assert set(entry.system_info) == {
        *("physical_cores", "available_memory", "start_method", "platform", "python_version")
    }
    document = json.loads(door.file(KEY).read_text())
    assert all(getattr(entry, name) == value for name, value in document.items())


def test_age_counts_from_zero_and_must_exceed_the_time_to_live(
    door: Door, fake_time: FakeTime
) -> None:
    door.save(KEY)
    entry, _ = door.load(KEY, 0)
    assert entry is not None

    fake_time.now += TTL_S
    assert (door.load(KEY)[1], entry.is_expired(TTL_S)) == ("", False)

    fake_time.now += 1
    assert "expired" in door.load(KEY)[1]
    assert entry.is_expired(TTL_S)
    fake_time.now = entry.timestamp
    assert door.load(KEY, -1)[1] == "Cache entry expired (age: 0.0 days, TTL: 0.0 days)"


def test_a_clock_that_was_set_back_makes_no_entry_old_and_a_day_ahead_is_too_much(
    door: Door, fake_time: FakeTime
) -> None:
    door.save(KEY)
    fake_time.now -= DAY_S
    entry, _ = door.load(KEY, 0)
    assert entry is not None
    assert not entry.is_expired(0)

    fake_time.now -= 1
    assert door.load(KEY) == (None, "Failed to load cache: ValueError")


@pytest.mark.parametrize(
    "key", ["", ".", "..", "a/b", "../x", "a b", "ä", "x" * 201, "a\n", 3, None]
)
def test_a_key_that_could_leave_the_folder_is_refused(door: Door, key: Any) -> None:
    with pytest.raises(ValueError, match="Invalid parameter: cache_key must be"):
        door.load(key)
    with pytest.raises(ValueError, match="Invalid parameter: cache_key must be"):
        door.save(key)

    assert door.keys() == []


@pytest.mark.parametrize("ttl", [float("nan"), float("inf"), "7", None])
def test_a_time_to_live_is_a_finite_number(door: Door, ttl: Any) -> None:
    with pytest.raises(ValueError, match="Invalid parameter: ttl_seconds must be a finite number"):
        door.load(KEY, ttl)
