"""A caller that has hardly any stack left misses at worst; it never takes entries for broken."""

from __future__ import annotations

from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from amorsize import cache
from amorsize.cache.dating import dated
from amorsize.cache.kinds import OPTIMIZATION
from amorsize.cache.opening import cache_of
from tests.cache.examples import LEARNED

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cache.kit import Door

KEYS = ["a", "b", "c"]
LAST_FRAMES = 120
"""More than any of these calls takes."""


def room(frames: int = 0) -> int:
    """How many frames are left."""
    try:
        return room(frames + 1)
    except RecursionError:
        return frames


def dive(ask: Callable[[], object], frames: int) -> None:
    """Call it at every depth from so many frames on, down to the last."""
    with suppress(RecursionError):
        if frames <= 0:
            ask()
    with suppress(RecursionError):
        dive(ask, frames - 1)


@pytest.fixture
def filled(door: Door) -> Door:
    for key in KEYS:
        door.save(key)
    if door.name == OPTIMIZATION.name:  # records inside a record take the most frames
        entry = cache.CacheEntry(1, 1, "process", 1.0, "", [], **dated(), learned=LEARNED)
        cache_of(OPTIMIZATION).save("a", entry)
    return door


def test_a_load_that_prunes_removes_no_valid_entry_at_any_depth(
    filled: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "AUTO_PRUNE_PROBABILITY", 1.0)
    reasons: list[str] = []

    dive(lambda: reasons.append(filled.load("a")[1]), room() - LAST_FRAMES)

    assert filled.keys() == KEYS
    assert "" in reasons
    assert {*reasons} <= {"", "Failed to load cache: RecursionError"}


def test_upkeep_counts_and_removes_the_same_at_any_depth(filled: Door) -> None:
    counts: set[tuple[int, int, int]] = set()

    def look_after() -> None:
        counts.add(
            (
                cache.prune_expired_cache(cache_type=filled.name),
                cache.repair_cache(dry_run=False, cache_type=filled.name)["deleted"],
                cache.validate_cache(cache_type=filled.name).invalid_entries,
            )
        )

    dive(look_after, room() - LAST_FRAMES)

    assert filled.keys() == KEYS
    assert counts == {(0, 0, 0)}


def test_what_is_nested_too_deeply_for_any_stack_is_pruned(
    filled: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = b"[" * 100_000
    filled.write("deep", data)
    assert cache.repair_cache(cache_type=filled.name)["deleted"] == 1
    assert cache.prune_expired_cache(cache_type=filled.name) == 1

    filled.write("deep", data)
    monkeypatch.setattr(cache, "AUTO_PRUNE_PROBABILITY", 1.0)
    assert filled.load("deep") == (None, "Failed to load cache: RecursionError")
    assert filled.keys() == KEYS


def test_where_no_thread_can_be_started_it_stays(
    filled: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Thread) -> None:
        msg = "can't start new thread"
        raise RuntimeError(msg)

    filled.write("deep", b"[" * 100_000)
    monkeypatch.setattr(cache, "AUTO_PRUNE_PROBABILITY", 1.0)
    monkeypatch.setattr(Thread, "start", refuse)

    assert filled.load("deep") == (None, "Failed to load cache: RecursionError")
    assert filled.keys() == [*KEYS, "deep"]
