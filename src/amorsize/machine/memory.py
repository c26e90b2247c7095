"""How much memory this process may use: every limit that can be found, and the tightest.

Like ``cpus``: functions of a root folder and an environment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from amorsize.errors import UsageError
from amorsize.machine.cgroups import Folder, Groups, read_groups
from amorsize.machine.files import contents, read, whole
from amorsize.machine.schedulers import allotted_memory
from amorsize.machine.sizes import parse_size
from amorsize.vocab.machine import MemoryFacts, MemoryLimit, MemorySource, Skipped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

OVERRIDE: Final = "AMORSIZE_MEMORY_LIMIT"

GROUPS: Final = {MemorySource.GROUP, MemorySource.THROTTLE}

NO_LIMIT_BYTES: Final = 1 << 60
"""From here on a number means "none": version 1 writes 9223372036854771712 for it."""


class SystemMemory(NamedTuple):
    """What the machine as a whole has."""

    total_bytes: int | None
    available_bytes: int | None


def memory_facts(
    root: str,
    environ: Mapping[str, str],
    *,
    address_space_bytes: int | None = None,
    system: SystemMemory | None = None,
    groups: Groups | None = None,
) -> MemoryFacts:
    """Find the limit and what is free below it.

    Args:
        root: Folder that holds ``proc`` and ``sys``; empty for the real ones.
        environ: The process's environment.
        address_space_bytes: The soft limit of ``RLIMIT_AS``, if there is one.
        system: Total and available memory, where there is no ``/proc/meminfo``.
        groups: The control groups, where they have been looked up.

    Raises:
        UsageError: ``AMORSIZE_MEMORY_LIMIT`` is not a size.
    """
    machine = system or system_memory(root)
    groups = groups or read_groups(root)
    found = [
        *_outside_groups(machine, address_space_bytes),
        *group_limits(root, groups),
        *allotted_memory(environ),
    ]
    limits = [limit for limit in found if not isinstance(limit, Skipped)]
    binding = override(environ) or min(limits, key=_size, default=None)
    return MemoryFacts(
        limit_bytes=None if binding is None else binding.size_bytes,
        binding=binding,
        limits=tuple(limits if binding is None or binding in limits else [*limits, binding]),
        total_bytes=machine.total_bytes,
        available_bytes=_available(root, machine, limits=limits, binding=binding),
        skipped=groups.skipped + tuple(note for note in found if isinstance(note, Skipped)),
    )


def system_memory(root: str) -> SystemMemory:
    """Total and available memory as ``/proc/meminfo`` has them."""
    pairs = (line.split() for line in contents("/proc/meminfo", root).splitlines())
    kib = {pair[0]: whole(pair[1]) for pair in pairs if len(pair) > 1}
    return SystemMemory(
        total_bytes=_from_kib(kib.get("MemTotal:")),
        available_bytes=_from_kib(kib.get("MemAvailable:")),
    )


def override(environ: Mapping[str, str]) -> MemoryLimit | None:
    """What the user has set in ``AMORSIZE_MEMORY_LIMIT``, in bytes or with a unit.

    Raises:
        UsageError: It is not a size.
    """
    text = environ.get(OVERRIDE, "").strip()
    if not text:
        return None
    size_bytes = parse_size(text)
    if size_bytes is None:
        msg = f"Invalid {OVERRIDE}: {text[:80]!r} (must be a size such as 500M or 4G)"
        raise UsageError(msg, hint="unset it to use what the machine offers")
    return MemoryLimit(size_bytes, MemorySource.OVERRIDE, OVERRIDE)


def group_limits(root: str, groups: Groups) -> Iterator[MemoryLimit | Skipped]:
    """Limits of every control group above this process, as far as they can be seen."""
    for folder in groups.folders("memory"):
        if folder.version == 1:
            yield from _limit(root, f"{folder.path}/memory.limit_in_bytes")
            yield from _inherited_v1(root, folder)
        else:
            yield from _limit(root, f"{folder.path}/memory.max")
            yield from _limit(root, f"{folder.path}/memory.high", MemorySource.THROTTLE)


def _limit(
    root: str, path: str, source: MemorySource = MemorySource.GROUP
) -> Iterator[MemoryLimit | Skipped]:
    text = read(root, path)
    if isinstance(text, Skipped):
        yield text
    if not isinstance(text, str) or text.strip() == "max":
        return
    size_bytes = whole(text)
    if size_bytes is None:
        yield Skipped(path, f"{text.strip()[:80]!r} is not a size")
    elif size_bytes < NO_LIMIT_BYTES:
        yield MemoryLimit(size_bytes, source, path)


def _inherited_v1(root: str, folder: Folder) -> Iterator[MemoryLimit]:
    """The tightest limit above, which version 1 tells even where the groups above are hidden."""
    path = f"{folder.path}/memory.stat"
    size_bytes = _stat(contents(path, root), "hierarchical_memory_limit")
    if size_bytes is not None and size_bytes < NO_LIMIT_BYTES:
        yield MemoryLimit(size_bytes, MemorySource.GROUP, path)


def _outside_groups(
    machine: SystemMemory, address_space_bytes: int | None
) -> Iterator[MemoryLimit]:
    if machine.total_bytes is not None:
        yield MemoryLimit(machine.total_bytes, MemorySource.MACHINE, "/proc/meminfo")
    if address_space_bytes is not None:
        yield MemoryLimit(address_space_bytes, MemorySource.ADDRESS_SPACE, "RLIMIT_AS")


def _available(
    root: str,
    machine: SystemMemory,
    *,
    limits: Iterable[MemoryLimit],
    binding: MemoryLimit | None,
) -> int | None:
    rooms = [room_below(root, limit) for limit in limits if limit.source in GROUPS]
    if binding is not None and binding.source is MemorySource.OVERRIDE:
        rooms = [binding.size_bytes]
    known = [room for room in (machine.available_bytes, *rooms) if room is not None]
    return min(known, default=None)


def room_below(root: str, limit: MemoryLimit) -> int | None:
    """What is left below a group's limit, once the kernel has dropped idle file pages."""
    folder, _, name = limit.where.rpartition("/")
    unified = name in {"memory.max", "memory.high"}
    usage = "memory.current" if unified else "memory.usage_in_bytes"
    used = whole(contents(f"{folder}/{usage}", root))
    if used is None:
        return None
    idle = _stat(
        contents(f"{folder}/memory.stat", root),
        "inactive_file" if unified else "total_inactive_file",
    )
    return max(0, limit.size_bytes - max(0, used - (idle or 0)))


def _stat(text: str, wanted: str) -> int | None:
    for line in text.splitlines():
        name, _, value = line.partition(" ")
        if name == wanted:
            return whole(value)
    return None


def _size(limit: MemoryLimit) -> int:
    return limit.size_bytes


def _from_kib(kib: int | None) -> int | None:
    return None if kib is None else kib * 1024
