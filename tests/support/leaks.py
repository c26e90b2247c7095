"""What a test may not leave behind: processes, threads, descriptors and shared memory.

Read from /proc; where there is none, only processes and threads are seen. Three things are
forgiven, because they are promised to go later: zombies (reaped at the next run), idle
spawned workers (dismissed here, and whatever they held must go with them), and the resource
trackers and fork servers of multiprocessing and loky (one each, until the interpreter ends).
"""

from __future__ import annotations

import gc
import os
import re
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator

GRACE_S: Final = 0.1
"""How long what is already exiting may take: the promise made about the last run's workers."""

POLL_S: Final = 0.005
DESCRIPTORS: Final = Path("/proc/self/fd")
MAPPINGS: Final = Path("/proc/self/maps")
SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - watched, never written to by name
SHARED: Final = re.compile(r"/memfd:\S*|/dev/shm/\S*|/dev/zero")
"""Names in /proc/self/maps of memory shared between processes, the last one without a file."""

OWNER: Final = re.compile(r"(?<=[-_])\d+(?=[-_])")
"""The process that made a file in shared memory, where its name tells."""

HELPERS: Final = {
    "multiprocessing.resource_tracker": ("_resource_tracker", "_pid", "_fd"),
    "multiprocessing.forkserver": ("_forkserver", "_forkserver_pid", "_forkserver_alive_fd"),
    "loky.backend.resource_tracker": ("_resource_tracker", "_pid", "_fd"),
}
"""Module, its one helper, and where that one keeps its process and our end of its pipe."""

Survey = Counter[str]
"""What exists now, by name. Two surveys subtract."""


def survey() -> Survey:
    """Name everything of this process that could outlive a test."""
    helpers = [
        tuple(getattr(getattr(sys.modules[module], name), attribute) for attribute in attributes)
        for module, (name, *attributes) in HELPERS.items()
        if module in sys.modules
    ]
    return Counter(
        [
            *_processes(besides={pid for pid, _ in helpers}),
            *_threads(),
            *_descriptors(besides={fd for _, fd in helpers}),
            *_mappings(),
            *_memory_files(),
        ]
    )


def left_behind(before: Survey) -> list[str]:
    """List what is here now and was not before, after what may go has gone."""
    if not survey() - before:
        return []
    _dismiss_idle_workers()
    gc.collect()
    give_up = time.monotonic() + GRACE_S
    while (extra := survey() - before) and time.monotonic() < give_up:
        time.sleep(POLL_S)
    return sorted(name for name in extra.elements() if not _is_someone_elses(name))


def _processes(besides: set[int]) -> Iterator[str]:
    for child in psutil.Process().children():
        try:
            if child.pid not in besides and child.status() != psutil.STATUS_ZOMBIE:
                yield f"process {child.pid}"
        except psutil.NoSuchProcess:
            continue


def _threads() -> Iterator[str]:
    return (f"thread {t.name!r}" for t in threading.enumerate() if not t.daemon)


def _descriptors(besides: set[int]) -> Iterator[str]:
    for link in DESCRIPTORS.iterdir() if DESCRIPTORS.is_dir() else []:
        try:
            target = link.readlink()
        except FileNotFoundError:  # the one that listed the folder
            continue
        if int(link.name) not in besides:
            yield f"descriptor of {target}"


def _mappings() -> Iterator[str]:
    maps = MAPPINGS.read_text() if MAPPINGS.exists() else ""
    return (f"mapping of {name}" for name in SHARED.findall(maps))


def _memory_files() -> Iterator[str]:
    files = SHARED_MEMORY.iterdir() if SHARED_MEMORY.is_dir() else []
    return (f"memory file {file}" for file in files if not _names_another_process(file.name))


def _names_another_process(name: str) -> bool:
    """Tell whether a name carries, as loky's do, the number of a process that is not of ours."""
    numbers = {int(number) for number in OWNER.findall(name)}
    return bool(numbers) and not numbers & {os.getpid(), *_children()}


def _children() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


def _dismiss_idle_workers() -> None:
    """Stop our idle workers and loky's reusable ones, which are meant to wait for the next call."""
    ours: Any = sys.modules.get("amorsize.engines.spawned_alive")
    if ours is not None:
        ours.IDLE_POOLS.dismiss(wait=True)
    loky: Any = sys.modules.get("loky")
    if loky is not None:
        loky.get_reusable_executor(reuse=True).shutdown(wait=True, kill_workers=True)


def _is_someone_elses(name: str) -> bool:
    """Tell whether a memory file belongs to a program that has nothing to do with us."""
    kind, _, path = name.rpartition(" ")
    if kind != "memory file":
        return False
    ours = {os.getpid(), *_children()}
    return any(path in _read(Path(f"/proc/{pid}/maps")) for pid in {*psutil.pids()} - ours)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # another user's, or gone by now
        return ""
