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
"""Between two looks, which take 0.1 ms. More often where memory goes fast, ..."""

LOOKS_TO_THE_END: Final = 8
"""... so that there are so many before it is used up, ..."""

LEAST_LOOK_S: Final = 0.01
"""... and not more often than this."""

STREAM: Final = (
    "amorsize.stream() hands results out one by one; or return less, for example the name of a "
    "file; AMORSIZE_MEMORY_LIMIT says how much may be used"
)


class Guard:
    """Asked in the caller's thread; nothing is looked at in the first ``LOOK_S``."""

    def __init__(self, gauge: RoomGauge | None = None) -> None:
        self._gauge = gauge
        self._looked_s = perf_counter()
        self._next_s = self._looked_s + LOOK_S
        self._free: float | None = None
        self._fall = 0.0
        """Bytes a second by which it becomes less."""
        self._began_with = -1
        self._last = False
        """The latest look said that there is little more to be had."""
        self._workers = 1
        self.most_workers: int | None = None
        """So many may work, the caller included where it works; ``None``: as many as there are."""

    @property
    def patience_s(self) -> float:
        return max(0.0, self._next_s - perf_counter())

    def begins(
        self, workers: int, *, threads: bool, most: int | None = None, hungry: bool = False
    ) -> str | None:
        """So many work from now on, never more than ``most``; a warning, if there is a limit.

        ``hungry``: calls or results are seen to take so much that the first look is soon.
        """
        from amorsize.machine.room import address_room

        self._workers, self.most_workers = workers, most
        if hungry:
            self._next_s = 0.0
            self.look(0)
            self._next_s = perf_counter() + LEAST_LOOK_S
        room = address_room() if threads else None
        if room is None:
            return None
        fit = max(1, int(room.free_bytes / THREAD_BYTES))
        if fit >= (self.most_workers or workers):
            return None
        self.most_workers = fit
        return f"memory is short ({_told(room)}): went on with {fit} of {workers} threads"

    def look(self, results: int) -> str | None:
        """Look, if it is time; a warning, if something was done about it.

        Raises:
            MemoryShortError: ``results`` are what fills the memory, which is nearly full.
        """
        now_s = perf_counter()
        if now_s < self._next_s:
            return None
        room, grown = self._read()
        passed_s, self._looked_s = now_s - self._looked_s, now_s
        self._next_s = now_s + LOOK_S
        if room is None:
            return None
        fell = 0.0 if self._free is None else self._free - room.free_bytes
        self._free = room.free_bytes
        # halved at most: between two looks that are close there may be next to nothing
        self._fall = max(fell / max(passed_s, LEAST_LOOK_S), self._fall / 2)
        if self._fall > 0:
            soon_s = room.free_bytes / self._fall / LOOKS_TO_THE_END
            self._next_s = now_s + min(LOOK_S, max(LEAST_LOOK_S, soon_s))
        look = Look(free=room.free_bytes, fell=fell, limit=room.limit.size_bytes, grown=grown)
        now, before, self._last = pressure(look), self._last, False
        if now is Pressure.LAST:  # which may be what a call takes for a moment: asked twice
            if before:
                raise _short(room, results)
            self._last, self._next_s = True, now_s + LEAST_LOOK_S
            return self._shrink(room, to=1)
        if now is Pressure.NEAR and room.limit.source is not MemorySource.ADDRESS_SPACE:
            return self._shrink(room)
        return None

    def _read(self) -> tuple[Room | None, int]:
        from amorsize.machine.room import own_bytes, room_gauge

        try:
            self._gauge = self._gauge or room_gauge()
        except UsageError:  # said by who asked for the limit; a run is not the place
            return None, 0
        own = own_bytes()
        if self._began_with < 0:
            self._began_with = own
        return self._gauge.room(), own - self._began_with

    def _shrink(self, room: Room, *, to: int | None = None) -> str | None:
        now = self._workers if self.most_workers is None else self.most_workers
        if now <= 1:
            return None
        self.most_workers = to or now // 2
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
