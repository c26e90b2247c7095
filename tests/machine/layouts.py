"""Machines in miniature: the files that matter, as containers, schedulers and systemd lay them out.

Each layout names the page it follows. ``HYBRID_VM`` was recorded on a virtual machine, with one
folder renamed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path

Tree: TypeAlias = dict[str, str]

CONTAINER = "0f6ad1dd3b0c4d0f8f5f4f0c2b7d9e1a"
POD = "d7874f44_eee0_423c_83c9_f246075bdde1"
GIB = 1024**3
UNLIMITED_V1 = "9223372036854771712\n"


def plant(folder: Path, tree: Tree) -> str:
    """Write the files of ``tree`` below ``folder`` and return it as a root."""
    for name, text in tree.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return str(folder)


def v2(place: str, top: str = "/", point: str = "/sys/fs/cgroup") -> Tree:
    """The two files that say where a process is, under cgroup version 2 alone."""
    return {
        "proc/self/cgroup": f"0::{place}\n",
        "proc/self/mountinfo": (
            "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n"
            f"28 22 0:25 {top} {point} rw,nosuid,nodev,noexec,relatime shared:4"
            " - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n"
        ),
    }


def v1(place: str, top: str = "/") -> Tree:
    """The same under version 1, controllers mounted in the usual groups."""
    hierarchies = ("cpu,cpuacct", "cpuset", "memory")
    return {
        "proc/self/cgroup": "".join(
            f"{number}:{names}:{place}\n" for number, names in enumerate(hierarchies, 2)
        )
        + f"1:name=systemd:{place}\n",
        "proc/self/mountinfo": "".join(
            f"{number} 30 0:{number} {top} /sys/fs/cgroup/{names} rw,nosuid,nodev,noexec,relatime"
            f" master:{number} - cgroup cgroup rw,{names}\n"
            for number, names in enumerate(hierarchies, 33)
        ),
    }


# recorded: Linux 6.18, version 1 controllers one by one, version 2 beside them and unused
HYBRID_VM: Tree = {
    "proc/self/cgroup": (
        "9:name=systemd:/\n8:pids:/\n7:blkio:/\n6:freezer:/\n5:devices:/\n"
        "4:memory:/service/one\n3:cpuset:/\n2:cpuacct:/\n1:cpu:/\n0::/\n"
    ),
    "proc/self/mountinfo": (
        "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
        "23 27 0:22 / /sys rw,relatime - sysfs sysfs rw\n"
        "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard,resv_strict\n"
        "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
        "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n"
        "33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct\n"
        "34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset\n"
        "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
        "40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd\n"
        "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
    ),
    "proc/meminfo": (
        "MemTotal:       24684084 kB\nMemFree:        23923360 kB\nMemAvailable:   24374556 kB\n"
    ),
    "proc/cpuinfo": (
        "processor\t: 0\nmodel name\t: AMD EPYC\nphysical id\t: 0\ncore id\t\t: 0\n\n"
        "processor\t: 1\nmodel name\t: AMD EPYC\nphysical id\t: 0\ncore id\t\t: 1\n\n"
    ),
    "sys/devices/system/cpu/online": "0-1\n",
    "sys/devices/system/cpu/cpu0/topology/core_cpus_list": "0\n",
    "sys/devices/system/cpu/cpu1/topology/core_cpus_list": "1\n",
    "sys/fs/cgroup/cpu/cgroup.procs": "1\n",
    "sys/fs/cgroup/cpuset/cpuset.cpus": "0-1\n",
    "sys/fs/cgroup/cpuset/cpuset.effective_cpus": "0-1\n",
    "sys/fs/cgroup/memory/memory.limit_in_bytes": UNLIMITED_V1,
    "sys/fs/cgroup/memory/service/one/memory.limit_in_bytes": UNLIMITED_V1,
    "sys/fs/cgroup/memory/service/one/memory.stat": (
        "total_inactive_file 4096\nhierarchical_memory_limit 9223372036854771712\n"
    ),
    "sys/fs/cgroup/memory/service/one/memory.usage_in_bytes": "105472000\n",
}

# Docker: "Runtime metrics" (where the groups are) and "Resource constraints" (--cpus, --memory)
DOCKER_V1: Tree = v1(f"/docker/{CONTAINER}", top=f"/docker/{CONTAINER}") | {
    "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "150000\n",
    "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
    "sys/fs/cgroup/cpuset/cpuset.cpus": "0-7\n",
    "sys/fs/cgroup/memory/memory.limit_in_bytes": f"{GIB}\n",
    "sys/fs/cgroup/memory/memory.stat": (
        f"total_inactive_file {GIB // 8}\nhierarchical_memory_limit {GIB}\n"
    ),
    "sys/fs/cgroup/memory/memory.usage_in_bytes": f"{GIB // 4}\n",
}

# Docker: "Runtime metrics"; version 2 comes with a private cgroup namespace
DOCKER_V2: Tree = v2("/") | {
    "sys/fs/cgroup/cpu.max": "150000 100000\n",
    "sys/fs/cgroup/cpuset.cpus.effective": "0-7\n",
    "sys/fs/cgroup/memory.max": f"{GIB}\n",
    "sys/fs/cgroup/memory.high": "max\n",
    "sys/fs/cgroup/memory.current": f"{GIB // 4}\n",
    "sys/fs/cgroup/memory.stat": f"anon 4096\ninactive_file {GIB // 8}\n",
}

# Docker: "docker run", --cgroupns=host; the container sees its own group only, under its full name
DOCKER_V2_HOST_NAMES: Tree = v2(
    f"/system.slice/docker-{CONTAINER}.scope", top=f"/system.slice/docker-{CONTAINER}.scope"
) | {"sys/fs/cgroup/cpu.max": "150000 100000\n"}

# issue "JVM can access all cpu cores on host even when container limits are set" (Adoptium) has
# such a /proc/self/cgroup; the pod's own limits are in the hidden folder above, and version 1
# tells of the one on memory
KUBERNETES_V1: Tree = v1(
    f"/kubepods/burstable/pod{POD}/{CONTAINER}", top=f"/kubepods/burstable/pod{POD}/{CONTAINER}"
) | {
    "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
    "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
    "sys/fs/cgroup/memory/memory.limit_in_bytes": UNLIMITED_V1,
    "sys/fs/cgroup/memory/memory.stat": f"hierarchical_memory_limit {2 * GIB}\n",
}

# "CGroups management in Kubernetes", systemd driver; seen from the node, as with hostPath mounts
POD_SLICE = f"kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{POD}.slice"
KUBERNETES_V2_NODE: Tree = v2(f"/{POD_SLICE}/cri-containerd-{CONTAINER}.scope") | {
    "sys/fs/cgroup/kubepods.slice/cpu.max": "max 100000\n",
    "sys/fs/cgroup/kubepods.slice/memory.max": f"{3 * GIB}\n",
    f"sys/fs/cgroup/{POD_SLICE}/cpu.max": "200000 100000\n",
    f"sys/fs/cgroup/{POD_SLICE}/memory.max": f"{2 * GIB}\n",
    f"sys/fs/cgroup/{POD_SLICE}/cri-containerd-{CONTAINER}.scope/cpu.max": "300000 100000\n",
    f"sys/fs/cgroup/{POD_SLICE}/cri-containerd-{CONTAINER}.scope/memory.max": "max\n",
}

# Go issue 81180: a container that has moved its processes into a group of its own; the limit is
# at the root of the namespace, above them
KUBERNETES_V2_SUBDIVIDED: Tree = v2("/init") | {
    "sys/fs/cgroup/cpu.max": "200000 100000\n",
    "sys/fs/cgroup/init/cpu.max": "max 100000\n",
}

# systemd.resource-control(5): CPUQuota= and MemoryHigh= of a slice hold for all below it
SYSTEMD_SLICE: Tree = v2("/user.slice/user-1000.slice/session-3.scope") | {
    "sys/fs/cgroup/user.slice/cpu.max": "250000 100000\n",
    "sys/fs/cgroup/user.slice/memory.high": f"{4 * GIB}\n",
    "sys/fs/cgroup/user.slice/user-1000.slice/cpu.max": "max 100000\n",
    "sys/fs/cgroup/user.slice/user-1000.slice/memory.max": "max\n",
}

# "Control Group v2 plugin" (Slurm): the limits are on job and step, the process is in a task
STEP = "system.slice/slurmstepd.scope/job_3385/step_0"
SLURM_V2: Tree = v2(f"/{STEP}/user/task_0") | {
    "sys/fs/cgroup/system.slice/slurmstepd.scope/job_3385/cpuset.cpus.effective": "4-7\n",
    f"sys/fs/cgroup/{STEP}/cpuset.cpus.effective": "4-5\n",
    f"sys/fs/cgroup/{STEP}/user/memory.max": f"{4 * GIB}\n",
    f"sys/fs/cgroup/{STEP}/user/task_0/memory.max": "max\n",
}

# "Control Group in Slurm": version 1 names the user too
JOB = "slurm/uid_1000/job_42"
SLURM_V1: Tree = v1(f"/{JOB}/step_batch/task_0") | {
    f"sys/fs/cgroup/cpuset/{JOB}/cpuset.cpus": "0,2,4\n",
    f"sys/fs/cgroup/memory/{JOB}/memory.limit_in_bytes": f"{8 * GIB}\n",
    f"sys/fs/cgroup/memory/{JOB}/step_batch/task_0/memory.limit_in_bytes": UNLIMITED_V1,
}

# lxc.container.conf(5), lxc.cgroup2.*; cgroup_namespaces(7): the payload's group is the root
LXC: Tree = v2("/init.scope") | {
    "sys/fs/cgroup/cpuset.cpus.effective": "1-8\n",
    "sys/fs/cgroup/cpu.max": "400000 100000\n",
    "sys/fs/cgroup/memory.max": f"{6 * GIB}\n",
    "sys/fs/cgroup/init.scope/cpu.max": "max 100000\n",
}
