"""Which folders a process's control groups are found in."""

from __future__ import annotations

import pytest

from amorsize.machine.cgroups import Groups, parse_mounts, parse_places

CGROUP2 = "28 21 0:25 {top} {point} rw,relatime shared:4 - cgroup2 none rw,nsdelegate\n"


def folders(place: str, top: str = "/", point: str = "/sys/fs/cgroup") -> list[str]:
    mounts = parse_mounts(CGROUP2.format(top=top, point=point))
    groups = Groups(mounts=mounts, places={"": place})
    return [folder.path for folder in groups.folders("cpu")]


@pytest.mark.parametrize(
    ("place", "top", "found"),
    [
        ("/", "/", [""]),
        ("/a/b", "/", ["/a/b", "/a", ""]),
        ("/docker/c1", "/docker/c1", [""]),
        ("/docker/c1/sub", "/docker/c1", ["/sub", ""]),
        # outside of our cgroup namespace: the way from the mount's top to us is not told
        ("/", "/../..", [""]),
        ("/own", "/..", [""]),
        ("/../../x", "/../..", ["/x", ""]),
        # the mount shows another group; in the usual place it is taken for ours
        ("/docker/c1", "/docker/c10", [""]),
        ("/../other", "/", [""]),
    ],
)
def test_groups_are_found_from_the_processs_own_up_to_the_mounts_top(
    place: str, top: str, found: list[str]
) -> None:
    expected = [f"/sys/fs/cgroup{path}" for path in found]

    assert folders(place, top) == expected


def test_somebody_elses_group_mounted_elsewhere_is_not_ours() -> None:
    assert folders("/docker/c1", "/docker/other", "/mnt/groups") == []


def test_a_host_mount_in_an_unusual_place_shows_our_ancestors() -> None:
    assert folders("/a", "/", "/mnt/groups") == ["/mnt/groups/a", "/mnt/groups"]


def test_a_mount_from_outside_of_our_namespace_shows_an_ancestor_wherever_it_is() -> None:
    assert folders("/", "/../..", "/groups-of-the-host") == ["/groups-of-the-host"]


def test_no_path_leads_out_of_the_mount() -> None:
    assert all(".." not in path for path in folders("/a/../../../etc"))


def test_a_controller_of_version_1_has_its_own_place() -> None:
    mounts = parse_mounts(
        "33 1 0:3 / /cg/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
        "34 1 0:4 / /cg/memory rw - cgroup cgroup rw,memory\n"
    )
    groups = Groups(mounts=mounts, places=parse_places("4:memory:/m\n3:cpu,cpuacct:/c\n"))

    found = {name: [f.path for f in groups.folders(name)] for name in ("cpu", "memory", "cpuset")}

    assert found == {
        "cpu": ["/cg/cpu,cpuacct/c", "/cg/cpu,cpuacct"],
        "memory": ["/cg/memory/m", "/cg/memory"],
        "cpuset": [],
    }


def test_of_two_mounts_in_one_place_the_later_is_seen() -> None:
    text = CGROUP2.format(top="/old", point="/p") + CGROUP2.format(top="/new", point="/p")

    assert [mount.top for mount in parse_mounts(text)] == ["/new"]


def test_escaped_characters_in_mount_points_are_decoded() -> None:
    [mount] = parse_mounts(CGROUP2.format(top="/", point=r"/my\040groups"))

    assert mount.point == "/my groups"


def test_a_path_may_contain_colons() -> None:
    assert parse_places("0::/a:b:c\n") == {"": "/a:b:c"}
