"""How kinds of record differ, as data. Everything else is one mechanism."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, Protocol, TypeVar

from amorsize.cache.codec import Table
from amorsize.cache.comparing import foreign
from amorsize.cache.entries import BenchmarkCacheEntry, CacheEntry
from amorsize.cache.learned import LEARNED
from amorsize.cache.rules import (
    MOST_RATIO,
    MOST_S,
    Rule,
    amount,
    number,
    several,
    size,
    text,
    whole,
    word,
)
from amorsize.cache.system import here
from amorsize.errors import UsageError
from amorsize.vocab.advice import PoolKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from amorsize.vocab.lookup import Foreign


class Dated(Protocol):
    """What the loader asks of an entry."""

    @property
    def timestamp(self) -> float: ...

    @property
    def system_info(self) -> Mapping[str, Any]: ...


EntryT = TypeVar("EntryT", bound=Dated)

SYSTEM: Final[Table[dict[str, Any]]] = Table.of(
    dict,
    {
        "physical_cores": whole(1),
        "available_memory": size(),
        "start_method": text(),
        "platform": text(),
        "python_version": text(),
    },
)


class Kind(NamedTuple, Generic[EntryT]):
    """One of the two caches, or what was measured of this machine."""

    name: str
    folder: str
    absent: str
    """What is said where nothing was stored."""
    table: Table[EntryT]
    foreign: Callable[[Mapping[str, Any], Any], Foreign | None]
    """What differs between the machine of an entry, as far as it tells, and this one."""
    system: Table[dict[str, Any]] = SYSTEM
    """The fields of ``system_info``."""
    here: Callable[[], Any] = here
    """What of this machine an entry is compared with."""


MOST_JOBS: Final = 4096

DATED: Final = {
    "timestamp": number(0),
    "system_info": Rule(SYSTEM.decode, dict),
    "cache_version": whole(0),
}

JOBS: Final = {"n_jobs": whole(1, MOST_JOBS), "chunksize": whole(1)}

OPTIMIZATION: Final = Kind(
    name="optimization",
    folder="optimization_cache",
    absent="No cached entry found for this workload",
    foreign=partial(foreign, memory_tolerance=CacheEntry.MEMORY_TOLERANCE),
    table=Table.of(
        CacheEntry,
        JOBS
        | {
            "executor_type": word([*PoolKind]),
            "estimated_speedup": amount(MOST_RATIO),
            "reason": text(),
            "warnings": several(text()),
        }
        | DATED,
        extra={"learned": LEARNED},
    ),
)

BENCHMARK: Final = Kind(
    name="benchmark",
    folder="benchmark_cache",
    absent="No cached benchmark result found for this workload",
    foreign=partial(foreign, memory_tolerance=BenchmarkCacheEntry.MEMORY_TOLERANCE),
    table=Table.of(
        BenchmarkCacheEntry,
        {
            "serial_time": amount(MOST_S),
            "parallel_time": amount(MOST_S),
            "actual_speedup": amount(MOST_RATIO),
        }
        | JOBS
        | DATED,
    ),
)

KINDS: Final[Mapping[str, Kind[Any]]] = {kind.name: kind for kind in (OPTIMIZATION, BENCHMARK)}
"""The caches that users name; a calibration is no cache."""


def kind_called(cache_type: object) -> Kind[Any]:
    """The cache that a user means.

    Raises:
        UsageError: there is no such cache.
    """
    if not isinstance(cache_type, str) or cache_type not in KINDS:
        words = " or ".join(map(repr, KINDS))
        msg = f"Invalid cache_type: {cache_type} (must be {words})"
        raise UsageError(msg)
    return KINDS[cache_type]
