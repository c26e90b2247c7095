"""Keeps a run from running out of memory: looks now and then, and then has fewer workers."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Final

from amorsize.errors import MemoryShortError, UsageError
from amorsize.plan.footprint import THREAD_BYTES, Look, Pressure, pressure
from amorsize.plan.units import size
from amorsize.vocab.machine import MemorySource

if TYPE_CHECKING:
    from amorsize.machine.room import Room, RoomGauge

LOOK_S: Final = 0.25
"""Between two looks, which take 0.1 to 0.3 ms: a thousandth."""

STREAM: Final = (
    "amorsize.stream() hands results out one by one; or return less, for example the name of a "
    "file; AMORSIZE_MEMORY_LIMIT says how much may be used"
)


class Guard:
    """Asked in the caller's thread; nothing is looked at in the first ``LOOK_S``."""

    def __init__(self, gauge: RoomGauge | None = None) -> None:
        self._gauge = gauge
        self._next_s = perf_counter() + LOOK_S
        self._free: float | None = None
        self._began_with = -1
        self._shrunk_at_s = 0.0
        self._workers = 1
        self.most_workers: int | None = None
        """So many may work, the caller included where it works; ``None``: as many as there are."""

    @property
    def patience_s(self) -> float:
        return max(0.0, self._next_s - perf_counter())

    def begins(self, workers: int, *, threads: bool = False) -> str | None:
        """So many work from now on; a warning, if there is no room for so many threads."""
        from amorsize.machine.room import address_room

        self._workers = workers
        room = address_room() if threads else None
        if room is None:
            return None
        fit = max(1, int(room.free_bytes / THREAD_BYTES))
        if fit < (self.most_workers or workers):
            self.most_workers = fit
            return f"memory is short ({_told(room)}): went on with {fit} of {workers} threads"
        return None

    def look(self, results: int) -> str | None:
        """Look, if it is time; a warning, if something was done about it.

        Raises:
            MemoryShortError: ``results`` are what fills the memory, which is nearly full.
        """
        now_s = perf_counter()
        if now_s < self._next_s:
            return None
        self._next_s = now_s + LOOK_S
        room, grown = self._read()
        if room is None:
            return None
        before, self._free = self._free, room.free_bytes
        fell = 0.0 if before is None else before - room.free_bytes
        look = Look(free=room.free_bytes, fell=fell, limit=room.limit.size_bytes, grown=grown)
        match pressure(look):
            case Pressure.LAST:
                raise _short(room, results)
            case Pressure.NEAR if room.limit.source is not MemorySource.ADDRESS_SPACE:
                return self._shrink(room)
            case _:
                return None

    def _read(self) -> tuple[Room | None, int]:
        from amorsize.machine.room import RoomGauge, own_bytes

        try:
            self._gauge = self._gauge or RoomGauge()
        except UsageError:  # said by who asked for the limit; a run is not the place
            return None, 0
        own = own_bytes()
        if self._began_with < 0:
            self._began_with = own
        return self._gauge.room(), own - self._began_with

    def _shrink(self, room: Room) -> str | None:
        now = self._workers if self.most_workers is None else self.most_workers
        if now <= 1:
            return None
        self.most_workers = now // 2
        return (
            f"memory is short ({_told(room)}): went on with {self.most_workers} of "
            f"{self._workers} workers"
        )


def _short(room: Room, results: int) -> MemoryShortError:
    kept = f"the {results:,} results so far, or what the function keeps, fill it"
    msg = f"memory is nearly full ({_told(room)}): {kept}"
    return MemoryShortError(msg, hint=STREAM)


def _told(room: Room) -> str:
    free, limit = size(max(0, room.free_bytes)), size(room.limit.size_bytes)
    return f"{free} are free of {limit}, by {room.limit.where}"
