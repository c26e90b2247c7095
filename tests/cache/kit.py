"""What tests of the caches share: a clock that obeys, entries, and files to spoil."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from amorsize import cache
from amorsize.cache.kinds import KINDS
from amorsize.cache.places import folder_of

START_S: Final = 1.8e9
DAY_S: Final = 86400.0
TTL_S: Final = cache.DEFAULT_TTL_SECONDS


@dataclass
class FakeTime:
    """Stands for the module ``time`` in ``amorsize.cache.clock``."""

    now: float = START_S

    def time(self) -> float:
        return self.now


@dataclass(frozen=True)
class Door:
    """The public functions of one of the two caches."""

    name: str
    load: Callable[..., tuple[Any, str]]
    save: Callable[[str], None]
    clear: Callable[[], int]
    stats: Callable[..., cache.CacheStats]
    absent: str
    memory_tolerance: float
    wrong_field: tuple[str, Any]

    @property
    def folder(self) -> Path:
        return Path(folder_of(KINDS[self.name]))

    def file(self, key: str) -> Path:
        return self.folder / f"{key}.json"

    def edit(self, key: str, **changes: Any) -> None:
        """As a script would: read, change, write."""
        document = json.loads(self.file(key).read_text())
        info = changes.pop("system_info", {})
        document |= changes
        document["system_info"] |= info
        self.write(key, json.dumps(document).encode())

    def write(self, key: str, data: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.file(key).write_bytes(data)

    def keys(self) -> list[str]:
        return sorted(path.stem for path in self.folder.glob("*.json"))


def _save_decision(key: str) -> None:
    cache.save_cache_entry(key, 4, 10, "process", 2.5, "because", ["careful"])


def _save_times(key: str) -> None:
    cache.save_benchmark_cache_entry(key, 2.0, 0.5, 4.0, 4, 10)


DOORS: Final = (
    Door(
        "optimization",
        cache.load_cache_entry,
        _save_decision,
        cache.clear_cache,
        cache.get_cache_stats,
        "No cached entry found for this workload",
        0.2,
        ("executor_type", "banana"),
    ),
    Door(
        "benchmark",
        cache.load_benchmark_cache_entry,
        _save_times,
        cache.clear_benchmark_cache,
        cache.get_benchmark_cache_stats,
        "No cached benchmark result found for this workload",
        0.1,
        ("serial_time", -1),
    ),
)
