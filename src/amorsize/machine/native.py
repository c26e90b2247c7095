"""Operating-system threads of this process, and whose they are.

Python knows its own threads only. A thread that a C library made has no name of its own and no
handle; but while it waits, ``/proc/self/task/<tid>/syscall`` tells its stack pointer, and the
return addresses on that stack lead into the libraries it came from. Linux only.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

from amorsize.machine.files import contents, names_in, read

if TYPE_CHECKING:
    from collections.abc import Iterable

TASKS: Final = "/proc/self/task"

STACK_BYTES: Final = 16_384
"""Read from a waiting thread's stack: idle pool threads are a few calls deep, in 4 to 10 kB."""

POLL_S: Final = 50e-6
"""An ended thread is gone from the kernel's list some 10 to 100 us after its ``join``."""

SYSTEM_LIBRARIES: Final = (
    "ld-",
    "libc.",
    "libc-",
    "libdl",
    "libgcc_s",
    "libgfortran",
    "libm.",
    "libm-",
    "libpthread",
    "libquadmath",
    "librt",
    "libstdc++",
)
"""On every thread's stack, so they say nothing about whose it is."""


class NativeThread(NamedTuple):
    """A thread that Python knows nothing of."""

    tid: int
    name: str
    """Empty where it has no name of its own but that of the process."""
    libraries: frozenset[str]
    """File names of what is on its stack; empty while it runs, or where /proc does not tell."""


class Mapping(NamedTuple):
    """The code of one library in this process's memory."""

    start: int
    end: int
    path: str

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


def os_thread_ids() -> list[int]:
    """Every thread of this process that the kernel knows, in no order; empty off Linux."""
    return [int(tid) for tid in names_in(TASKS)]


def native_threads(tids: list[int]) -> list[NativeThread]:
    """Name and libraries of the threads ``tids``; those that end meanwhile are left out."""
    code = code_mappings()
    process = contents("/proc/self/comm").strip()
    found = (_native_thread(tid, code) for tid in tids)
    return [
        thread._replace(name="") if thread.name == process else thread
        for thread in found
        if thread is not None
    ]


def code_mappings() -> list[Mapping]:
    """Executable files in memory, by address."""
    return parse_maps(contents("/proc/self/maps"))


def parse_maps(text: str) -> list[Mapping]:
    """Lines of ``/proc/<pid>/maps`` that are code from a file (see proc_pid_maps(5))."""
    rows = (line.split(None, 5) for line in text.splitlines())
    code = [row for row in rows if len(row) > 5 and "x" in row[1] and row[5].startswith("/")]  # noqa: PLR2004 - six columns
    return sorted(map(_mapping, code), key=lambda mapping: mapping.start)


def libraries_among(words: Iterable[int], code: list[Mapping]) -> list[str]:
    """Names of the libraries that ``words`` point into, in order, the system's own left out."""
    if not code:
        return []
    starts = [mapping.start for mapping in code]
    inside = (
        mapping.name
        for word in words
        if starts[0] <= word < (mapping := code[bisect_right(starts, word) - 1]).end
    )
    return [name for name in dict.fromkeys(inside) if not name.startswith(SYSTEM_LIBRARIES)]


def owners(libraries: list[str]) -> frozenset[str]:
    """Whose thread it is, by the libraries on its stack, the innermost first.

    The system hands out the stacks of ended threads again, with all that they left on them: only
    the innermost is believed, and not Python, which knows its threads. GNU's OpenMP is believed
    wherever it stands, because a fork beside it hangs.
    """
    believed = [name for name in libraries if not name.startswith("libpython")] or libraries
    return frozenset(believed[:1]) | {name for name in libraries if "libgomp" in name}


def _native_thread(tid: int, code: list[Mapping]) -> NativeThread | None:
    name = read("", f"{TASKS}/{tid}/comm")
    if name is None:
        return None
    words = _stack_words(contents(f"{TASKS}/{tid}/syscall"))
    return NativeThread(
        tid=tid,
        name=name.strip() if isinstance(name, str) else "?",
        libraries=owners(libraries_among(words, code)),
    )


def _stack_words(syscall: str) -> list[int]:
    """What lies on the stack of a thread waiting in ``syscall`` (see proc_pid_syscall(5))."""
    fields = syscall.split()
    if len(fields) < 3:  # noqa: PLR2004 - "running", or nothing at all
        return []
    return _memory_words(int(fields[-2], 16))


def _memory_words(address: int) -> list[int]:
    # through a file, so that a thread that ends meanwhile is an error and not a crash
    try:
        memory = os.open("/proc/self/mem", os.O_RDONLY)
    except OSError:
        return []
    try:
        data = os.pread(memory, STACK_BYTES, address)
    except (OSError, OverflowError):
        return []
    finally:
        os.close(memory)
    return list(memoryview(data[: len(data) // 8 * 8]).cast("P"))


def _mapping(row: list[str]) -> Mapping:
    start, _, end = row[0].partition("-")
    return Mapping(int(start, 16), int(end, 16), row[5].strip().removesuffix(" (deleted)"))
