"""Everything that can happen to a cache, in random order, beside a model that says what must be.

Short in the tests, 100,000 steps by ``python scripts/cache_figures.py interleavings``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from amorsize import cache
from amorsize.cache.system import here
from tests.cache.kit import DAY_S, DOORS, TTL_S

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tests.cache.kit import Door, FakeTime

KEYS: Final = ("a", "b.b", "C-c_", "0")

UNREADABLE: Final = {
    b"": "JSONDecodeError",
    b"[]": "TypeError",
    b"{}": "KeyError",
    b"\xff": "UnicodeDecodeError",
}


@dataclass
class Entry:
    """What the model knows of one file."""

    timestamp: float
    version: int = cache.CACHE_VERSION
    cores: int = field(default_factory=lambda: here().physical_cores)
    method: str = field(default_factory=lambda: here().start_method)
    wrong_field: bool = False
    garbage: bytes | None = None

    def reason(self, now: float, ttl_s: float) -> str:
        """The table of reasons once more, written down another way."""
        system = here()
        if self.garbage is not None:
            return f"Failed to load cache: {UNREADABLE[self.garbage]}"
        age_s = now - self.timestamp if now > self.timestamp else 0.0
        current = (cache.CACHE_VERSION, system.physical_cores, system.start_method)
        version, cores, method = (
            f"(cached: {mark}{was}, current: {mark}{now_is})"
            for was, now_is, mark in zip(
                (self.version, self.cores, self.method), current, ("v", "", ""), strict=True
            )
        )
        ages = f"(age: {age_s / DAY_S:.1f} days, TTL: {ttl_s / DAY_S:.1f} days)"
        table = [
            (self.version == current[0], f"Cache format version mismatch {version}"),
            (age_s <= ttl_s, f"Cache entry expired {ages}"),
            (self.cores == current[1], f"Physical core count changed {cores}"),
            (self.method == current[2], f"Multiprocessing start method changed {method}"),
            (not self.wrong_field, "Failed to load cache: ValueError"),
            (self.timestamp <= now + DAY_S, "Failed to load cache: ValueError"),
        ]
        return next((reason for holds, reason in table if not holds), "")

    def is_pruned_by_a_load(self, now: float, ttl_s: float) -> bool:
        return self.reason(now, ttl_s).startswith(("Cache entry expired", "Failed to load"))


class Interleaving:
    """One cache and its model, taken through random steps."""

    def __init__(self, door: Door, time: FakeTime, random: Random) -> None:
        self.door = door
        self.time = time
        self.random = random
        self.model: dict[str, Entry] = {}

    def step(self) -> None:
        """Do something, and hold the cache to the model."""
        happens = self.random.choice(self.EVENTS)
        happens(self)
        assert self.door.keys() == sorted(self.model), happens.__name__

    def save(self) -> None:
        key = self.random.choice(KEYS)
        self.door.save(key)
        self.model[key] = Entry(self.time.now)

    def load(self) -> None:
        key, ttl_s = self.random.choice(KEYS), self.random.choice((TTL_S, DAY_S, 0.0))
        prunes = self.random.random() < 0.5  # far more than 5 %: that is what may go wrong
        cache.AUTO_PRUNE_PROBABILITY = 1.0 if prunes else 0.0
        entry, reason = self.door.load(key, ttl_s)
        known, now = self.model.get(key), self.time.now
        expected = self.door.absent if known is None else known.reason(now, ttl_s)
        assert (reason, entry is None) == (expected, bool(expected))
        assert entry is None or known is None or entry.timestamp == known.timestamp
        if prunes:
            self._forget(lambda one: one.is_pruned_by_a_load(now, max(ttl_s, TTL_S)))

    def pass_time(self) -> None:
        self.time.now += self.random.choice((0.0, 1.0, DAY_S, 3 * DAY_S, TTL_S + 1))

    def set_clock_back(self) -> None:
        self.time.now -= self.random.choice((1.0, DAY_S, 2 * DAY_S))

    def corrupt(self) -> None:
        for entry, key in self._some_entry():
            entry.garbage = self.random.choice([*UNREADABLE])
            self.door.write(key, entry.garbage)

    def edit(self) -> None:
        for entry, key in self._some_entry():
            if entry.garbage is None:
                self._edit(entry, key)

    def prune(self) -> None:
        now, ttl_s = self.time.now, self.random.choice((TTL_S, DAY_S))
        gone = sum(bool(entry.reason(now, ttl_s)) for entry in self.model.values())
        assert cache.prune_expired_cache(ttl_s, cache_type=self.door.name) == gone
        self._forget(lambda one: bool(one.reason(now, ttl_s)))

    def repair(self) -> None:
        now, bad = self.time.now, "Failed to load"
        broken = [key for key, e in self.model.items() if e.reason(now, 1e12).startswith(bad)]
        counted = cache.repair_cache(dry_run=False, cache_type=self.door.name)
        assert counted == {
            "examined": len(self.model),
            "deleted": len(broken),
            "kept": len(self.model) - len(broken),
        }
        self._forget(lambda one: one.reason(now, 1e12).startswith(bad))

    def count(self) -> None:
        stats, now = self.door.stats(), self.time.now
        reasons = [entry.reason(now, TTL_S) for entry in self.model.values()]
        expired = sum(reason.startswith("Cache entry expired") for reason in reasons)
        assert (stats.total_entries, stats.valid_entries) == (len(reasons), reasons.count(""))
        assert stats.expired_entries == expired
        assert stats.incompatible_entries == len(reasons) - reasons.count("") - expired

    def clear(self) -> None:
        if self.random.random() < 0.2:
            assert self.door.clear() == len(self.model)
            self.model.clear()

    EVENTS: Final = (
        *(save, save, save, load, load, load, load, load, load),
        *(pass_time, set_clock_back, corrupt, edit, edit, prune, repair, count, clear),
    )

    def _edit(self, entry: Entry, key: str) -> None:
        match self.random.randrange(4):
            case 0:
                entry.version = self.random.choice((1, cache.CACHE_VERSION + 1))
            case 1:
                entry.cores = 999
            case 2:
                entry.method = "magic"
            case _:
                entry.wrong_field = True
        name, wrong = self.door.wrong_field
        self.door.edit(
            key,
            cache_version=entry.version,
            system_info={"physical_cores": entry.cores, "start_method": entry.method},
            **({name: wrong} if entry.wrong_field else {}),
        )

    def _some_entry(self) -> list[tuple[Entry, str]]:
        key = self.random.choice(KEYS)
        return [(self.model[key], key)] if key in self.model else []

    def _forget(self, gone: Callable[[Entry], bool]) -> None:
        self.model = {key: entry for key, entry in self.model.items() if not gone(entry)}


def drive(steps: int, time: FakeTime, random: Random) -> None:
    """So many steps with each cache; raises ``AssertionError`` where it and the model differ."""
    for door in DOORS:
        one = Interleaving(door, time, random)
        for _ in range(steps // len(DOORS)):
            one.step()
        door.clear()
