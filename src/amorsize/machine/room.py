"""How much memory is free at this moment, asked again and again: 0.1 ms each time.

Where limits are does not change while a program runs, so it is looked up once.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from amorsize.machine.cgroups import read_groups
from amorsize.machine.facts import address_space_bytes
from amorsize.machine.files import contents, names_in, whole
from amorsize.machine.memory import group_limits, override, room_below, system_memory
from amorsize.vocab.machine import MemoryLimit, MemorySource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Room(NamedTuple):
    """What is left below the limit that leaves least."""

    free_bytes: int
    limit: MemoryLimit


class RoomGauge:
    """The limits of this process, and what is left below them.

    Raises:
        UsageError: ``AMORSIZE_MEMORY_LIMIT`` is not a size.
    """

    def __init__(self, root: str = "", environ: Mapping[str, str] = os.environ) -> None:
        self._root = root
        self._said = override(environ)
        found = group_limits(root, read_groups(root))
        self._groups = [limit for limit in found if isinstance(limit, MemoryLimit)]

    def room(self) -> Room | None:
        """``None`` where nothing tells."""
        return min(self._rooms(), key=lambda room: room.free_bytes, default=None)

    def _rooms(self) -> Iterator[Room]:
        machine = system_memory(self._root)
        if machine.total_bytes is not None and machine.available_bytes is not None:
            limit = MemoryLimit(machine.total_bytes, MemorySource.MACHINE, "/proc/meminfo")
            yield Room(machine.available_bytes, limit)
        for limit in self._groups:
            free_bytes = room_below(self._root, limit)
            if free_bytes is not None:
                yield Room(free_bytes, limit)
        if self._said is not None:
            yield Room(self._said.size_bytes - _used_bytes(), self._said)
        addresses = address_room()
        if addresses is not None:
            yield addresses


@cache
def room_gauge() -> RoomGauge:
    """One for the process: looking up where limits are takes longer than looking at them."""
    return RoomGauge()


def address_room() -> Room | None:
    """What is left below ``ulimit -v``, of this process alone; ``None`` where there is none."""
    space = address_space_bytes()
    if space is None:
        return None
    limit = MemoryLimit(space, MemorySource.ADDRESS_SPACE, "ulimit -v")
    return Room(space - _pages("/proc/self/statm", 0), limit)


def own_bytes() -> int:
    """Memory of this process that no file backs, shared with forked workers or not."""
    return _pages("/proc/self/statm", 1) - _pages("/proc/self/statm", 2)


def _used_bytes() -> int:
    """The same, and what workers have by themselves: what they have inherited counts once."""
    return own_bytes() + sum(map(_private_bytes, _children()))


def _children() -> Iterator[str]:
    for task in names_in("/proc/self/task"):
        yield from contents(f"/proc/self/task/{task}/children").split()


def _private_bytes(pid: str) -> int:
    """Unique to a process; walking its page tables takes some ms for each GB."""
    lines = contents(f"/proc/{pid}/smaps_rollup").splitlines()
    private = (line.split() for line in lines if line.startswith("Private_"))
    return 1024 * sum(int(fields[1]) for fields in private)


def _pages(path: str, field: int) -> int:
    fields = contents(path).split()
    pages = whole(fields[field]) if len(fields) > field else None
    return (pages or 0) * os.sysconf("SC_PAGE_SIZE")
