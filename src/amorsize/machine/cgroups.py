"""Find the folders of the control groups this process is in, and of all their ancestors.

A limit of any ancestor limits the process, so all of them are returned that can be seen. Where
they are follows from two files: ``/proc/self/cgroup`` says which group the process is in,
``/proc/self/mountinfo`` says which part of each hierarchy is mounted where (see cgroups(7),
cgroup_namespaces(7), proc_pid_mountinfo(5)). In a container, the part that is mounted usually
starts at the container's own group, and the groups above cannot be seen.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from amorsize.machine.files import read
from amorsize.vocab.machine import Skipped

if TYPE_CHECKING:
    from collections.abc import Iterator

USUAL_PLACE: Final = "/sys/fs/cgroup"
UNIFIED: Final = ""
"""The name under which the group of version 2 is listed: it has all controllers or none."""

_ESCAPE: Final = re.compile(r"\\([0-7]{3})")

Version = Literal[1, 2]


class Mount(NamedTuple):
    """A part of one hierarchy: what lies below ``top`` can be seen below ``point``."""

    version: Version
    top: str
    point: str
    controllers: frozenset[str]
    """Empty in version 2, where each folder tells its own."""


class Folder(NamedTuple):
    """One control group, by the path under which this process sees it."""

    path: str
    version: Version


class Groups(NamedTuple):
    """Where this process is in each hierarchy, and what of them is mounted."""

    mounts: tuple[Mount, ...]
    places: dict[str, str]
    """Controller to path in its hierarchy; version 2 under ``UNIFIED``."""
    skipped: tuple[Skipped, ...] = ()

    def folders(self, controller: str) -> Iterator[Folder]:
        """Groups that may limit ``controller``, from the process's own upwards.

        Version 1 and 2 can be mounted at once; only one of them has the controller, and the
        folders of the other simply lack its files.
        """
        for mount in self.mounts:
            place = self._place(mount, controller)
            if place is not None:
                yield from _upwards(mount, place)

    def _place(self, mount: Mount, controller: str) -> str | None:
        if mount.version == 2:  # noqa: PLR2004 - the version's name is a number
            return self.places.get(UNIFIED)
        return self.places.get(controller) if controller in mount.controllers else None


def read_groups(root: str) -> Groups:
    """Look up this process's control groups under ``root``."""
    mountinfo = read(root, "/proc/self/mountinfo")
    cgroup = read(root, "/proc/self/cgroup")
    return Groups(
        mounts=parse_mounts(mountinfo) if isinstance(mountinfo, str) else (),
        places=parse_places(cgroup) if isinstance(cgroup, str) else {},
        skipped=tuple(text for text in (mountinfo, cgroup) if isinstance(text, Skipped)),
    )


def parse_mounts(mountinfo: str) -> tuple[Mount, ...]:
    """The mounts of control groups; of two in the same place, the later one is on top."""
    mounts = filter(None, map(_parse_mount, mountinfo.splitlines()))
    return tuple({mount.point: mount for mount in mounts}.values())


def _parse_mount(line: str) -> Mount | None:
    before, _, after = line.partition(" - ")
    ours, theirs = before.split(" "), after.split(" ")
    if theirs[0] not in {"cgroup", "cgroup2"} or len(ours) < 5 or len(theirs) < 3:  # noqa: PLR2004 - see proc_pid_mountinfo(5)
        return None
    unified = theirs[0] == "cgroup2"
    return Mount(
        version=2 if unified else 1,
        top=_unescape(ours[3]),
        point=_unescape(ours[4]),
        controllers=frozenset() if unified else frozenset(theirs[2].split(",")),
    )


def parse_places(cgroup: str) -> dict[str, str]:
    """Lines of ``hierarchy:controllers:path``, as controller to path."""
    places: dict[str, str] = {}
    for line in cgroup.splitlines():
        _, colon, rest = line.partition(":")
        controllers, second_colon, path = rest.partition(":")
        if colon and second_colon:
            places.update(dict.fromkeys(controllers.split(","), path))
    return places


def _unescape(path: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 8)), path)


def _upwards(mount: Mount, place: str) -> Iterator[Folder]:
    below = _below(_names(mount.top), _names(place))
    if below is None:
        # The mount shows groups we are not in. In the usual place it is still what a container
        # runtime shows as ours; anywhere else it is somebody else's.
        if not mount.point.startswith(USUAL_PLACE):
            return
        below = []
    for depth in range(len(below), -1, -1):
        path = "/".join((mount.point.rstrip("/"), *below[:depth]))
        yield Folder(path or "/", mount.version)


def _below(top: list[str], place: list[str]) -> list[str] | None:
    """The way down from a mount's top to the process's group.

    Paths are relative to the root of the cgroup namespace, so a mount made outside of it starts
    above: its top is ``/..``. The names on the way down from there to us are not told, but the
    top itself is an ancestor.
    """
    if place[: len(top)] == top:
        rest = place[len(top) :]
        return None if ".." in rest else rest
    return [] if set(top) == {".."} else None


def _names(path: str) -> list[str]:
    return [name for name in path.split("/") if name not in {"", "."}]
